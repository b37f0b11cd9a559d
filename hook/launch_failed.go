package hook

import (
	"cmp"
	"context"
	"path"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// launchFailed is PostToolUseFailure of the tool that launches an agent. If there is no agent of that type, nothing ran: the launch is taken
// back, and the orchestrator is told at once which agent can stand in. Any other failure is of an agent that may have worked, and is found at
// the end of the turn.
func (r *Runner) launchFailed(ctx context.Context, ev host.Event) Answer {
	available, missing := host.AgentMissing(ev.Error)
	agentType, prompt := ev.ToolInput.SubagentType, ev.ToolInput.Prompt
	if !host.IsAgentTool(ev.ToolName) || !missing || !r.mayConcern(ctx, ev, "", agentType, prompt) {
		return Answer{}
	}
	s := r.scene(ev)
	if !s.orchestrates(ctx, ev.AgentID, ev.AgentType) {
		return Answer{}
	}
	role, gate := s.failedAs(ctx, agentType, prompt)
	if len(available) == 0 {
		available = host.AgentTypes(transcript.AgentTypes(ev.TranscriptPath))
	}
	failed := step.FailedLaunch{Missing: agentType, Prompt: prompt, Available: available}
	switch role {
	case launch.CodingRole:
		asked := launch.ReadAssignment(prompt)
		failed.Marker = launch.Marker{Task: cmp.Or(asked.TaskID, path.Base(path.Clean("/"+asked.WorktreePath))), Gate: launch.CodingMark}
		failed.Worktree = asked.WorktreePath
	case launch.GateRole, launch.MergeRole:
		a := r.findTask(ctx, s, protocolAgent{role: role, gate: quote.Clip(gate, quote.MaxName), prompt: prompt}, launch.ReadAssignment(prompt))
		if a.task == "" {
			return Answer{}
		}
		failed.Marker, failed.Worktree = launch.Marker{Task: a.task, Gate: cmp.Or(a.gate, gates.BranchManagerAgent)}, a.worktree
		r.takeBack(ctx, s, a, failed.StandIn())
	case launch.NoRole, launch.OpsRole, launch.OtherRole:
		return Answer{}
	}
	if !s.enforces(ctx) {
		return Answer{}
	}
	next := step.Relaunch(quote.Digest("no agent", ev.SessionID, ev.ToolUseID), failed)
	s.append(ctx, record.Reminded(next.StepID, next.TaskID, s.telling(false)))
	return Answer{Output: s.carry(ctx, []*step.Step{next})}
}

// failedAs is what an agent was to be launched as, as it was recorded then.
func (s *scene) failedAs(ctx context.Context, agentType, prompt string) (role launch.Role, gate string) {
	if l := s.history(ctx).LaunchOf(s.ev.ToolUseID); l != nil && l.Role != launch.NoRole {
		return l.Role, l.Gate
	}
	return s.roleAtLaunch(ctx, agentType, prompt)
}

// takeBack records that the launch of a gate or of the branch-manager came to nothing, and which agent stands in.
func (r *Runner) takeBack(ctx context.Context, s *scene, a protocolAgent, instead string) {
	updateTask(ctx, s, a.task, func(t *record.Task) (bool, []record.Entry) {
		if t.State.Phase == "" {
			return false, nil
		}
		fact := record.Fact{Instead: instead, Fact: gates.Fact{
			Kind: gates.LaunchFailed, Task: a.task, At: r.Now().UTC(), Gate: a.gate, AgentType: quote.Clip(s.ev.ToolInput.SubagentType, quote.MaxName),
			Call: quote.Clip(s.ev.ToolUseID, quote.MaxName),
		}}
		t.Take(s.ev.SessionID, fact)
		return true, []record.Entry{fact.Entry()}
	})
}
