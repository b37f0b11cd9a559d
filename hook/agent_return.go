package hook

import (
	"context"

	"stopgate/hook/actor"
	"stopgate/hook/crosscheck"
	"stopgate/hook/delivery"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// agentReturn is PostToolUse of the tool that launched an agent: the result of a foreground agent reaches the orchestrator, and the next
// step with it.
func agentReturn(ctx context.Context, s *scene.Scene) Answer {
	agent := gates.Agent{ID: s.Event.ToolResponse.AgentID, Type: s.Event.ToolResponse.AgentType}
	if agent.Type == "" {
		agent.Type = s.Event.ToolInput.SubagentType
	}
	prompt := s.Event.ToolInput.Prompt
	if !host.IsAgentTool(s.Event.ToolName) || s.Event.ToolResponse.Status != "completed" || !s.MayConcern(ctx, agent.ID, agent.Type, prompt) {
		return Answer{}
	}
	if !actor.Orchestrates(ctx, s, s.Event.AgentID, s.Event.AgentType) {
		return Answer{} // the orchestrator's step is not for the agent that launched another
	}
	if s.History(ctx).Agent(agent.ID).Accounted() {
		crosscheck.RecoverTold(ctx, s, func(t record.Told) bool { return t.AgentID == agent.ID })
		return delivered(delivery.Deliver(ctx, s, delivery.OwedFor(agent.ID)))
	}
	return unseenReturn(ctx, s, agent, &transcript.Agent{Prompt: prompt, Run: transcript.Run{Prompt: prompt}})
}

// unseenReturn delivers what follows from the return of an agent none of whose stops was judged. launched has the prompts that the agent was
// given.
func unseenReturn(ctx context.Context, s *scene.Scene, agent gates.Agent, launched *transcript.Agent) Answer {
	switch role, gate := actor.LaunchedAs(ctx, s, agent.ID, agent.Type, launched.Prompt); role {
	case launch.CodingRole:
		asked, conf, now := launch.AssignmentOf(launched), s.Config(ctx), s.Now()
		return delivered(delivery.Deliver(ctx, s, func(h record.History) []record.OwedStep {
			if h.Agent(agent.ID).Accounted() { // meanwhile
				return h.Owed(agent.ID)
			}
			return []record.OwedStep{h.Unseen(agent, asked, conf, now)}
		}))
	case launch.GateRole, launch.MergeRole:
		lost := lostGate(ctx, s, actor.Agent{Role: role, Gate: gate, Prompt: launched.Prompt}, agent)
		answer := delivered(delivery.Deliver(ctx, s, delivery.OwedFor(agent.ID)))
		if answer.Output.Silent() && s.Journal().Err() != nil && lost != nil { // it could not be recorded, so no later event will bring it
			return Answer{Output: delivery.Carry(ctx, s, []*step.Step{lost})}
		}
		return answer
	case launch.NoRole, launch.OpsRole, launch.OtherRole:
	}
	return Answer{}
}
