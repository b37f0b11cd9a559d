package main

import (
	"context"

	"stopgate/hook"
	"stopgate/hook/journal"
	"stopgate/hook/worktree"
)

// runner ties the judge to this process: its environment, its clock, the files below it.
func (c command) runner() *hook.Runner {
	return &hook.Runner{
		ProjectDir:  c.getenv("CLAUDE_PROJECT_DIR"),
		OpenJournal: c.openJournal,
		Observe:     worktrees{},
		Now:         c.now,
		Log:         c.stderr,
	}
}

func (c command) openJournal(key string) (hook.Journal, error) {
	dir, err := journal.Dir(c.getenv)
	if err != nil {
		return nil, err
	}
	return journal.Open(dir, key)
}

// worktrees looks at the worktrees on this machine.
type worktrees struct{}

// Claims asks the worktree. One that cannot be opened is unknown, path by path, with the reason.
func (worktrees) Claims(ctx context.Context, place worktree.Place, paths []string, base worktree.Base) []worktree.PathState {
	tree, err := worktree.Open(ctx, place, worktree.Options{})
	if err != nil {
		states := make([]worktree.PathState, len(paths))
		for i, path := range paths {
			states[i] = worktree.PathState{Path: path, Change: worktree.Unknown, Reason: err.Error()}
		}
		return states
	}
	defer func() { _ = tree.Close() }() // nothing was written
	return tree.Claims(ctx, paths, base)
}

// Snapshot looks at the whole worktree.
func (worktrees) Snapshot(ctx context.Context, place worktree.Place) (worktree.Snapshot, error) {
	tree, err := worktree.Open(ctx, place, worktree.Options{})
	if err != nil {
		return worktree.Snapshot{}, err
	}
	defer func() { _ = tree.Close() }() // nothing was written
	return tree.Snapshot(ctx)
}
