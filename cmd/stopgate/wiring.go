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
		Observe:     observe,
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

// observe asks the worktree. One that cannot be opened is unknown, path by path, with the reason.
func observe(ctx context.Context, place worktree.Place, paths []string) []worktree.PathState {
	tree, err := worktree.Open(ctx, place, worktree.Options{})
	if err != nil {
		states := make([]worktree.PathState, len(paths))
		for i, path := range paths {
			states[i] = worktree.PathState{Path: path, Change: worktree.Unknown, Reason: err.Error()}
		}
		return states
	}
	defer func() { _ = tree.Close() }() // nothing was written
	return tree.Claims(ctx, paths, worktree.Base{})
}
