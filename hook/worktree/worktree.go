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

// ErrNoRepository means that the directory lies neither in the worktree of a git repository nor in a bare repository.
var ErrNoRepository = gitdir.ErrNoRepository

// Place has the paths of a worktree and of git's own files for it.
type Place = gitdir.Place

// Options control how a worktree is opened.
type Options = repository.Options

// The other types. The packages that declare them document them.
type (
	// Name is a path as git spells it.
	Name = object.Name
	// LogEntry is one entry of a reflog.
	LogEntry = refs.LogEntry
	// Base is what a worktree is compared with.
	Base = status.Base
	// Change is how a path differs from its base.
	Change = status.Change
	// PathState is what git shows of one path.
	PathState = status.PathState
	// Snapshot is the state of a worktree at one time.
	Snapshot = status.Snapshot
	// Survey has all differences of a worktree from a base.
	Survey = status.Survey
	// Hidden is a file that git does not show because of an ignore rule that is newer than a snapshot.
	Hidden = status.Hidden
	// Held has the differences between a commit and a snapshot.
	Held = status.Held
	// ScanOptions control how a worktree is walked.
	ScanOptions = status.ScanOptions
	// Candidate is a path that may be an artifact: a leftover of a tool.
	Candidate = status.Candidate
	// History has the commits of a repository.
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

// HeadCommit returns the commit of HEAD as its files have it; "" if there is none, or if it is unknown, as in a repository whose refs have another
// format.
func HeadCommit(p Place) string {
	head, err := refs.ReadHead(p)
	if err != nil || head.Commit.IsZero() {
		return ""
	}
	return head.Commit.String()
}

// HasNoCommit reports whether HEAD is a branch without a commit, as in a new repository. It returns false if that is unknown.
func HasNoCommit(p Place) bool {
	head, err := refs.ReadHead(p)
	return err == nil && head.Commit.IsZero()
}

// OpenHistory returns the history of a worktree's repository. Nothing is read before it is needed.
func OpenHistory(p Place, o Options) *History { return history.Open(repository.Open(p, o)) }

// CompareMarks returns the changes between two states of git's own files. See marks.Compare.
func CompareMarks(before, after Marks) []MarkChange { return marks.Compare(before, after) }

// A Tree is an open worktree. Its methods describe the present state. It must not be used by several goroutines at a time. status.Tree documents the
// methods for files, repository.Repository those for the repository.
type Tree struct{ *status.Tree }

// Open reads the settings that decide how the worktree at p is read. It fails if the worktree does not exist. It does not fail if these packages
// cannot read the repository: its methods then ask git.
func Open(ctx context.Context, p Place, o Options) (*Tree, error) {
	t, err := status.Open(ctx, p, o)
	if err != nil {
		return nil, err
	}
	return &Tree{t}, nil
}

// Marks returns the present state of git's own files. It asks git about refs that are not stored as files, and about an index that it cannot read.
// Marks.Incomplete has the reason if something could not be read. It fails when ctx ends.
func (t *Tree) Marks(ctx context.Context) (Marks, error) {
	return marks.Reader{Repository: t.Repository}.Take(ctx)
}

// Distrust returns the reason why git must not be run in the worktree any more; "" if it may be run. before is the state of git's own files when an
// agent was launched. See marks.Reader.Distrust. It runs no program.
func (t *Tree) Distrust(before Marks) string {
	return marks.Reader{Repository: t.Repository}.Distrust(before)
}

// Explain adds evidence from the reflogs to changes that CompareMarks found between before and now: the entries since then, at most twenty for each
// change. Where there is no reflog, as for tags and deleted refs, it adds the times at which the files were written.
func (t *Tree) Explain(ctx context.Context, before Marks, changes []MarkChange) {
	marks.Reader{Repository: t.Repository}.Explain(ctx, before, changes)
}

// Changed returns the time of a file's last status change (ctime), which no program can set back; the zero time if the system does not report it.
func Changed(info fs.FileInfo) time.Time {
	return status.Changed(info)
}

// UntouchedSince returns a function that reports whether a path below root has been unchanged since at: the status (ctime) of the path, and of each
// directory between root and the path, has not changed since then. No program can set that time back. The function returns false if the system does
// not report it.
func UntouchedSince(root string, at time.Time) func(name string) bool {
	return status.UntouchedSince(root, at)
}
