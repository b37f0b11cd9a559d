package hook

import (
	"context"

	"stopgate/hook/gates"
	"stopgate/hook/guard"
	"stopgate/hook/launch"
	"stopgate/hook/record"
)

// startsPrograms decides on a git command of a coding agent or a gate that has git start a program, whatever the subcommand. A git that this
// program calls is not seen. So the command is refused where the text of the program shows that it would write, and recorded otherwise: that
// is evidence when something is found to be changed.
func (r *Runner) startsPrograms(ctx context.Context, c GitCommand) GuardAnswer {
	if len(c.Programs) == 0 || len(c.Calls) == 0 {
		return GuardAnswer{}
	}
	call, known := r.callOf(ctx, c.Calls, guard.Effect{})
	if !known || call.Agent == "" {
		return GuardAnswer{}
	}
	s := r.guardScene(call)
	if s.grounds.Repository == nil {
		return GuardAnswer{}
	}
	role := s.roleOf(ctx, call.Agent, call.AgentType)
	if role != launch.CodingRole && role != launch.GateRole {
		return GuardAnswer{}
	}
	first := c.Programs[0]
	done := record.Git{Command: c.String(), Dir: c.Dir, Outcome: record.Passed, Starts: first.Text + " (by " + first.By + ")"}
	answer := GuardAnswer{}
	if done.Kind = guard.Writes(c.Programs); done.Kind != "" && s.enforces(ctx) {
		answer.Refusal, done.Outcome = guard.ProgramRefusal(c.Resolved, first, done.Kind), record.Refused
	}
	s.append(ctx, done.Entry(gates.Agent{ID: call.Agent, Type: call.AgentType}))
	return answer
}
