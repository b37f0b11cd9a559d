package hook

import (
	"context"

	"stopgate/hook/launch"
	"stopgate/hook/scene"
)

// subagentStop is SubagentStop. The agent's launch says what it is, or its name if the launch had no marker.
func subagentStop(ctx context.Context, s *scene.Scene) Answer {
	if s.Event.AgentType == "" { // one of the host's own helpers
		return Answer{}
	}
	prompt := launchPrompt(ctx, s)
	if !s.MayConcern(ctx, s.Event.AgentID, s.Event.AgentType, prompt) {
		return Answer{}
	}

	defer s.Hold(ctx)() // another process may judge the same stop
	switch role, gate := launchedAs(ctx, s, s.Event.AgentID, s.Event.AgentType, prompt); role {
	case launch.CodingRole:
		if agent := reviewed(ctx, s); agent != nil {
			return reviewStop(ctx, s, agent)
		}
		return coderStop(ctx, s)
	case launch.GateRole, launch.MergeRole, launch.OpsRole:
		return gateStop(ctx, s, protocolAgent{role: role, gate: gate, prompt: prompt})
	case launch.NoRole, launch.OtherRole:
	}
	return Answer{}
}
