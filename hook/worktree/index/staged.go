package index

import (
	"context"
	"crypto/sha1"
	"fmt"
	"strconv"

	"stopgate/hook/worktree/object"
)

// staging compares the index with HEAD by trees. It hashes each directory of the manifest as the tree that git would write. It reads HEAD's tree
// object only if the hash differs. That takes some milliseconds for 100,000 names. It does not use the cache tree, because any change of the index
// invalidates that.
type staging struct {
	ctx     context.Context
	m       *Manifest
	objects *object.Store
	trees   []object.ID // the trees of the manifest's directories; zero for a directory that git could not write as a tree
	changes []Change
	limit   int
	size    int // the total length of the names in changes, in bytes
	walk    object.Walk
}

// maxStagedBytes limits the total length of the names in changes, in bytes.
const maxStagedBytes = 64 << 20

// A Change is a name whose index entry differs from HEAD.
type Change struct {
	Name  string
	Index object.File // zero if the index has no such entry, or one that cannot be committed (unmerged or intent-to-add)
}

// Staged returns the names whose index entry differs from root, the tree of HEAD. They are unsorted. root is zero on an unborn branch. It fails
// with object.ErrUnsafe if there are more than limit.
func (m *Manifest) Staged(ctx context.Context, objects *object.Store, root object.ID, limit int) ([]Change, error) {
	s := &staging{ctx: ctx, m: m, objects: objects, trees: make([]object.ID, len(m.Dirs)), limit: min(limit, object.MaxNames)}
	for i := len(m.Dirs) - 1; i >= 0; i-- { // a directory comes before its subdirectories, so this hashes the subdirectories first
		s.trees[i] = s.tree(int32(i))
	}
	err := s.compare("", 0, root)
	return s.changes, err
}

// tree returns the name of a directory's tree. It returns zero if the directory has an entry that cannot be committed.
func (s *staging) tree(dir int32) object.ID {
	var body []byte
	whole := true
	s.m.each(dir, func(name string, file *Slot, sub int32) {
		var mode uint32
		var id object.ID
		if file != nil {
			mode, id = file.Mode, file.ID
			whole = whole && file.staged
		} else {
			mode, id = object.ModeTree, s.trees[sub]
			whole = whole && !id.IsZero()
		}
		body = strconv.AppendUint(body, uint64(mode), 8)
		body = append(append(append(body, ' '), name...), 0)
		body = append(body, id[:]...)
	})
	if !whole {
		return object.ID{}
	}
	h := sha1.New()
	h.Write(append(strconv.AppendInt([]byte("tree "), int64(len(body)), 10), 0))
	h.Write(body)
	return object.ID(h.Sum(nil))
}

// each calls yield with the files and directories of dir in the order of a tree object. For a file, sub is -1; for a directory, file is nil.
func (m *Manifest) each(dir int32, yield func(name string, file *Slot, sub int32)) {
	f, d := m.Dirs[dir].FirstFile, m.Dirs[dir].FirstDir
	for f >= 0 || d >= 0 {
		if d < 0 || f >= 0 && object.CompareEntries(m.Slots[f].Name, false, m.Dirs[d].Name(), true) < 0 {
			yield(m.Slots[f].Name, &m.Slots[f], -1)
			f = m.Slots[f].Next
		} else {
			yield(m.Dirs[d].Name(), nil, d)
			d = m.Dirs[d].NextDir
		}
	}
}

var errTooMany = fmt.Errorf("%w: too many names are staged", object.ErrUnsafe)

func (s *staging) differs(name string, index object.File) error {
	if s.size += len(name); len(s.changes) == s.limit || s.size > maxStagedBytes {
		return errTooMany
	}
	s.changes = append(s.changes, Change{name, index})
	return nil
}

// compare finds the differences below path. dir is -1 if the index has nothing there. tree is zero if HEAD has nothing there.
func (s *staging) compare(path string, dir int32, tree object.ID) error {
	if err := s.ctx.Err(); err != nil {
		return context.Cause(s.ctx)
	}
	if dir >= 0 && s.trees[dir] == tree && !tree.IsZero() {
		return nil
	}
	if err := s.walk.Enter(path); err != nil {
		return err
	}
	files, dirs, err := s.objects.Entries(tree)
	if err != nil {
		return err
	}
	if dir >= 0 {
		s.m.each(dir, func(name string, file *Slot, sub int32) {
			switch {
			case err != nil:
			case file == nil:
				err = s.compare(object.JoinName(path, name), sub, dirs[name])
				delete(dirs, name)
			default:
				head, found := files[name]
				delete(files, name)
				var index object.File
				if file.staged {
					index = object.File{Mode: file.Mode, Blob: file.ID.String()}
				}
				if !found || head != index {
					err = s.differs(object.JoinName(path, name), index)
				}
			}
		})
	}
	for name := range files {
		if err == nil {
			err = s.differs(object.JoinName(path, name), object.File{})
		}
	}
	for name, id := range dirs {
		if err == nil {
			err = s.compare(object.JoinName(path, name), -1, id)
		}
	}
	return err
}
