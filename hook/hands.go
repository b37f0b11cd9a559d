package hook

import (
	"context"
	"slices"

	"stopgate/hook/gates"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/scene"
	"stopgate/hook/transcript"
)

// An agent can launch others, and what these do, they do for it. They are its hands: what it may not do, they may not do, and what they did
// is charged to it.

// handsOf are the agents that work for the one in the event.
func handsOf(s *scene.Scene) []transcript.AgentFile {
	if s.Event.TranscriptPath == "" || s.Event.AgentID == "" {
		return nil
	}
	files, err := transcript.Agents(s.Event.TranscriptPath)
	if err != nil {
		return nil
	}
	return transcript.Descendants(s.Event.TranscriptPath, files, s.Event.AgentID)
}

// withHands is what the agent has said and done, with what its hands have done.
func withHands(ctx context.Context, s *scene.Scene, agent *transcript.Agent) *transcript.Agent {
	var hands []*transcript.Agent
	for _, file := range handsOf(s) {
		hand := peer(ctx, s, file.ID)
		if hand.Lines == 0 {
			hand = nil
		} else {
			hand.ID = file.ID
		}
		hands = append(hands, hand)
	}
	return agent.WithHands(hands)
}

// rivals are the other coding agents without those that work for the one in the event, or for which it works itself.
func rivals(s *scene.Scene, others []judge.OtherCoder) []judge.OtherCoder {
	if len(others) == 0 {
		return others
	}
	kin := transcript.Lineage(s.Event.TranscriptPath, s.Event.AgentID)
	for _, file := range handsOf(s) {
		kin = append(kin, transcript.Relative{ID: file.ID, Meta: file.Meta})
	}
	return slices.DeleteFunc(slices.Clone(others), func(o judge.OtherCoder) bool {
		return slices.ContainsFunc(kin, func(k transcript.Relative) bool { return k.ID == o.AgentID })
	})
}

// mayBeCoder reports, before anything but the host's notes is opened, whether the agent whose tool call this is can be a coding agent or
// work for one.
func mayBeCoder(ctx context.Context, s *scene.Scene) bool {
	if s.MayConcern(ctx, s.Event.AgentID, s.Event.AgentType, "") {
		return true
	}
	for _, relative := range transcript.Lineage(s.Event.TranscriptPath, s.Event.AgentID)[1:] {
		if s.MayConcern(ctx, relative.ID, relative.Meta.AgentType, "") {
			return true
		}
	}
	return false
}

// coder is the coding agent whose rules the tool call has to keep: the agent whose call it is, or the nearest that it works for. Coding agents
// are known by their names, or by their launches. The zero Agent means that there is none.
func coderOf(ctx context.Context, s *scene.Scene) gates.Agent {
	if s.Coder != nil {
		return *s.Coder
	}
	s.Coder = &gates.Agent{}
	for _, relative := range transcript.Lineage(s.Event.TranscriptPath, s.Event.AgentID) {
		agent := gates.Agent{ID: relative.ID, Type: relative.Meta.AgentType}
		if relative.ID == s.Event.AgentID {
			agent.Type = s.Event.AgentType
		}
		launched := s.LaunchOf(ctx, relative.ID)
		if s.Config(ctx).IsCoding(agent.Type) || launched != nil && launched.Role == launch.CodingRole {
			s.Coder = &agent
			s.HoldTo(ctx, launched)
			break
		}
	}
	return *s.Coder
}

// isCoder reports whether the tool call has to keep the rules of coding agents.
func isCoder(ctx context.Context, s *scene.Scene) bool { return coderOf(ctx, s).ID != "" }

// orchestrates reports whether the agent may launch agents of the protocol and receive their steps: the session itself may, and an agent that
// the configuration names.
func orchestrates(ctx context.Context, s *scene.Scene, agentID, agentType string) bool {
	return agentID == "" || s.Config(ctx).IsOrchestrator(agentType)
}

// launchedByOther reports whether the agent whose transcript stands at path was launched by an agent that is no orchestrator.
func launchedByOther(ctx context.Context, s *scene.Scene, path string) bool {
	meta, err := transcript.ReadMeta(path)
	if err != nil || meta.ParentAgentID == "" {
		return false
	}
	parent, _ := transcript.ReadMeta(transcript.AgentPath(s.Event.TranscriptPath, meta.ParentAgentID))
	return !orchestrates(ctx, s, meta.ParentAgentID, parent.AgentType)
}
