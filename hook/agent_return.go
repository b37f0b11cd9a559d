package hook

import (
	"context"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// agentReturn is PostToolUse of the tool that launched an agent: the result of a foreground agent reaches the orchestrator, and the next
// step with it.
func (r *Runner) agentReturn(ctx context.Context, ev host.Event) Answer {
	agent := gates.Agent{ID: ev.ToolResponse.AgentID, Type: ev.ToolResponse.AgentType}
	if agent.Type == "" {
		agent.Type = ev.ToolInput.SubagentType
	}
	prompt := ev.ToolInput.Prompt
	if !host.IsAgentTool(ev.ToolName) || ev.ToolResponse.Status != "completed" || !r.mayConcern(ctx, ev, agent.ID, agent.Type, prompt) {
		return Answer{}
	}
	s := r.scene(ev)
	if !s.orchestrates(ctx, ev.AgentID, ev.AgentType) {
		return Answer{} // the orchestrator's step is not for the agent that launched another
	}
	if s.history(ctx).Agent(agent.ID).Accounted() {
		r.recoverTold(ctx, s, func(t record.Told) bool { return t.AgentID == agent.ID })
		return r.deliver(ctx, s, owedFor(agent.ID))
	}
	return r.unseenReturn(ctx, s, agent, &transcript.Agent{Prompt: prompt, Run: transcript.Run{Prompt: prompt}})
}

// unseenReturn delivers what follows from the return of an agent none of whose stops was judged. launched has the prompts that the agent was
// given.
func (r *Runner) unseenReturn(ctx context.Context, s *scene, agent gates.Agent, launched *transcript.Agent) Answer {
	switch role, gate := s.launchedAs(ctx, agent.ID, agent.Type, launched.Prompt); role {
	case launch.CodingRole:
		asked, conf, now := launch.AssignmentOf(launched), s.config(ctx), r.Now()
		return r.deliver(ctx, s, func(h record.History) []record.OwedStep {
			if h.Agent(agent.ID).Accounted() { // meanwhile
				return h.Owed(agent.ID)
			}
			return []record.OwedStep{h.Unseen(agent, asked, conf, now)}
		})
	case launch.GateRole, launch.MergeRole:
		lost := r.lostGate(ctx, s, protocolAgent{role: role, gate: gate, prompt: launched.Prompt}, agent)
		answer := r.deliver(ctx, s, owedFor(agent.ID))
		if answer.Output.Silent() && s.journal.Err() != nil && lost != nil { // it could not be recorded, so no later event will bring it
			return Answer{Output: s.carry(ctx, []*step.Step{lost})}
		}
		return answer
	case launch.NoRole, launch.OpsRole, launch.OtherRole:
	}
	return Answer{}
}
