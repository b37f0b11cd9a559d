package rule

import "stopgate/hook/shell"

// What a coding agent must not do to git (seed, "CRITICAL GIT OPERATION PROHIBITIONS"). The same rule refuses a command that would do it,
// and tells at the stop that it was done.
const (
	// GitStaged means something was put into the index.
	GitStaged Name = "git-staged"
	// GitHistory means HEAD, a branch, a tag, the stash or another worktree was moved, or changes that no commit holds were thrown away.
	GitHistory Name = "git-history"
	// GitPushed means a repository on a server was changed.
	GitPushed Name = "git-pushed"
	// GitTampered means git's configuration, its hooks or its own files were changed.
	GitTampered Name = "git-tampered"
)

// OfKind is the rule that a prohibited command breaks.
func OfKind(kind shell.Kind) Name {
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
