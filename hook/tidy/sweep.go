package tidy

import (
	"context"
	"fmt"
	"os"
	"time"

	"stopgate/hook/artifact"
	"stopgate/hook/artifact/trash"
	"stopgate/hook/cleanup"
	"stopgate/hook/quote"
	"stopgate/hook/worktree"
)

// Sweeper removes artifacts of worktrees on this machine.
type Sweeper struct {
	// Env configures git, in the form of os.Environ; nil means the environment of the process.
	Env []string
	// Trash returns the folder of the trash beside the journal of key.
	Trash func(key string) (string, error)
	// Now is the clock.
	Now func() time.Time
}

// Sweep removes the artifacts of a plan. It reads the index again to see what is tracked. What git does not ignore goes to the trash, and stays if
// it does not fit there.
func (w Sweeper) Sweep(ctx context.Context, s cleanup.Sweeping) (artifact.Result, error) {
	fail := func(err error) (artifact.Result, error) {
		return artifact.Result{}, fmt.Errorf("cleaning up %q: %w", s.Place.Root, err)
	}
	tree, err := worktree.Open(ctx, s.Place, worktree.Options{Env: w.Env})
	if err != nil {
		return fail(err)
	}
	defer func() { _ = tree.Close() }() // nothing was written
	root, err := os.OpenRoot(s.Place.Root)
	if err != nil {
		return fail(err)
	}
	defer root.Close()
	paths := quote.Each(s.Plan.Remove, func(r artifact.Removal) string { return r.Path })
	folder, err := w.Trash(s.Key)
	if err != nil {
		return fail(err)
	}
	return artifact.Sweep(ctx, root, s.Plan, artifact.Options{
		DryRun: s.DryRun, Tracked: tree.Tracks(ctx, paths), Trash: &trash.Folder{Path: folder, ID: s.ID, Worktree: s.Place.Root, Now: w.Now()},
	}), nil
}
