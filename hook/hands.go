package hook

import (
	"context"
	"slices"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/transcript"
)

// An agent can launch others, and what these do, they do for it. They are its hands: what it may not do, they may not do, and what they did
// is charged to it.

// hands are the agents that work for the one in the event.
func (r *Runner) hands(ev host.Event) []transcript.AgentFile {
	if ev.TranscriptPath == "" || ev.AgentID == "" {
		return nil
	}
	files, err := transcript.Agents(ev.TranscriptPath)
	if err != nil {
		return nil
	}
	return transcript.Descendants(ev.TranscriptPath, files, ev.AgentID)
}

// withHands is what the agent has said and done, with what its hands have done.
func (r *Runner) withHands(ctx context.Context, ev host.Event, agent *transcript.Agent) *transcript.Agent {
	var hands []*transcript.Agent
	for _, file := range r.hands(ev) {
		hand := r.peer(ctx, ev, file.ID)
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
func (r *Runner) rivals(ev host.Event, others []judge.OtherCoder) []judge.OtherCoder {
	if len(others) == 0 {
		return others
	}
	kin := transcript.Lineage(ev.TranscriptPath, ev.AgentID)
	for _, file := range r.hands(ev) {
		kin = append(kin, transcript.Relative{ID: file.ID, Meta: file.Meta})
	}
	return slices.DeleteFunc(slices.Clone(others), func(o judge.OtherCoder) bool {
		return slices.ContainsFunc(kin, func(k transcript.Relative) bool { return k.ID == o.AgentID })
	})
}

// mayBeCoder reports, before anything but the host's notes is opened, whether the agent whose tool call this is can be a coding agent or
// work for one.
func (r *Runner) mayBeCoder(ctx context.Context, ev host.Event) bool {
	if r.mayConcern(ctx, ev, ev.AgentID, ev.AgentType, "") {
		return true
	}
	for _, relative := range transcript.Lineage(ev.TranscriptPath, ev.AgentID)[1:] {
		if r.mayConcern(ctx, ev, relative.ID, relative.Meta.AgentType, "") {
			return true
		}
	}
	return false
}

// coder is the coding agent whose rules the tool call has to keep: the agent whose call it is, or the nearest that it works for. Coding agents
// are known by their names, or by their launches. The zero Agent means that there is none.
func (s *scene) coder(ctx context.Context) gates.Agent {
	if s.actor != nil {
		return *s.actor
	}
	s.actor = &gates.Agent{}
	for _, relative := range transcript.Lineage(s.ev.TranscriptPath, s.ev.AgentID) {
		agent := gates.Agent{ID: relative.ID, Type: relative.Meta.AgentType}
		if relative.ID == s.ev.AgentID {
			agent.Type = s.ev.AgentType
		}
		launched := s.launchOf(ctx, relative.ID)
		if s.config(ctx).IsCoding(agent.Type) || launched != nil && launched.Role == launch.CodingRole {
			s.actor = &agent
			s.holdTo(ctx, launched)
			break
		}
	}
	return *s.actor
}

// isCoder reports whether the tool call has to keep the rules of coding agents.
func (s *scene) isCoder(ctx context.Context) bool { return s.coder(ctx).ID != "" }

// launchOf is the launch of an agent of the session; nil if none was recorded.
func (s *scene) launchOf(ctx context.Context, agentID string) *record.Launch {
	return s.history(ctx).Launch(transcript.AgentPath(s.ev.TranscriptPath, agentID))
}

// orchestrates reports whether the agent may launch agents of the protocol and receive their steps: the session itself may, and an agent that
// the configuration names.
func (s *scene) orchestrates(ctx context.Context, agentID, agentType string) bool {
	return agentID == "" || s.config(ctx).IsOrchestrator(agentType)
}

// launchedByOther reports whether the agent whose transcript stands at path was launched by an agent that is no orchestrator.
func (s *scene) launchedByOther(ctx context.Context, path string) bool {
	meta, err := transcript.ReadMeta(path)
	if err != nil || meta.ParentAgentID == "" {
		return false
	}
	parent, _ := transcript.ReadMeta(transcript.AgentPath(s.ev.TranscriptPath, meta.ParentAgentID))
	return !s.orchestrates(ctx, meta.ParentAgentID, parent.AgentType)
}
