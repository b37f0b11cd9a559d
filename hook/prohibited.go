package hook

import (
	"context"
	"fmt"
	"slices"

	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/shell"
)

// What a coding agent must not do to git (seed, "CRITICAL GIT OPERATION PROHIBITIONS"). The same rule refuses a command that would do it,
// and tells at the stop that it was done.
const (
	// GitStaged means something was put into the index.
	GitStaged Rule = "git-staged"
	// GitHistory means HEAD, a branch, a tag, the stash or another worktree was moved, or changes that no commit holds were thrown away.
	GitHistory Rule = "git-history"
	// GitPushed means a repository on a server was changed.
	GitPushed Rule = "git-pushed"
	// GitTampered means git's configuration, its hooks or its own files were changed.
	GitTampered Rule = "git-tampered"
)

// ruleOf is the rule that a prohibited command breaks.
func ruleOf(kind shell.Kind) Rule {
	switch kind {
	case shell.Add:
		return GitStaged
	case shell.Push:
		return GitPushed
	case shell.Config, shell.Remote, shell.Tamper:
		return GitTampered
	case shell.Commit, shell.Merge, shell.Rebase, shell.Reset, shell.Stash, shell.Tag, shell.Branch, shell.Switch, shell.Discard,
		shell.Worktree, shell.Submodule, shell.History:
	}
	return GitHistory
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
func verifyUses(uses []shell.Use) []Finding {
	var findings []Finding
	for _, use := range uses {
		findings = append(findings, Finding{
			Rule: ruleOf(use.Kind), Severity: Block,
			Message: fmt.Sprintf("%s %s, and only the branch-manager does that, when the gates have passed. %s", quote.String(use.Command, quote.MaxPath), use.Kind.Effect(), use.Kind.Instead()),
		})
	}
	return findings
}
