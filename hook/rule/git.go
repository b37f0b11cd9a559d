package rule

import "stopgate/hook/shell/gitop"

// The rules for what a coding agent must not do to git (seed, "CRITICAL GIT OPERATION PROHIBITIONS"). A command that would break one is
// refused. What happened all the same is found when the agent stops.
const (
	GitStaged   Name = "git-staged"
	GitHistory  Name = "git-history"
	GitPushed   Name = "git-pushed"
	GitTampered Name = "git-tampered"
	// MergeChecked is of a branch-manager's work, which is compared with what passed the gates.
	MergeChecked Name = "merge-checked"
)

func gitRules() []Rule {
	return []Rule{
		{
			Name: GitStaged, Effect: SentBack, Title: "files were staged",
			What:    "Commands that stage, such as git add, are refused. Files that were staged indirectly after the launch, by a script for instance, are found when the agent stops.",
			Why:     "The branch-manager stages what has passed the gates. Files that are staged already would be committed unseen.",
			Example: "git add -A",
			Fix:     "Unstage with git restore --staged PATH, which leaves the file as it is.",
		},
		{
			Name: GitHistory, Effect: Stopped, Title: "HEAD, a branch, a tag, the stash or another worktree changed, or uncommitted changes were discarded",
			What:    "git commit, merge, rebase, reset, stash, tag, branch, switch, checkout and similar commands are refused. Git changes made indirectly, by a script for instance, are found when the agent stops. The finding shows the reflog and what the agent was running then. A change that another agent may have made is a note.",
			Why:     "Commits are made after the gates have passed and the person has agreed. An agent that commits takes that decision away.",
			Example: "make release, which runs git tag",
			Fix:     "A person must decide. The finding gives a command that undoes the change; stopgate does not run it.",
		},
		{
			Name: GitPushed, Effect: Stopped, Title: "a remote repository was changed",
			What:    "Commands that push, such as git push, are refused. An indirect push moves a remote-tracking branch, and its reflog shows that it was a push.",
			Why:     "Pushed commits are public before they are reviewed.",
			Example: "npm run deploy, which runs git push",
			Fix:     "A person must decide. The finding gives a command that undoes the change; stopgate does not run it.",
		},
		{
			Name: GitTampered, Effect: Stopped, Title: "git's configuration, hooks or internal files changed",
			What:    "git config, git remote set-url and writes into .git are refused. Changes of the repository's configuration, of its hooks, of info/exclude and of flags that hide files from git are found when the agent stops.",
			Why:     "They control what git runs, where it pushes, and what it shows to all who review the work.",
			Example: "git config core.hooksPath /tmp/hooks",
			Fix:     "A person must decide. Undo the change if it was not wanted.",
		},
		{
			Name: MergeChecked, Effect: Noted, Title: "what a branch-manager did, as git shows it",
			What:      "When a branch-manager stops, git is compared with its launch: whether a commit has exactly the files that passed the gates, which branches contain it, whether the worktree has uncommitted changes, and which other refs moved. Its own report counts only if it says that something failed.",
			Why:       "A branch-manager that commits something else, or reports a merge that did not happen, undoes the work of every gate.",
			Example:   "commit 1f2e3d4c5b has what passed the gates; it can be reached from \"feature/PROJ-123\", \"main\"",
			Fix:       "Nothing needs to be done. The next step lists each fault as an issue of the branch-manager, and the person decides.",
			Configure: "authorise.commit says whether a commit on a feature branch needs the person.",
		},
	}
}

// OfKind returns the rule that a prohibited command breaks.
func OfKind(kind gitop.Kind) Name {
	switch kind {
	case gitop.Add:
		return GitStaged
	case gitop.Push:
		return GitPushed
	case gitop.Config, gitop.Remote, gitop.Tamper, gitop.Populate:
		return GitTampered
	case gitop.Commit, gitop.Merge, gitop.Rebase, gitop.Reset, gitop.Stash, gitop.Tag, gitop.Branch, gitop.Switch, gitop.Discard,
		gitop.Worktree, gitop.Submodule, gitop.History:
	}
	return GitHistory
}
