package worktree

import (
	"context"
	"fmt"
)

// Options say what surrounds the repository. The zero value takes it from the
// process.
type Options struct {
	// Git is the absolute path of the git binary to ask; "" looks in PATH and
	// does without if it is not there.
	Git string
	// Env is the environment, in the form of os.Environ, by which configuration
	// is found and git is run; nil is that of the process. Of git's own variables
	// only those count that say where configuration stands.
	Env []string
}

// A Tree is an open work tree. It is for one goroutine; what it answers is what
// stands there at that moment.
type Tree struct {
	*repository
	disk *disk
}

// A repository is what surrounds an open work tree.
type repository struct {
	place Place
	env   environment
	set   settings
	// refusal is why git has to be asked about everything; nil where this package
	// reads the repository itself.
	refusal error
}

func openRepository(p Place, o Options) *repository {
	r := &repository{place: p, env: newEnvironment(p.Root, o.Git, o.Env)}
	if r.refusal = r.ownership(); r.refusal == nil {
		r.set, r.refusal = loadSettings(p, r.env)
	}
	return r
}

// Open reads what decides how the work tree at p is to be looked at. It fails when
// the work tree is not there; a repository that this package cannot read is no
// failure, git is asked then.
func Open(ctx context.Context, p Place, o Options) (*Tree, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("opening the work tree %q: %w", p.Root, context.Cause(ctx))
	}
	d, err := newDisk(p.Root)
	if err != nil {
		return nil, fmt.Errorf("opening the work tree %q: %w", p.Root, err)
	}
	return &Tree{openRepository(p, o), d}, nil
}

// Close releases the work tree.
func (t *Tree) Close() error { return t.disk.close() }

// Marks takes down what git's files say now. It reads them itself, and asks git about refs in another format than files and about
// an index that this package does not read. What it cannot see is said in Marks.Incomplete; it fails when ctx ends.
func (t *Tree) Marks(ctx context.Context) (Marks, error) { return marker{t.repository}.take(ctx) }

// Explain fills in what the reflogs tell of changes, which CompareMarks found between before and now: the entries since then, at
// most twenty of each. Where there is no reflog, as of tags and of what was deleted, there is no explanation.
func (t *Tree) Explain(ctx context.Context, before Marks, changes []MarkChange) {
	marker{t.repository}.explain(ctx, before, changes)
}
