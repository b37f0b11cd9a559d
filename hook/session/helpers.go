package session

import (
	"context"
	"slices"

	"stopgate/hook/inspect"
	"stopgate/hook/scene"
	"stopgate/hook/transcript"
)

// An agent can launch other agents. They work for it and are called its helpers. They may not do what it may not do, and their changes are charged to
// it.

// helpersOf returns the agents that work for the agent of the event.
func helpersOf(s *scene.Scene) []transcript.AgentFile {
	if s.Event.TranscriptPath == "" || s.Event.AgentID == "" {
		return nil
	}
	files, err := transcript.Agents(s.Event.TranscriptPath)
	if err != nil {
		return nil
	}
	for _, earlier := range transcript.EarlierParts(PathOf(s, s.Event.AgentID)) {
		all, _ := transcript.Agents(transcript.SessionFile(earlier)) // what cannot be listed has no helpers
		for _, file := range all {
			if !slices.ContainsFunc(files, func(f transcript.AgentFile) bool { return f.ID == file.ID }) {
				files = append(files, file)
			}
		}
	}
	return transcript.Descendants(s.Event.TranscriptPath, files, s.Event.AgentID)
}

// WithHelpers returns the agent's transcript together with those of its helpers, which are read with the options. A helper whose transcript is not
// there yet is waited for.
func WithHelpers(ctx context.Context, s *scene.Scene, agent *transcript.Agent, o transcript.Options) *transcript.Agent {
	var helpers []*transcript.Agent
	Await(ctx, s, func() bool {
		helpers = readHelpers(ctx, s, agent, o)
		return s.Peer != nil || !slices.Contains(helpers, nil)
	})
	return agent.WithHelpers(helpers)
}

// readHelpers reads the transcripts of an agent's helpers. Those that cannot be read are nil, and so are those of which only the launch is seen.
func readHelpers(ctx context.Context, s *scene.Scene, agent *transcript.Agent, o transcript.Options) []*transcript.Agent {
	var helpers []*transcript.Agent
	seen := map[string]bool{}
	for _, file := range helpersOf(s) {
		helper := peerAt(ctx, s, file.ID, file.Path, o)
		if helper.Lines == 0 {
			helper = nil
		} else {
			helper.ID = file.ID
		}
		helpers, seen[file.Meta.ToolUseID] = append(helpers, helper), true
	}
	for _, launcher := range append([]*transcript.Agent{agent}, helpers...) {
		if launcher == nil {
			continue
		}
		for _, use := range launcher.ToolUses {
			if use.Launches() && !seen[use.ID] {
				helpers = append(helpers, nil)
			}
		}
	}
	return helpers
}

// Rivals returns the other coding agents, without those that work for the agent of the event or for which it works.
func Rivals(s *scene.Scene, others []inspect.OtherCoder) []inspect.OtherCoder {
	if len(others) == 0 {
		return others
	}
	kin := s.Lineage(s.Event.AgentID)
	for _, file := range helpersOf(s) {
		kin = append(kin, transcript.Relative{ID: file.ID, Meta: file.Meta})
	}
	return slices.DeleteFunc(slices.Clone(others), func(o inspect.OtherCoder) bool {
		return slices.ContainsFunc(kin, func(k transcript.Relative) bool { return k.ID == o.AgentID })
	})
}
