package hook

import (
	"context"

	"stopgate/hook/host"
	"stopgate/hook/launch"
)

// subagentStop is SubagentStop. The agent's launch says what it is, or its name if the launch had no marker.
func (r *Runner) subagentStop(ctx context.Context, ev host.Event) Answer {
	if ev.AgentType == "" { // one of the host's own helpers
		return Answer{}
	}
	prompt := r.launchPrompt(ctx, ev)
	if !r.mayConcern(ctx, ev, ev.AgentID, ev.AgentType, prompt) {
		return Answer{}
	}
	s := r.scene(ev)
	// Another process may judge the same stop. What it records has to be there when the past is read.
	defer s.journal.Hold(ctx, ev.AgentID)()

	switch role, gate := s.launchedAs(ctx, ev.AgentID, ev.AgentType, prompt); role {
	case launch.CodingRole:
		if agent := r.reviewed(ctx, s); agent != nil {
			return r.reviewStop(ctx, s, agent)
		}
		return r.coderStop(ctx, s)
	case launch.GateRole, launch.MergeRole, launch.OpsRole:
		return r.gateStop(ctx, s, protocolAgent{role: role, gate: gate, prompt: prompt})
	case launch.NoRole, launch.OtherRole:
	}
	return Answer{}
}
