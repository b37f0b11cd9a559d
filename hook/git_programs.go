package hook

import (
	"context"

	"stopgate/hook/calls"
	"stopgate/hook/gates"
	"stopgate/hook/guard"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/scene"
)

// heldToGit is the scene of a command of an agent that may not write to the repository, and its call; nil for any other command.
func (r *Runner) heldToGit(ctx context.Context, c GitCommand) (*scene.Scene, calls.Call) {
	if len(c.Calls) == 0 {
		return nil, calls.Call{}
	}
	call, known := r.callOf(ctx, c.Calls, guard.Effect{})
	if !known || call.Agent == "" {
		return nil, calls.Call{}
	}
	s := r.guardScene(call)
	if s.Grounds().Repository == nil {
		return nil, calls.Call{}
	}
	if role := roleOf(ctx, s, call.Agent, call.AgentType); role != launch.CodingRole && role != launch.GateRole {
		return nil, calls.Call{}
	}
	return s, call
}

// elsewhere notes a command in another repository if git may start a program of that one which leads back to this one. It may run: what the
// program does the guard does not see, and the note is evidence when something is found to be changed.
func (r *Runner) elsewhere(ctx context.Context, c GitCommand) {
	s, call := r.heldToGit(ctx, c)
	if s == nil {
		return
	}
	programs := guard.Configured(ctx, c.Git, guard.Directory(c.Command, c.Dir), s.Grounds().Repository.CommonDir)
	if len(programs) == 0 {
		return
	}
	done := record.Git{Command: c.String(), Dir: c.Dir, Outcome: record.Passed, Starts: programs[0].Text + " (" + programs[0].By + ")"}
	s.Append(ctx, done.Entry(gates.Agent{ID: call.Agent, Type: call.AgentType}))
}

// startsPrograms decides on a git command of a coding agent or a gate that has git start a program, whatever the subcommand. A git that this
// program calls is not seen. So the command is refused where the text of the program shows that it would write, and recorded otherwise: that
// is evidence when something is found to be changed.
func (r *Runner) startsPrograms(ctx context.Context, c GitCommand) GuardAnswer {
	if len(c.Programs) == 0 {
		return GuardAnswer{}
	}
	s, call := r.heldToGit(ctx, c)
	if s == nil {
		return GuardAnswer{}
	}
	first := c.Programs[0]
	done := record.Git{Command: c.String(), Dir: c.Dir, Outcome: record.Passed, Starts: first.Text + " (by " + first.By + ")"}
	answer := GuardAnswer{}
	if done.Kind = guard.Writes(c.Programs); done.Kind != "" && s.Enforces(ctx) {
		answer.Refusal, done.Outcome = guard.ProgramRefusal(c.Resolved, first, done.Kind), record.Refused
	}
	s.Append(ctx, done.Entry(gates.Agent{ID: call.Agent, Type: call.AgentType}))
	return answer
}
