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

// ruleOf is the rule that a prohibited command breaks.
func ruleOf(kind shell.Kind) rule.Name {
	switch kind {
	case shell.Add:
		return rule.GitStaged
	case shell.Push:
		return rule.GitPushed
	case shell.Config, shell.Remote, shell.Tamper:
		return rule.GitTampered
	case shell.Commit, shell.Merge, shell.Rebase, shell.Reset, shell.Stash, shell.Tag, shell.Branch, shell.Switch, shell.Discard,
		shell.Worktree, shell.Submodule, shell.History:
	}
	return rule.GitHistory
}

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
			Rule: ruleOf(use.Kind), Severity: rule.Block,
			Message: fmt.Sprintf("%s %s, and only the branch-manager does that, when the gates have passed. %s", quote.String(use.Command, quote.MaxPath), use.Kind.Effect(), use.Kind.Instead()),
		})
	}
	return findings
}
