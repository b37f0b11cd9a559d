package object

import (
	"context"
	"fmt"
)

// MaxNames is the largest number of names that are collected from trees. Without a limit, a few small trees that contain each other many times
// could stand for so many names that reading them would never end. Git would not end either.
const MaxNames = 100_000

const (
	// maxDiff is the number of names in which two trees may differ.
	maxDiff = MaxNames
	// maxDiffBytes is the total length of those names in bytes.
	maxDiffBytes = 64 << 20
)

// A Walk limits a walk through trees. A few small trees that contain each other many times can stand for more directories than anything can visit,
// and for paths of any length. The zero Walk is ready to use.
type Walk struct{ trees int }

const (
	maxWalked   = 500_000  // the number of trees in one walk, far more than the directories of any repository
	maxTreeSize = 8 << 20  // the size of one tree in bytes, enough for 200,000 names
	maxTreePath = 16 << 10 // the length of a path in bytes, four times what operating systems allow
)

// Enter counts a tree whose path is path. It fails with ErrUnsafe if the walk has visited too many, or if the path is too long.
func (w *Walk) Enter(path string) error {
	if w.trees++; w.trees > maxWalked {
		return fmt.Errorf("%w: they hold more than %d directories", ErrUnsafe, maxWalked)
	}
	if len(path) > maxTreePath {
		return fmt.Errorf("%w: a directory has a path of more than %d bytes", ErrUnsafe, maxTreePath)
	}
	return nil
}

// Diff returns the names of the files in which two trees differ, unsorted. It reads only subtrees that differ. The zero ID stands for the empty
// tree. It fails with ErrUnsafe if there are too many names, or if a limit of Walk is exceeded.
func (o *Store) Diff(ctx context.Context, a, b ID) ([]string, error) {
	d := treeDiff{ctx: ctx, objects: o}
	err := d.compare("", a, b)
	return d.names, err
}

type treeDiff struct {
	ctx     context.Context
	objects *Store
	names   []string
	size    int // the total length of names in bytes
	walk    Walk
}

// differs adds the path of name in the directory path.
func (d *treeDiff) differs(path, name string) {
	name = JoinName(path, name)
	d.size += len(name)
	d.names = append(d.names, name)
}

// compare compares the trees a and b at path. The zero ID stands for the empty tree.
func (d *treeDiff) compare(path string, a, b ID) error {
	if a == b {
		return nil
	}
	if d.ctx.Err() != nil {
		return context.Cause(d.ctx)
	}
	if err := d.walk.Enter(path); err != nil {
		return err
	}
	if len(d.names) > maxDiff || d.size > maxDiffBytes {
		return fmt.Errorf("%w: more than %d paths differ", ErrUnsafe, maxDiff)
	}
	filesA, dirsA, err := d.objects.Entries(a)
	if err != nil {
		return err
	}
	filesB, dirsB, err := d.objects.Entries(b)
	if err != nil {
		return err
	}
	for name, file := range filesA {
		if filesB[name] != file {
			d.differs(path, name)
		}
	}
	for name := range filesB {
		if _, both := filesA[name]; !both {
			d.differs(path, name)
		}
	}
	for name, dir := range dirsA {
		if err := d.compare(JoinName(path, name), dir, dirsB[name]); err != nil {
			return err
		}
	}
	for name, dir := range dirsB {
		if _, both := dirsA[name]; !both {
			if err := d.compare(JoinName(path, name), ID{}, dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// Entries returns the files and the directories of a tree, by name. The zero ID stands for the empty tree. It does not read subtrees.
func (o *Store) Entries(id ID) (files map[string]File, dirs map[string]ID, err error) {
	if id.IsZero() || id.String() == emptyTree {
		return nil, nil, nil
	}
	content, err := o.Tree(id)
	if err == nil && len(content) > maxTreeSize {
		err = fmt.Errorf("%w: it has %d bytes, and a directory has at most %d", ErrUnsafe, len(content), maxTreeSize)
	}
	if err == nil {
		files, dirs, err = parseTree(content)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading the tree %s: %w", id, err)
	}
	return files, dirs, nil
}
