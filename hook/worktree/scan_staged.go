package worktree

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"strconv"
)

// staging compares the index with HEAD, by trees: each directory of the manifest
// is hashed as the tree that git would write, and only where that differs from
// HEAD's is a tree object read. It costs some milliseconds for 100,000 names, and
// nothing is asked of the cache tree, which any change to the index invalidates.
type staging struct {
	ctx     context.Context
	m       *manifest
	objects *objects
	trees   []objectID // of the manifest's directories; zero where it cannot be told
	changes []stagedChange
	limit   int
}

// A stagedChange is a name whose entry in the index differs from HEAD.
type stagedChange struct {
	name  string
	index File // zero where the index has nothing that could be committed
}

// staged returns the names, in no order, whose entry in the index differs from HEAD's tree root,
// which is zero on an unborn branch.
func (m *manifest) staged(ctx context.Context, objects *objects, root objectID, limit int) ([]stagedChange, error) {
	s := &staging{ctx: ctx, m: m, objects: objects, trees: make([]objectID, len(m.dirs)), limit: limit}
	for i := len(m.dirs) - 1; i >= 0; i-- { // what is below comes later in the list
		s.trees[i] = s.tree(int32(i))
	}
	err := s.compare("", 0, root)
	return s.changes, err
}

// tree is the name of a directory's tree.
func (s *staging) tree(dir int32) objectID {
	var body []byte
	whole := true
	s.m.each(dir, func(name string, file *slot, sub int32) {
		var mode uint32
		var id objectID
		if file != nil {
			mode, id = file.mode, file.id
			whole = whole && file.staged
		} else {
			mode, id = modeTree, s.trees[sub]
			whole = whole && !id.IsZero()
		}
		body = strconv.AppendUint(body, uint64(mode), 8)
		body = append(append(append(body, ' '), name...), 0)
		body = append(body, id[:]...)
	})
	if !whole {
		return objectID{}
	}
	h := sha1.New()
	h.Write(append(strconv.AppendInt([]byte("tree "), int64(len(body)), 10), 0))
	h.Write(body)
	return objectID(h.Sum(nil))
}

// each calls yield with the files and directories of dir in the order of a tree.
func (m *manifest) each(dir int32, yield func(name string, file *slot, sub int32)) {
	f, d := m.dirs[dir].firstFile, m.dirs[dir].firstDir
	for f >= 0 || d >= 0 {
		if d < 0 || f >= 0 && compareEntries(m.slots[f].name, false, m.dirs[d].name(), true) < 0 {
			yield(m.slots[f].name, &m.slots[f], -1)
			f = m.slots[f].next
		} else {
			yield(m.dirs[d].name(), nil, d)
			d = m.dirs[d].nextDir
		}
	}
}

var errTooMany = errors.New("too many names are staged")

func (s *staging) differs(name string, index File) error {
	if len(s.changes) == s.limit {
		return errTooMany
	}
	s.changes = append(s.changes, stagedChange{name, index})
	return nil
}

// emptyTree need not be stored anywhere.
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

// compare finds the differences below path. dir is -1 where the index has nothing,
// tree is zero where HEAD has nothing.
func (s *staging) compare(path string, dir int32, tree objectID) error {
	if err := s.ctx.Err(); err != nil {
		return context.Cause(s.ctx)
	}
	if dir >= 0 && s.trees[dir] == tree && !tree.IsZero() {
		return nil
	}
	files, dirs := map[string]File{}, map[string]objectID{}
	if !tree.IsZero() && tree.String() != emptyTree {
		content, err := s.objects.tree(tree)
		if err != nil {
			return err
		}
		if files, dirs, err = parseTree(content); err != nil {
			return fmt.Errorf("reading the tree %s: %w", tree, err)
		}
	}
	var err error
	if dir >= 0 {
		s.m.each(dir, func(name string, file *slot, sub int32) {
			switch {
			case err != nil:
			case file == nil:
				err = s.compare(joinName(path, name), sub, dirs[name])
				delete(dirs, name)
			default:
				head, found := files[name]
				delete(files, name)
				var index File
				if file.staged {
					index = File{Mode: file.mode, Blob: file.id.String()}
				}
				if !found || head != index {
					err = s.differs(joinName(path, name), index)
				}
			}
		})
	}
	for name := range files {
		if err == nil {
			err = s.differs(joinName(path, name), File{})
		}
	}
	for name, id := range dirs {
		if err == nil {
			err = s.compare(joinName(path, name), -1, id)
		}
	}
	return err
}

// parseTree reads a tree object.
func parseTree(content []byte) (map[string]File, map[string]objectID, error) {
	files, dirs := map[string]File{}, map[string]objectID{}
	for len(content) > 0 {
		m, after, ok := bytes.Cut(content, []byte{' '})
		name, rest, ok2 := bytes.Cut(after, []byte{0})
		mode, err := strconv.ParseUint(string(m), 8, 32)
		if !ok || !ok2 || err != nil || len(rest) < len(objectID{}) {
			return nil, nil, errors.New("it is damaged")
		}
		id := objectID(rest[:len(objectID{})])
		if canonical := canonicalMode(uint32(mode)); canonical == modeTree {
			dirs[string(name)] = id
		} else {
			files[string(name)] = File{Mode: canonical, Blob: id.String()}
		}
		content = rest[len(objectID{}):]
	}
	return files, dirs, nil
}

// compareEntries orders names as trees and the index do: that of a directory as if
// it ended in a slash.
func compareEntries(a string, aDir bool, b string, bDir bool) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return after(a, n, aDir) - after(b, n, bDir)
}

// after is what follows the first n bytes of a name.
func after(name string, n int, isDir bool) int {
	switch {
	case n < len(name):
		return int(name[n])
	case isDir:
		return '/'
	}
	return -1
}
