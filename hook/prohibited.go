package hook

import (
	"context"
	"slices"

	"stopgate/hook/conduct"
	"stopgate/hook/host"
	"stopgate/hook/shell"
)

// checkCommand refuses a command of a coding agent that would do what is prohibited. Nothing is opened for any other.
func (r *Runner) checkCommand(ctx context.Context, ev host.Event) Answer {
	uses := shell.Prohibited(ev.ToolInput.Command)
	if len(uses) == 0 {
		return Answer{}
	}
	ledger := r.ledger(ev)
	if !ledger.codes(ctx, ev) {
		return Answer{}
	}
	uses = slices.DeleteFunc(uses, func(use shell.Use) bool { return r.removesNested(ctx, ev, ledger, use) })
	findings := conduct.Command(uses)
	return ledger.refuse(ctx, ev, "", "this command is not run", "What else the command does you may run without that.", findings)
}
