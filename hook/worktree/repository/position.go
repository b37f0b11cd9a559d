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

// A Position is what a work tree is compared with. Objects are named by the repository's own hash.
type Position struct {
	Branch string // the full name of the ref that HEAD leads to, "" when detached
	Commit string // "" when the branch is unborn
	Tree   string // of the commit
	Index  string // identifies the index file; "" if there is none. As long as it is equal, nothing was staged or taken out
}

// Position reads HEAD, with git if this package cannot.
func (t *Repository) Position(ctx context.Context) (Position, error) {
	s, err := t.readPosition()
	if errors.Is(err, object.ErrUnsafe) {
		return Position{}, err
	}
	if err != nil {
		var second error
		if s, second = t.askPosition(ctx); second != nil {
			return Position{}, fmt.Errorf("%w, and %w", err, second)
		}
	}
	s.Index = indexIdentity(t.Place.GitDir)
	return s, nil
}

func (t *Repository) readPosition() (Position, error) {
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

// HeadTree reads HEAD and the tree of its commit; zero if the branch is unborn.
func (t *Repository) HeadTree(o *object.Store) (refs.Head, object.ID, error) {
	h, err := refs.ReadHead(t.Place)
	if err != nil || h.Commit.IsZero() {
		return h, object.ID{}, err
	}
	root, err := o.CommitTree(h.Commit)
	return h, root, err
}

// IndexPath returns the path of the work tree's index.
func (t *Repository) IndexPath() string { return filepath.Join(t.Place.GitDir, "index") }

func (t *Repository) askPosition(ctx context.Context) (Position, error) {
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

// indexIdentity returns the size and the time of the index file, which git replaces at every change; "" if there is none.
func indexIdentity(gitDir string) string {
	info, err := os.Stat(filepath.Join(gitDir, "index"))
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano())
}
