package hook

import (
	"context"
	"fmt"
	"slices"

	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
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
	findings := verifyUses(uses)
	return ledger.refuse(ctx, ev, "", "this command is not run", "What else the command does you may run without that.", findings)
}

// verifyUses tells of what a command would do that is prohibited. It is pure. What cannot be told from the command's text is told at the
// stop.
func verifyUses(uses []shell.Use) []rule.Finding {
	var findings []rule.Finding
	for _, use := range uses {
		findings = append(findings, rule.Finding{
			Rule: rule.OfKind(use.Kind), Severity: rule.Block,
			Message: fmt.Sprintf("%s %s, and only the branch-manager does that, when the gates have passed. %s", quote.String(use.Command, quote.MaxPath), use.Kind.Effect(), use.Kind.Instead()),
		})
	}
	return findings
}
