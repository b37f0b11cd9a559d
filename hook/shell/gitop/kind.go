// Package gitop tells by its words what a command of git, or of a program like it, does: the kind of change, and the programs that it has git start.
package gitop

// Kind is what a prohibited command does, named after the best-known git command for it.
type Kind string

// The kinds. The seed names Add, Commit, Push, Merge and Rebase. The others have the same effects by other commands, or destroy what is needed to
// undo one.
const (
	Add       Kind = "add"       // changes the index
	Commit    Kind = "commit"    // makes commits
	Push      Kind = "push"      // changes a repository on a server
	Merge     Kind = "merge"     // joins histories
	Rebase    Kind = "rebase"    // makes commits anew on another base
	Reset     Kind = "reset"     // moves a branch or the index to another commit
	Stash     Kind = "stash"     // puts changes away, or restores somebody's
	Tag       Kind = "tag"       // makes or deletes tags
	Branch    Kind = "branch"    // makes, moves, renames or deletes branches and other refs
	Switch    Kind = "switch"    // checks out another commit or branch
	Discard   Kind = "discard"   // overwrites or deletes uncommitted changes
	Config    Kind = "config"    // writes git's configuration or hooks
	Remote    Kind = "remote"    // changes the list of remotes
	Worktree  Kind = "worktree"  // makes, moves or removes worktrees
	Submodule Kind = "submodule" // adds, changes or removes submodules
	Populate  Kind = "populate"  // checks out submodules at the commits that the index has
	History   Kind = "history"   // rewrites history, or deletes what could restore it
	Tamper    Kind = "tamper"    // writes into .git without git
)

// Effect returns what a command of this kind does, to complete the sentence "it …"; "" for an unknown kind.
func (k Kind) Effect() string { return kinds[k].effect }

// Instead returns advice to an agent, in whole sentences: what to do instead of a command of this kind. It is "" for an unknown kind.
func (k Kind) Instead() string { return kinds[k].instead }

// kinds has the texts of each kind. It is never modified.
var kinds = map[Kind]struct{ effect, instead string }{
	Add:       {"changes git's index", "Leave your changes unstaged: edit, move and delete files with your tools, mv and rm, and list them in files_modified. To unstage a file, use git restore --staged PATH."},
	Commit:    {"makes commits", "Leave your changes uncommitted in the worktree and end with your report; the branch-manager commits after the gates."},
	Push:      {"changes a repository on a server", "Publish nothing. End with your report; the branch-manager publishes after the gates."},
	Merge:     {"joins another history into this one", "Work on what the worktree holds. If you need changes of another branch, say so in unfinished; read them with git show BRANCH:PATH."},
	Rebase:    {"rewrites commits", "Leave the branch as it is. If it must be rebased, say so in unfinished."},
	Reset:     {"moves the branch or the index", "To unstage a file, use git restore --staged PATH. To undo an edit of your own, edit the file back; git show HEAD:PATH prints what it was."},
	Stash:     {"takes changes out of the worktree or puts others in", "Keep your changes where they are. To see a file without them, use git show HEAD:PATH; to run the tests without them, git clone . into a temporary folder, which is yours."},
	Tag:       {"makes or deletes a tag", "Leave tags to the branch-manager; git tag --list shows them."},
	Branch:    {"makes, moves or deletes a branch or another ref", "Stay on the branch of your worktree; git branch --list shows the others."},
	Switch:    {"checks out something else", "Stay where your worktree is. To read another version, use git show REV:PATH or git diff REV -- PATH; to run or bisect one, git clone . into a temporary folder, which is yours."},
	Discard:   {"destroys changes that no commit holds, perhaps another agent's", "To undo an edit of your own, edit the file back; git show HEAD:PATH prints what it was. Delete only files that you made, by name, with rm."},
	Config:    {"writes git's configuration or sidesteps its hooks", "Leave the configuration as it is; git config --get NAME reads it. If it must change, say so in unfinished."},
	Remote:    {"changes the remotes", "Leave the remotes as they are; git remote -v shows them."},
	Worktree:  {"makes, moves or removes a worktree", "Work in the worktree that you were given; the orchestrator makes and removes worktrees. To run another version, git clone . into a temporary folder, which is yours."},
	Submodule: {"changes submodules", "To check out one that is missing in your worktree, use git submodule update --init. If one is old, say so in unfinished."},
	Populate:  {"checks out submodules", "In your own worktree you may do so. Leave other worktrees as they are."},
	History:   {"rewrites history or deletes what could restore it", "Leave history alone; git log and git reflog read it."},
	Tamper:    {"writes into .git", "Leave .git to git. If a lock is in the way or a hook is wrong, say so in unfinished."},
}
