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

// Place has the paths of a worktree and of git's own files for it.
type Place = gitdir.Place

// Options say how a worktree is opened.
type Options = repository.Options

// The other types. Their packages describe them.
type (
	// Name is a path as git spells it.
	Name = object.Name
	// File is the content of a path: mode and blob.
	File = object.File
	// LogEntry is a line of a reflog.
	LogEntry = refs.LogEntry
	// Base is what a worktree is compared with.
	Base = status.Base
	// Change is how a path differs from its base.
	Change = status.Change
	// PathState is what git shows of one path.
	PathState = status.PathState
	// Snapshot is the state of a worktree at one time.
	Snapshot = status.Snapshot
	// DirtyFile is a path that differed from HEAD in a snapshot.
	DirtyFile = status.DirtyFile
	// Crowd stands for many new files below one directory.
	Crowd = status.Crowd
	// Unseen is a path that could not be read.
	Unseen = status.Unseen
	// Survey is everything that differs from a base.
	Survey = status.Survey
	// Hidden is a file that git does not show because of a rule that is newer than a snapshot.
	Hidden = status.Hidden
	// Held has the differences of a commit from a snapshot.
	Held = status.Held
	// Scan is everything that git status shows.
	Scan = status.Scan
	// ScanOptions control how a worktree is walked.
	ScanOptions = status.ScanOptions
	// ScanChange is one change in a Scan.
	ScanChange = status.ScanChange
	// Candidate is a path with the name of an artifact.
	Candidate = status.Candidate
	// History has the commits to a repository.
	History = history.History
	// Commit is a commit with one parent.
	Commit = history.Commit
	// Marks is the state of git's own files.
	Marks = marks.Marks
	// Head is the state of HEAD.
	Head = marks.Head
	// Stash is the state of the stash.
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

// Locate finds the repository that contains a directory. See gitdir.Locate.
func Locate(dir string) (Place, error) { return gitdir.Locate(dir) }

// OpenHistory returns the history of a work tree's repository. Everything is read only when it is needed.
func OpenHistory(p Place, o Options) *History { return history.Open(repository.Open(p, o)) }

// HookManager returns the program that wrote a hook, by its value in Marks.Hooks. See marks.HookManager.
func HookManager(value string) string { return marks.HookManager(value) }

// SameButForHost reports whether two values of info/exclude differ only in the host's additions. See marks.SameButForHost.
func SameButForHost(from, to string) bool { return marks.SameButForHost(from, to) }

// CompareMarks returns the changes between two states of git's files. See marks.Compare.
func CompareMarks(before, after Marks) []MarkChange { return marks.Compare(before, after) }

// A Tree is an open work tree. Only one goroutine may use it. Its answers are about the present moment. status.Tree describes its methods for
// files, repository.Repository those for the repository.
type Tree struct{ *status.Tree }

// Open reads the settings that decide how the work tree at p is read. It fails if the work tree does not exist. If these packages cannot read the
// repository, that is no failure: git is asked then.
func Open(ctx context.Context, p Place, o Options) (*Tree, error) {
	t, err := status.Open(ctx, p, o)
	if err != nil {
		return nil, err
	}
	return &Tree{t}, nil
}

// Marks returns the present state of git's files. It asks git about refs in another format than files and about an index that it cannot read. What
// it cannot read is described in Marks.Incomplete. It fails when ctx ends.
func (t *Tree) Marks(ctx context.Context) (Marks, error) {
	return marks.Reader{Repository: t.Repository}.Take(ctx)
}

// Distrust returns the reason why git must not be asked about the work tree any more; "" if it may. before is the state of git's files when an
// agent was launched. See marks.Reader.Distrust. It runs nothing.
func (t *Tree) Distrust(before Marks) string {
	return marks.Reader{Repository: t.Repository}.Distrust(before)
}

// Explain adds information from the reflogs to changes that CompareMarks found between before and now: the entries since then, at most twenty for
// each. Without a reflog, as for tags and deleted refs, it adds when the files were written.
func (t *Tree) Explain(ctx context.Context, before Marks, changes []MarkChange) {
	marks.Reader{Repository: t.Repository}.Explain(ctx, before, changes)
}

// UntouchedSince returns a function that reports whether a path below a directory is unchanged since that time: neither it nor a directory above it
// has changed its status since, which no program can set back. It returns false if the system does not tell.
func UntouchedSince(root string, at time.Time) func(name string) bool {
	return status.UntouchedSince(root, at)
}
