package actor

import (
	"context"
	"slices"

	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/scene"
	"stopgate/hook/transcript"
)

// MayBeCoder reports whether the agent of this tool call can be a coding agent or work for one. It reads only the host's notes, so it is cheap.
func MayBeCoder(ctx context.Context, s *scene.Scene) bool {
	if s.MayConcern(ctx, s.Event.AgentID, s.Event.AgentType, "") {
		return true
	}
	return slices.ContainsFunc(s.Lineage(s.Event.AgentID)[1:], func(above transcript.Relative) bool {
		return s.MayConcern(ctx, above.ID, above.Meta.AgentType, "")
	})
}

// Coder returns the coding agent whose rules apply to the tool call: the calling agent itself, or the nearest one that it works for. Coding agents
// are known by their type or their launch. The zero Agent means that there is none.
func Coder(ctx context.Context, s *scene.Scene) gates.Agent {
	if s.Coder != nil {
		return *s.Coder
	}
	s.Coder = &gates.Agent{}
	for _, relative := range s.Lineage(s.Event.AgentID) {
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

// IsCoder reports whether the rules of coding agents apply to the tool call.
func IsCoder(ctx context.Context, s *scene.Scene) bool { return Coder(ctx, s).ID != "" }

// Orchestrates reports whether the agent may launch agents of the protocol and receive their steps. The session itself may, and so may an agent
// that the configuration names. An agent that works for a coding agent, a gate or a branch-manager may not, whatever its name: it would choose who
// checks the work.
func Orchestrates(ctx context.Context, s *scene.Scene, agentID, agentType string) bool {
	if agentID == "" {
		return true
	}
	if !s.Config(ctx).IsOrchestrator(agentType) {
		return false
	}
	return !slices.ContainsFunc(s.Lineage(agentID)[1:], func(above transcript.Relative) bool {
		if s.Config(ctx).IsOrchestrator(above.Meta.AgentType) {
			return false
		}
		role, _ := LaunchedAs(ctx, s, above.ID, above.Meta.AgentType, "")
		return HasPart(role)
	})
}

// HasPart reports whether an agent of that role is part of the protocol. Only an orchestrator may launch or resume such an agent.
func HasPart(role launch.Role) bool {
	return role == launch.CodingRole || role == launch.GateRole || role == launch.MergeRole
}

// LaunchedByOther reports whether the agent with the transcript at path was launched by an agent that is not an orchestrator.
func LaunchedByOther(ctx context.Context, s *scene.Scene, path string) bool {
	meta, err := transcript.ReadMeta(path)
	if err != nil || meta.ParentAgentID == "" {
		return false
	}
	parent, _ := transcript.ReadMeta(transcript.AgentPath(s.Event.TranscriptPath, meta.ParentAgentID))
	return !Orchestrates(ctx, s, meta.ParentAgentID, parent.AgentType)
}
