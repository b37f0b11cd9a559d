// Package status finds the changes in a worktree, as `git status --porcelain=v1 -z -uall --no-renames` shows them: for claimed paths (Claims), for
// the whole worktree (Scan, Survey), and compared with an earlier state (Snapshot). Nothing is cached on disk.
//
// If it cannot decide about some paths itself (content under a filter, a submodule, ...), it asks git about these paths alone. Without git the result
// for them is Unknown. Names are git's: relative to the root of the worktree, separated by '/', byte strings that need not be UTF-8.
package status

import (
	"context"
	"fmt"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/repository"
)

// A Tree is an open worktree. Its methods describe the present state. It must not be used by several goroutines at a time.
type Tree struct {
	*repository.Repository
	Disk *disk.Tree
}

// Open reads the settings that decide how the worktree at p is read. It fails if the worktree does not exist. It does not fail if this package cannot
// read the repository: git is asked then.
func Open(ctx context.Context, p gitdir.Place, o repository.Options) (*Tree, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("opening the work tree %q: %w", p.Root, context.Cause(ctx))
	}
	d, err := disk.Open(p.Root)
	if err != nil {
		return nil, fmt.Errorf("opening the work tree %q: %w", p.Root, err)
	}
	return &Tree{repository.Open(p, o), d}, nil
}

// Close releases the worktree.
func (t *Tree) Close() error { return t.Disk.Close() }
