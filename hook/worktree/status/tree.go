// Package status finds the changes in a work tree, as `git status --porcelain=v1 -z -uall --no-renames` would: for claimed paths (Claims), for the
// whole tree (Scan, Survey), and compared with an earlier state (Snapshot). Nothing is cached on disk.
//
// If it cannot decide by itself (content under a filter, a submodule, ...), it asks git about these paths alone. Without git the result is Unknown.
// Names are git's: relative to the top of the work tree, separated by '/', byte strings that need not be UTF-8.
package status

import (
	"context"
	"fmt"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/repository"
)

// A Tree is an open work tree. Only one goroutine may use it. Its answers are about the present moment.
type Tree struct {
	*repository.Repository
	Disk *disk.Tree
}

// Open reads what decides how the work tree at p is to be looked at. It fails when
// the work tree is not there; a repository that this package cannot read is no
// failure, git is asked then.
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

// Close releases the work tree.
func (t *Tree) Close() error { return t.Disk.Close() }
