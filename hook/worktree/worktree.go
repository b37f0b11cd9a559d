package worktree

import (
	"context"
	"time"

	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/history"
	"stopgate/hook/worktree/marks"
	"stopgate/hook/worktree/object"
	"stopgate/hook/worktree/refs"
	"stopgate/hook/worktree/repository"
	"stopgate/hook/worktree/status"
)

// ErrNoRepository means that no directory on the way up belongs to a git repository with a work tree there.
var ErrNoRepository = gitdir.ErrNoRepository

// Place is where a worktree and git's own files for it stand.
type Place = gitdir.Place

// Options are how a worktree is opened.
type Options = repository.Options

// The other types, as callers know them. Their packages describe them.
type (
	// Name is a path as git spells it.
	Name = object.Name
	// File is what a path holds.
	File = object.File
	// LogEntry is a line of a reflog.
	LogEntry = refs.LogEntry
	// Base is what a worktree is compared with.
	Base = status.Base
	// Change is how a path differs from its base.
	Change = status.Change
	// PathState is what git shows of one path.
	PathState = status.PathState
	// Snapshot is what a worktree was like at one time.
	Snapshot = status.Snapshot
	// DirtyFile is a path that differed from HEAD in a snapshot.
	DirtyFile = status.DirtyFile
	// Crowd stands for many new files below one directory.
	Crowd = status.Crowd
	// Unseen is a path that could not be looked at.
	Unseen = status.Unseen
	// Survey is everything that differs from a base.
	Survey = status.Survey
	// Hidden is a file that git does not show because of a rule that is newer than a snapshot.
	Hidden = status.Hidden
	// Held is how a commit differs from a snapshot.
	Held = status.Held
	// Scan is everything that git status shows.
	Scan = status.Scan
	// ScanOptions are how a worktree is walked.
	ScanOptions = status.ScanOptions
	// ScanChange is one change in a Scan.
	ScanChange = status.ScanChange
	// Candidate is a path with the name of an artifact.
	Candidate = status.Candidate
	// History is what was committed to a repository.
	History = history.History
	// Commit is a commit with one parent.
	Commit = history.Commit
	// Marks is what git's own files say.
	Marks = marks.Marks
	// Head is what HEAD says.
	Head = marks.Head
	// Stash is what the stash holds.
	Stash = marks.Stash
	// Register is a bounded list of named values.
	Register = marks.Register
	// Item is an entry of a Register.
	Item = marks.Item
	// MarkKind is the kind of a MarkChange.
	MarkKind = marks.Kind
	// MarkChange is a difference between two Marks.
	MarkChange = marks.Change
)

// The changes of a PathState.
const (
	Modified  = status.Modified
	Added     = status.Added
	Deleted   = status.Deleted
	Renamed   = status.Renamed
	Mode      = status.Mode
	Type      = status.Type
	Unchanged = status.Unchanged
	Missing   = status.Missing
	Ignored   = status.Ignored
	Outside   = status.Outside
	Unknown   = status.Unknown
)

// The kinds of a MarkChange.
const (
	HeadMoved         = marks.HeadMoved
	HeadSwitched      = marks.HeadSwitched
	HeadReturned      = marks.HeadReturned
	HeadLogCut        = marks.HeadLogCut
	BranchCreated     = marks.BranchCreated
	BranchMoved       = marks.BranchMoved
	BranchDeleted     = marks.BranchDeleted
	TagCreated        = marks.TagCreated
	TagMoved          = marks.TagMoved
	TagDeleted        = marks.TagDeleted
	RemoteCreated     = marks.RemoteCreated
	RemoteMoved       = marks.RemoteMoved
	RemoteDeleted     = marks.RemoteDeleted
	RefCreated        = marks.RefCreated
	RefMoved          = marks.RefMoved
	RefDeleted        = marks.RefDeleted
	StashGrown        = marks.StashGrown
	StashShrunk       = marks.StashShrunk
	StashReplaced     = marks.StashReplaced
	Staged            = marks.Staged
	Unstaged          = marks.Unstaged
	IntentToAdd       = marks.IntentToAdd
	FileHidden        = marks.FileHidden
	FileUnhidden      = marks.FileUnhidden
	OperationStarted  = marks.OperationStarted
	OperationEnded    = marks.OperationEnded
	ConfigChanged     = marks.ConfigChanged
	HookChanged       = marks.HookChanged
	InfoChanged       = marks.InfoChanged
	WorktreeAdded     = marks.WorktreeAdded
	WorktreeRemoved   = marks.WorktreeRemoved
	WorktreeHeadMoved = marks.WorktreeHeadMoved
	WorktreeCommitted = marks.WorktreeCommitted

	WorktreeIndexChanged  = marks.WorktreeIndexChanged
	WorktreeOperation     = marks.WorktreeOperation
	WorktreeConfigChanged = marks.WorktreeConfigChanged

	GlobalChanged = marks.GlobalChanged
)

// Locate finds the repository that holds a directory. See gitdir.Locate.
func Locate(dir string) (Place, error) { return gitdir.Locate(dir) }

// OpenHistory prepares to read what was committed to the repository of a work tree. Nothing is read before it is needed.
func OpenHistory(p Place, o Options) *History { return history.Open(repository.Open(p, o)) }

// HookManager is the program that wrote a hook, from its value in Marks.Hooks. See marks.HookManager.
func HookManager(value string) string { return marks.HookManager(value) }

// SameButForHost reports whether two values of info/exclude differ only in what the host adds. See marks.SameButForHost.
func SameButForHost(from, to string) bool { return marks.SameButForHost(from, to) }

// CompareMarks tells what changed between two looks at git's files. See marks.Compare.
func CompareMarks(before, after Marks) []MarkChange { return marks.Compare(before, after) }

// A Tree is an open work tree. It is for one goroutine; what it answers is what stands there at that moment. What it tells of files is
// described at status.Tree, what it tells of the repository at repository.Repository.
type Tree struct{ *status.Tree }

// Open reads what decides how the work tree at p is to be looked at. It fails when the work tree is not there; a repository that these
// packages cannot read is no failure, git is asked then.
func Open(ctx context.Context, p Place, o Options) (*Tree, error) {
	t, err := status.Open(ctx, p, o)
	if err != nil {
		return nil, err
	}
	return &Tree{t}, nil
}

// Marks takes down what git's files say now. It reads them itself, and asks git about refs in another format than files and about an
// index that it does not read. What it cannot see is said in Marks.Incomplete; it fails when ctx ends.
func (t *Tree) Marks(ctx context.Context) (Marks, error) {
	return marks.Reader{Repository: t.Repository}.Take(ctx)
}

// Distrust tells why git must not be asked about the work tree after an agent that was launched when git's files said before; "" where it
// may. See marks.Reader.Distrust. It runs nothing.
func (t *Tree) Distrust(before Marks) string {
	return marks.Reader{Repository: t.Repository}.Distrust(before)
}

// Explain fills in what the reflogs tell of changes, which CompareMarks found between before and now: the entries since then, at most
// twenty of each. Where there is no reflog, as of tags and of what was deleted, it fills in when the files were written that hold it.
func (t *Tree) Explain(ctx context.Context, before Marks, changes []MarkChange) {
	marks.Reader{Repository: t.Repository}.Explain(ctx, before, changes)
}

// UntouchedSince returns a function that reports whether a path below a directory was there at that time as it is now: neither it nor a
// directory above it has changed its status since, which no program can set back. It reports false where the system does not tell.
func UntouchedSince(root string, at time.Time) func(name string) bool {
	return status.UntouchedSince(root, at)
}
