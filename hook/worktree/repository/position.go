package repository

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"stopgate/hook/worktree/object"
	"stopgate/hook/worktree/refs"
)

// A Position is the state that a worktree is compared with. Commit and Tree are hexadecimal, in the repository's object format.
type Position struct {
	Branch string // the full name of the ref that HEAD points to; "" if HEAD is detached
	Commit string // "" if the branch is unborn
	Tree   string // the tree of the commit; "" if the branch is unborn
	Index  string // identifies the state of the index file; "" if there is none. While it is the same, nothing was staged or unstaged
}

// Position reads HEAD. If this package cannot read the repository, it asks git.
func (t *Repository) Position(ctx context.Context) (Position, error) {
	s, err := readPosition(t)
	if errors.Is(err, object.ErrUnsafe) {
		return Position{}, err
	}
	if err != nil {
		var second error
		if s, second = askPosition(ctx, t); second != nil {
			return Position{}, fmt.Errorf("%w, and %w", err, second)
		}
	}
	s.Index = indexIdentity(t.Place.GitDir)
	return s, nil
}

func readPosition(t *Repository) (Position, error) {
	if err := t.Readable(); err != nil {
		return Position{}, err
	}
	objects := object.Open(t.Place.CommonDir)
	defer objects.Close()
	h, root, err := t.HeadTree(objects)
	if err != nil || h.Commit.IsZero() {
		return Position{Branch: h.Symref}, err
	}
	return Position{Branch: h.Symref, Commit: h.Commit.String(), Tree: root.String()}, nil
}

// HeadTree reads HEAD and returns it with the tree of its commit. The tree is zero if the branch is unborn.
func (t *Repository) HeadTree(o *object.Store) (refs.Head, object.ID, error) {
	h, err := refs.ReadHead(t.Place)
	if err != nil || h.Commit.IsZero() {
		return h, object.ID{}, err
	}
	root, err := o.CommitTree(h.Commit)
	return h, root, err
}

// IndexPath returns the path of the worktree's index.
func (t *Repository) IndexPath() string { return filepath.Join(t.Place.GitDir, "index") }

func askPosition(ctx context.Context, t *Repository) (Position, error) {
	var s Position
	var err error
	if s.Branch, err = t.Git.Line(ctx, "symbolic-ref", "--quiet", "HEAD"); err != nil {
		return Position{}, err
	}
	if s.Commit, err = t.Git.Line(ctx, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"); err != nil || s.Commit == "" {
		return s, err
	}
	s.Tree, err = t.Git.Line(ctx, "rev-parse", "--verify", s.Commit+"^{tree}")
	return s, err
}

// indexIdentity returns the size and the modification time of the index file; "" if there is none. Git replaces the file whenever the index
// changes.
func indexIdentity(gitDir string) string {
	info, err := os.Stat(filepath.Join(gitDir, "index"))
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano())
}
