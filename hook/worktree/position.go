package worktree

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// A position is what a work tree is compared with. Objects have their names in the repository's own hash.
type position struct {
	branch string // the full name of the ref that HEAD leads to, "" when detached
	commit string // "" when the branch is unborn
	tree   string // of the commit
	index  string // see Snapshot.Index
}

// position reads HEAD, with git where this package cannot.
func (t *repository) position(ctx context.Context) (position, error) {
	s, err := t.readPosition()
	if err != nil {
		var second error
		if s, second = t.askPosition(ctx); second != nil {
			return position{}, fmt.Errorf("%w, and %w", err, second)
		}
	}
	s.index = indexIdentity(t.place.GitDir)
	return s, nil
}

func (t *repository) readPosition() (position, error) {
	if err := t.readable(); err != nil {
		return position{}, err
	}
	objects := newObjects(t.place.CommonDir)
	defer objects.close()
	h, root, err := t.headTree(objects)
	if err != nil || h.commit.IsZero() {
		return position{branch: h.symref}, err
	}
	return position{branch: h.symref, commit: h.commit.String(), tree: root.String()}, nil
}

// headTree reads HEAD and the tree of its commit; zero where the branch is unborn.
func (t *repository) headTree(o *objects) (head, objectID, error) {
	h, err := readHead(t.place)
	if err != nil || h.commit.IsZero() {
		return h, objectID{}, err
	}
	root, err := o.commitTree(h.commit)
	return h, root, err
}

// indexPath is the index of the work tree.
func (t *repository) indexPath() string { return filepath.Join(t.place.GitDir, "index") }

func (t *repository) askPosition(ctx context.Context) (position, error) {
	var s position
	var err error
	if s.branch, err = t.env.askLine(ctx, "symbolic-ref", "--quiet", "HEAD"); err != nil {
		return position{}, err
	}
	if s.commit, err = t.env.askLine(ctx, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"); err != nil || s.commit == "" {
		return s, err
	}
	s.tree, err = t.env.askLine(ctx, "rev-parse", "--verify", s.commit+"^{tree}")
	return s, err
}

// indexIdentity is the size and the time of the index file, which git replaces whole at every change; "" where there is none.
func indexIdentity(gitDir string) string {
	info, err := os.Stat(filepath.Join(gitDir, "index"))
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano())
}
