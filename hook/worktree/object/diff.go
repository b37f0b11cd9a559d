package object

import (
	"context"
	"fmt"
)

// maxDiff bounds the names in which two trees differ.
const maxDiff = 100_000

// Diff returns the names of the files in which two trees differ, in no order. It reads only the trees that do. Zero is the empty tree.
func (o *Store) Diff(ctx context.Context, a, b ID) ([]string, error) {
	d := treeDiff{ctx: ctx, objects: o}
	err := d.compare("", a, b)
	return d.names, err
}

type treeDiff struct {
	ctx     context.Context
	objects *Store
	names   []string
}

// compare goes below path; a zero hash is an empty tree.
func (d *treeDiff) compare(path string, a, b ID) error {
	if a == b {
		return nil
	}
	if d.ctx.Err() != nil {
		return context.Cause(d.ctx)
	}
	if len(d.names) > maxDiff {
		return fmt.Errorf("more than %d paths differ", maxDiff)
	}
	filesA, dirsA, err := d.read(a)
	if err != nil {
		return err
	}
	filesB, dirsB, err := d.read(b)
	if err != nil {
		return err
	}
	for name, file := range filesA {
		if filesB[name] != file {
			d.names = append(d.names, JoinName(path, name))
		}
	}
	for name := range filesB {
		if _, both := filesA[name]; !both {
			d.names = append(d.names, JoinName(path, name))
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

func (d *treeDiff) read(id ID) (files map[string]File, dirs map[string]ID, err error) {
	if id.IsZero() || id.String() == EmptyTree {
		return nil, nil, nil
	}
	content, err := d.objects.Tree(id)
	if err == nil {
		files, dirs, err = ParseTree(content)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading the tree %s: %w", id, err)
	}
	return files, dirs, nil
}
