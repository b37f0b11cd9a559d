package worktree

import (
	"context"
	"io/fs"
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
	// Survey is everything that differs from a base.
	Survey = status.Survey
	// Hidden is a file that git does not show because of a rule that is newer than a snapshot.
	Hidden = status.Hidden
	// Held has the differences of a commit from a snapshot.
	Held = status.Held
	// ScanOptions control how a worktree is walked.
	ScanOptions = status.ScanOptions
	// Candidate is a path with the name of an artifact.
	Candidate = status.Candidate
	// History has the commits to a repository.
	History = history.History
	// Commit is a commit with one parent.
	Commit = history.Commit
	// Marks is the state of git's own files.
	Marks = marks.Marks
	// Register is a bounded list of named values.
	Register = marks.Register
	// MarkChange is a difference between two Marks. Package marks has the kinds of changes.
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

// Locate finds the repository that contains a directory. See gitdir.Locate.
func Locate(dir string) (Place, error) { return gitdir.Locate(dir) }

// OpenHistory returns the history of a work tree's repository. Everything is read only when it is needed.
func OpenHistory(p Place, o Options) *History { return history.Open(repository.Open(p, o)) }

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

// Changed returns the time of a file's last status change, which no program can set back; the zero time if the system does not tell.
func Changed(info fs.FileInfo) time.Time {
	return status.Changed(info)
}

// UntouchedSince returns a function that reports whether a path below a directory is unchanged since that time: neither it nor a directory above it
// has changed its status since, which no program can set back. It returns false if the system does not tell.
func UntouchedSince(root string, at time.Time) func(name string) bool {
	return status.UntouchedSince(root, at)
}
