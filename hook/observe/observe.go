// Package observe reads the worktrees on this machine.
package observe

import (
	"context"
	"os"

	"stopgate/hook/artifact"
	"stopgate/hook/inspect"
	"stopgate/hook/worktree"
)

// Worktrees is the inspect.Observer of this machine, and its integration.Git. It opens a worktree for each look, and writes nothing.
type Worktrees struct {
	// Env is the environment of git and its configuration, in the form of os.Environ; nil means that of the process.
	Env []string
	// WithoutGit is the reason why git must not be run; "" if it may. Without git, answers that need it are unknown.
	WithoutGit string
	// Launched returns the state of git's own files when the first agent was launched into a worktree; nil if it is not recorded. It is asked when
	// git is about to be run, as Since would be before. nil lets git run.
	Launched func(ctx context.Context, place worktree.Place) *worktree.Marks
}

// open opens a worktree for one look.
func open[T any](ctx context.Context, place worktree.Place, o worktree.Options, look func(*worktree.Tree) (T, error)) (seen T, err error) {
	tree, err := worktree.Open(ctx, place, o)
	if err != nil {
		return seen, err
	}
	defer func() { _ = tree.Close() }() // nothing was written
	return look(tree)
}

func (w Worktrees) options(ctx context.Context, place worktree.Place) worktree.Options {
	o := worktree.Options{Env: w.Env, WithoutGit: w.WithoutGit}
	if w.Launched != nil {
		o.Distrust = func() string {
			if launched := w.Launched(ctx, place); launched != nil {
				return w.distrust(ctx, place, *launched)
			}
			return ""
		}
	}
	return o
}

// Since forbids git if the settings that decide which programs git runs have changed since the launch. It also forbids git in a worktree that
// cannot be opened.
func (w Worktrees) Since(ctx context.Context, place worktree.Place, launched worktree.Marks) inspect.Observer {
	if why := w.distrust(ctx, place, launched); why != "" {
		w.WithoutGit = why
	}
	return w
}

// distrust returns why git must not be run in a worktree where these were its own files at the launch; "" if it may, or if the worktree cannot be
// opened.
func (w Worktrees) distrust(ctx context.Context, place worktree.Place, launched worktree.Marks) string {
	o := worktree.Options{Env: w.Env, WithoutGit: "it is not known yet whether it would run what it ran at the launch"}
	why, err := open(ctx, place, o, func(tree *worktree.Tree) (string, error) { return tree.Distrust(launched), nil })
	if err != nil {
		return ""
	}
	return why
}

// Claims compares paths with base. If the worktree cannot be opened, every path is unknown, with the reason.
func (w Worktrees) Claims(ctx context.Context, place worktree.Place, paths []string, base worktree.Base) []worktree.PathState {
	states, err := open(ctx, place, w.options(ctx, place), func(tree *worktree.Tree) ([]worktree.PathState, error) { return tree.Claims(ctx, paths, base), nil })
	if err != nil {
		states = make([]worktree.PathState, len(paths))
		for i, path := range paths {
			states[i] = worktree.PathState{Path: path, Change: worktree.Unknown, Reason: err.Error()}
		}
	}
	return states
}

// Survey compares the whole worktree with base. If it cannot be opened, the survey is empty and Incomplete has the reason.
func (w Worktrees) Survey(ctx context.Context, place worktree.Place, base worktree.Base, o worktree.ScanOptions) worktree.Survey {
	survey, err := open(ctx, place, w.options(ctx, place), func(tree *worktree.Tree) (worktree.Survey, error) { return tree.Survey(ctx, base, o), nil })
	if err != nil {
		return worktree.Survey{Incomplete: err.Error()}
	}
	mark(ctx, place, survey.Candidates)
	return survey
}

// mark sets Marked on the candidates whose content is a tool's own output. If the worktree cannot be opened, none is marked.
func mark(ctx context.Context, place worktree.Place, candidates []worktree.Candidate) {
	if len(candidates) == 0 {
		return
	}
	root, err := os.OpenRoot(place.Root)
	if err != nil {
		return
	}
	defer root.Close()
	seen := make([]artifact.Seen, len(candidates))
	for i, c := range candidates {
		seen[i] = artifact.Seen{
			Path: c.Path, Dir: c.Dir, Tracked: c.Tracked, Symlink: c.Symlink, OtherDevice: c.Mount, NestedRepository: c.Repository, Ignored: c.Ignored,
		}
	}
	for i, s := range artifact.Examine(ctx, root, artifact.Rules{}, seen) {
		candidates[i].Marked = s.Marked
	}
}

// Snapshot reads the whole worktree.
func (w Worktrees) Snapshot(ctx context.Context, place worktree.Place, o worktree.ScanOptions) (snapshot worktree.Snapshot, candidates []worktree.Candidate, err error) {
	snapshot, err = open(ctx, place, w.options(ctx, place), func(tree *worktree.Tree) (seen worktree.Snapshot, err error) {
		seen, candidates, err = tree.Snapshot(ctx, o)
		return seen, err
	})
	return snapshot, candidates, err
}

// Marks reads git's own files.
func (w Worktrees) Marks(ctx context.Context, place worktree.Place) (worktree.Marks, error) {
	return open(ctx, place, w.options(ctx, place), func(tree *worktree.Tree) (worktree.Marks, error) { return tree.Marks(ctx) })
}

// Moved reads git's own files, and the reflogs of changed refs.
func (w Worktrees) Moved(ctx context.Context, place worktree.Place, before worktree.Marks) (now worktree.Marks, changes []worktree.MarkChange, err error) {
	now, err = open(ctx, place, w.options(ctx, place), func(tree *worktree.Tree) (worktree.Marks, error) {
		now, err := tree.Marks(ctx)
		if err == nil {
			changes = worktree.CompareMarks(before, now)
			tree.Explain(ctx, before, changes)
		}
		return now, err
	})
	return now, changes, err
}

// FileAt reads a file of a commit of the worktree's repository.
func (w Worktrees) FileAt(ctx context.Context, place worktree.Place, revision, name string, limit int) ([]byte, error) {
	return open(ctx, place, w.options(ctx, place), func(tree *worktree.Tree) ([]byte, error) { return tree.FileAt(ctx, revision, name, limit) })
}

// Held compares a commit with a snapshot.
func (w Worktrees) Held(ctx context.Context, place worktree.Place, commit string, then worktree.Snapshot) (worktree.Held, error) {
	return open(ctx, place, w.options(ctx, place), func(tree *worktree.Tree) (worktree.Held, error) { return tree.Held(ctx, commit, then) })
}

// BranchesWith returns the branches that contain a commit.
func (w Worktrees) BranchesWith(ctx context.Context, place worktree.Place, commit string) ([]string, error) {
	return open(ctx, place, w.options(ctx, place), func(tree *worktree.Tree) ([]string, error) { return tree.BranchesWith(ctx, commit) })
}

// Applied reports whether a branch has the changes of a commit.
func (w Worktrees) Applied(ctx context.Context, place worktree.Place, branch, commit string) (bool, error) {
	return open(ctx, place, w.options(ctx, place), func(tree *worktree.Tree) (bool, error) { return tree.Applied(ctx, branch, commit) })
}

// History returns a reader of the commits in a worktree's repository.
func (w Worktrees) History(place worktree.Place) *worktree.History {
	return worktree.OpenHistory(place, w.options(context.Background(), place))
}
