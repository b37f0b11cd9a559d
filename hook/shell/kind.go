package shell

// Kind is what a prohibited command does, by the name of the git command that is best known for it.
type Kind string

// The kinds. Add, Commit, Push, Merge and Rebase are the five that the seed names; the others reach the same ends by other roads, or
// destroy what they would have to be undone with.
const (
	Add       Kind = "add"       // changes the index
	Commit    Kind = "commit"    // makes commits
	Push      Kind = "push"      // changes a repository on a server
	Merge     Kind = "merge"     // joins histories
	Rebase    Kind = "rebase"    // makes commits anew on another base
	Reset     Kind = "reset"     // moves a branch or the index to another commit
	Stash     Kind = "stash"     // puts changes away, or brings back somebody's
	Tag       Kind = "tag"       // makes or deletes tags
	Branch    Kind = "branch"    // makes, moves, renames or deletes branches and other refs
	Switch    Kind = "switch"    // checks out another commit or branch
	Discard   Kind = "discard"   // overwrites or deletes what is not committed
	Config    Kind = "config"    // writes git's configuration or hooks
	Remote    Kind = "remote"    // changes which repositories this one knows
	Worktree  Kind = "worktree"  // makes, moves or removes worktrees
	Submodule Kind = "submodule" // adds, updates or removes submodules
	History   Kind = "history"   // rewrites history, or deletes what could restore it
	Tamper    Kind = "tamper"    // writes into .git without git
)

// Kinds returns every kind, in the order of the documentation.
func Kinds() []Kind {
	return []Kind{
		Add, Commit, Push, Merge, Rebase, Reset, Stash, Tag, Branch, Switch, Discard, Config, Remote, Worktree, Submodule, History, Tamper,
	}
}

// Effect completes the sentence "it …": what a command of this kind does. It is empty for what is not one of Kinds.
func (k Kind) Effect() string {
	effect, _ := k.text()
	return effect
}

// Instead is what an agent does in place of a command of this kind: whole sentences, addressed to it. It is empty for what is not
// one of Kinds.
func (k Kind) Instead() string {
	_, instead := k.text()
	return instead
}

func (k Kind) text() (effect, instead string) {
	switch k {
	case Add:
		return "changes git's index", "Leave your changes unstaged: edit, move and delete files with your tools, mv and rm, and list them in files_modified. " +
			"To unstage a file, use git restore --staged PATH."
	case Commit:
		return "makes commits", "Leave your changes uncommitted in the worktree and end with your report; the branch-manager commits after the gates."
	case Push:
		return "changes a repository on a server", "Publish nothing. End with your report; the branch-manager publishes after the gates."
	case Merge:
		return "joins another history into this one", "Work on what the worktree holds. If you need changes of another branch, say so in unfinished; read them with git show BRANCH:PATH."
	case Rebase:
		return "rewrites commits", "Leave the branch as it is. If it must be rebased, say so in unfinished."
	case Reset:
		return "moves the branch or the index", "To unstage a file, use git restore --staged PATH. To undo an edit of your own, edit the file back; git show HEAD:PATH prints what it was."
	case Stash:
		return "takes changes out of the worktree or puts others in", "Keep your changes where they are. To see a file without them, use git show HEAD:PATH; git diff > FILE keeps a copy outside the worktree."
	case Tag:
		return "makes or deletes a tag", "Leave tags to the branch-manager; git tag --list shows them."
	case Branch:
		return "makes, moves or deletes a branch or another ref", "Stay on the branch of your worktree; git branch --list shows the others."
	case Switch:
		return "checks out something else", "Stay where your worktree is. To read another version, use git show REV:PATH or git diff REV -- PATH."
	case Discard:
		return "destroys changes that no commit holds, perhaps another agent's", "To undo an edit of your own, edit the file back; git show HEAD:PATH prints what it was. Delete only files that you made, by name, with rm."
	case Config:
		return "writes git's configuration or sidesteps its hooks", "Leave the configuration as it is; git config --get NAME reads it. If it must change, say so in unfinished."
	case Remote:
		return "changes the remotes", "Leave the remotes as they are; git remote -v shows them."
	case Worktree:
		return "makes, moves or removes a worktree", "Work in the worktree that you were given; the orchestrator makes and removes worktrees. git worktree list shows them."
	case Submodule:
		return "changes submodules", "Leave the submodules as they are. If one is missing or old, say so in unfinished."
	case History:
		return "rewrites history or deletes what could restore it", "Leave history alone; git log and git reflog read it."
	case Tamper:
		return "writes into .git", "Leave .git to git. If a lock is in the way or a hook is wrong, say so in unfinished."
	default:
		return "", ""
	}
}
