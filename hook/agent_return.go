package hook

import (
	"cmp"
	"context"
	"path"

	"stopgate/hook/actor"
	"stopgate/hook/crosscheck"
	"stopgate/hook/delivery"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// agentReturn handles PostToolUse of the tool that launched an agent, or of a skill that ran in one. The result of a foreground agent reaches the
// orchestrator with this event, and so does the next step.
func agentReturn(ctx context.Context, s *scene.Scene) Answer {
	agent := gates.Agent{ID: s.Event.ToolResponse.AgentID, Type: s.Event.ToolResponse.AgentType}
	if agent.Type == "" {
		agent.Type = s.Event.ToolInput.SubagentType
	}
	prompt, status := s.Event.ToolInput.Prompt, s.Event.ToolResponse.Status
	skill := s.Event.ToolName == host.SkillTool && status == host.SkillForked
	if skill {
		agent.Type, prompt = session.TypeOf(s.Event.TranscriptPath, agent.ID), session.Peer(ctx, s, agent.ID).Prompt
	}
	if !skill && (!host.IsAgentTool(s.Event.ToolName) || status != "completed") || !s.MayConcern(ctx, agent.ID, agent.Type, prompt) {
		return Answer{}
	}
	if !actor.Orchestrates(ctx, s, s.Event.AgentID, s.Event.AgentType) {
		return Answer{} // the step is for the orchestrator, not for an agent that launched another
	}
	if s.History(ctx).Agent(agent.ID).Accounted() {
		return deliverAfter(ctx, s, agent.ID)
	}
	return unseenReturn(ctx, s, agent, &transcript.Agent{Prompt: prompt, Run: transcript.Run{Prompt: prompt}})
}

// deliverAfter delivers what is owed after the stop of an agent, and again what was told after it and the transcript does not show.
func deliverAfter(ctx context.Context, s *scene.Scene, agentID string) Answer {
	crosscheck.RecoverTold(ctx, s, func(t record.Told) bool { return t.AgentID == agentID })
	return delivered(delivery.Deliver(ctx, s, delivery.OwedFor(agentID)))
}

// unseenReturn delivers the step after the return of an agent whose stops were not judged. launched has the prompts that the agent was given.
func unseenReturn(ctx context.Context, s *scene.Scene, agent gates.Agent, launched *transcript.Agent) Answer {
	switch role, gate := actor.LaunchedAs(ctx, s, agent.ID, agent.Type, launched.Prompt); role {
	case launch.CodingRole:
		asked, conf, now := launch.AssignmentOf(launched), s.Config(ctx), s.Now()
		return delivered(delivery.Deliver(ctx, s, func(h record.History) []record.OwedStep {
			if h.Agent(agent.ID).Accounted() { // another process has recorded it meanwhile
				return h.Owed(agent.ID)
			}
			return []record.OwedStep{h.Unseen(agent, asked, conf, now)}
		}))
	case launch.GateRole, launch.MergeRole:
		lost := lostGate(ctx, s, actor.Agent{Role: role, Gate: gate, Prompt: launched.Prompt}, agent)
		answer := delivered(delivery.Deliver(ctx, s, delivery.OwedFor(agent.ID)))
		if answer.Output.Silent() && s.Journal().Err() != nil && lost != nil { // nothing could be recorded, so no later event would deliver it
			return Answer{Output: delivery.Carry(ctx, s, []*step.Step{lost})}
		}
		return answer
	case launch.NoRole, launch.OpsRole, launch.OtherRole:
	}
	return Answer{}
}

// agentStopped handles PostToolUse of the tool that stops an agent at its work. Whoever stopped a coding agent knows that it has not reported. So the
// session reads at once what that means for the task, and nobody is asked at the end of the turn.
func agentStopped(ctx context.Context, s *scene.Scene) Answer {
	id := s.Event.ToolResponse.TaskID
	if !takeGone(ctx, s, true, func(agent string) bool { return agent == id }) || !s.EnforcesFor(ctx, id) {
		return Answer{}
	}
	return Answer{Output: host.Context(s.Event.HookEventName, step.Stopped(launch.AssignmentOf(session.Peer(ctx, s, id)).TaskID))}
}

// launchFailed handles PostToolUseFailure of the tool that launches an agent. If no agent of that type exists, nothing ran: the launch is
// cancelled, and the orchestrator is told which agent can stand in. After any other failure the agent may have worked; such an agent is found at
// the end of the turn.
func launchFailed(ctx context.Context, s *scene.Scene) Answer {
	available, missing := host.AgentMissing(s.Event.Error)
	agentType, prompt := s.Event.ToolInput.SubagentType, s.Event.ToolInput.Prompt
	if !host.IsAgentTool(s.Event.ToolName) || !missing || !s.MayConcern(ctx, "", agentType, prompt) {
		return Answer{}
	}
	if !actor.Orchestrates(ctx, s, s.Event.AgentID, s.Event.AgentType) {
		return Answer{}
	}
	role, gate := failedAs(ctx, s, agentType, prompt)
	if len(available) == 0 {
		available = host.AgentTypes(transcript.AgentTypes(s.Event.TranscriptPath))
	}
	failed := step.FailedLaunch{Missing: agentType, Prompt: prompt, Available: available}
	switch role {
	case launch.CodingRole:
		asked := launch.ReadAssignment(prompt)
		failed.Marker = launch.Marker{Task: cmp.Or(asked.TaskID, path.Base(path.Clean("/"+asked.WorktreePath))), Gate: launch.CodingMark}
		failed.Worktree = asked.WorktreePath
	case launch.GateRole, launch.MergeRole:
		a := actor.FindTask(ctx, s, actor.Agent{Role: role, Gate: quote.Clip(gate, quote.MaxName), Prompt: prompt}, launch.ReadAssignment(prompt))
		if a.Task == "" {
			return Answer{}
		}
		failed.Marker, failed.Worktree = launch.Marker{Task: a.Task, Gate: cmp.Or(a.Gate, gates.BranchManagerAgent)}, a.Worktree
		takeBack(ctx, s, a, failed.StandIn())
	case launch.NoRole, launch.OpsRole, launch.OtherRole:
		return Answer{}
	}
	if !s.Enforces(ctx) {
		return Answer{}
	}
	next := step.Relaunch(quote.Digest("no agent", s.Event.SessionID, s.Event.ToolUseID), failed)
	s.Append(ctx, record.Reminded(next.StepID, next.TaskID, crosscheck.Telling(s, false)))
	return Answer{Output: delivery.Carry(ctx, s, []*step.Step{next})}
}

// failedAs returns the role and gate for which an agent was to be launched, as recorded then.
func failedAs(ctx context.Context, s *scene.Scene, agentType, prompt string) (role launch.Role, gate string) {
	if l := s.History(ctx).LaunchOf(s.Event.ToolUseID); l != nil && l.Role != launch.NoRole {
		return l.Role, l.Gate
	}
	return actor.AtLaunch(ctx, s, agentType, prompt)
}

// takeBack records that the launch of a gate or of the branch-manager failed because the agent does not exist, and which agent stands in.
func takeBack(ctx context.Context, s *scene.Scene, a actor.Agent, instead string) {
	scene.UpdateTask(ctx, s, a.Task, func(t *record.Task) (bool, []record.Entry) {
		if t.State.Phase == "" {
			return false, nil
		}
		fact := record.Fact{Instead: instead, Fact: gates.Fact{
			Kind: gates.LaunchFailed, Task: a.Task, At: s.Now().UTC(), Gate: a.Gate, AgentType: quote.Clip(s.Event.ToolInput.SubagentType, quote.MaxName),
			Call: quote.Clip(s.Event.ToolUseID, quote.MaxName),
		}}
		t.Take(s.Event.SessionID, fact)
		return true, []record.Entry{fact.Entry()}
	})
}
