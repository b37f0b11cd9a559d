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
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// launchFailed is PostToolUseFailure of the tool that launches an agent. If there is no agent of that type, nothing ran: the launch is taken
// back, and the orchestrator is told at once which agent can stand in. Any other failure is of an agent that may have worked, and is found at
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

// failedAs is what an agent was to be launched as, as it was recorded then.
func failedAs(ctx context.Context, s *scene.Scene, agentType, prompt string) (role launch.Role, gate string) {
	if l := s.History(ctx).LaunchOf(s.Event.ToolUseID); l != nil && l.Role != launch.NoRole {
		return l.Role, l.Gate
	}
	return actor.AtLaunch(ctx, s, agentType, prompt)
}

// takeBack records that the launch of a gate or of the branch-manager came to nothing, and which agent stands in.
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
