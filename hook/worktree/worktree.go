package worktree

import (
	"context"

	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/marks"
	"stopgate/hook/worktree/object"
	"stopgate/hook/worktree/refs"
	"stopgate/hook/worktree/repository"
	"stopgate/hook/worktree/status"
)

// ErrNoRepository means that no directory on the way up belongs to a git repository with a work tree there.
var ErrNoRepository = gitdir.ErrNoRepository

// Place and the other types are described in the packages that they come from.
type (
	Place   = gitdir.Place
	Options = repository.Options

	Name     = object.Name
	File     = object.File
	LogEntry = refs.LogEntry

	Base      = status.Base
	Change    = status.Change
	PathState = status.PathState

	Snapshot    = status.Snapshot
	DirtyFile   = status.DirtyFile
	Crowd       = status.Crowd
	Unseen      = status.Unseen
	Survey      = status.Survey
	Scan        = status.Scan
	ScanOptions = status.ScanOptions
	ScanChange  = status.ScanChange
	Candidate   = status.Candidate

	Marks      = marks.Marks
	Head       = marks.Head
	Stash      = marks.Stash
	Register   = marks.Register
	Item       = marks.Item
	MarkKind   = marks.Kind
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
)

// Locate finds the repository that holds a directory. See gitdir.Locate.
func Locate(dir string) (Place, error) { return gitdir.Locate(dir) }

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

// Explain fills in what the reflogs tell of changes, which CompareMarks found between before and now: the entries since then, at most
// twenty of each. Where there is no reflog, as of tags and of what was deleted, there is no explanation.
func (t *Tree) Explain(ctx context.Context, before Marks, changes []MarkChange) {
	marks.Reader{Repository: t.Repository}.Explain(ctx, before, changes)
}
