package index

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"unsafe"

	"stopgate/hook/worktree/object"
)

// A Manifest is the index as a tree of directories. A walk of the worktree compares it with the files. It has each name once, with the data to
// compare the file: about 100 bytes for each.
type Manifest struct {
	Slots []Slot
	Dirs  []Dir              // the first is the root
	Full  bool               // true: made by ReadManifest; false: made by ManifestOf, with names only
	Skips bool               // an entry has the skip-worktree bit
	Rules map[string][]Entry // the entries of .gitignore and .gitattributes files, by path
	Tree  CacheTree
}

// A Slot is one tracked file or submodule. All stages of a conflict have one slot.
type Slot struct {
	Name string // the last element of the path
	Next int32  // the index in Slots of the next file in the same directory; -1 for none
	Mode uint32
	Watch
	staged bool // the slot would be part of the tree if the index were committed
	Stat   Stat
	ID     object.ID
}

// A Watch is the way in which a tracked file has to be compared.
type Watch uint8

// The ways to compare a tracked file.
const (
	WatchStat    Watch = iota // by its stat data, and by its content if necessary
	WatchAlways               // unmerged, intent-to-add or a submodule: stat data proves nothing, so it is always examined
	WatchPresent              // skip-worktree in a sparse checkout: only if the file exists
	WatchNever                // assume-unchanged, or skip-worktree without a sparse checkout: git does not look at the file
)

// A Dir is a directory with tracked files in it or below it. Its files are sorted by name. Its directories are sorted as if their names ended in a
// slash, as in the index.
type Dir struct {
	Path      string
	FirstFile int32 // in Slots; -1 for none
	FirstDir  int32 // in Dirs; -1 for none
	NextDir   int32 // the next directory with the same parent, in Dirs; -1 for none
}

// Name returns the last element of the path.
func (d *Dir) Name() string { return object.LastName(d.Path) }

// Expects reports whether git would report the file as deleted if it were missing.
func (w Watch) Expects() bool { return w == WatchStat || w == WatchAlways }

// A manifestBuilder makes a Manifest from names in the order of the index.
type manifestBuilder struct {
	m     Manifest
	open  []openDir // the directories that contain the last name
	chunk []byte    // names are substrings of it
	last  []byte    // the path that was added last
	size  int       // the bytes of names, paths and rule files that are kept
}

// maxKept limits what a Manifest has besides its slots, in bytes. A million files need a tenth of it.
const maxKept = 192 << 20

// check fails if names and directories need more memory than those of any real worktree.
func (b *manifestBuilder) check() error {
	if b.size > maxKept {
		return fmt.Errorf("%w: the paths in the index take more than %d bytes", object.ErrUnsafe, maxKept)
	}
	return nil
}

// openDir is a directory with its last file and its last directory so far; -1 for none.
type openDir struct{ dir, lastFile, lastDir int32 }

func newManifestBuilder(names int) *manifestBuilder {
	b := &manifestBuilder{m: Manifest{Slots: make([]Slot, 0, names)}}
	b.enter("")
	return b
}

func (b *manifestBuilder) enter(path string) {
	n := int32(len(b.m.Dirs))
	b.size += len(path) + int(unsafe.Sizeof(Dir{}))
	b.m.Dirs = append(b.m.Dirs, Dir{Path: path, FirstFile: -1, FirstDir: -1, NextDir: -1})
	if len(b.open) > 0 {
		up := &b.open[len(b.open)-1]
		if up.lastDir < 0 {
			b.m.Dirs[up.dir].FirstDir = n
		} else {
			b.m.Dirs[up.lastDir].NextDir = n
		}
		up.lastDir = n
	}
	b.open = append(b.open, openDir{n, -1, -1})
}

// add adds s under path. If path was also added last, s is a further stage of the same file.
func (b *manifestBuilder) add(path []byte, s Slot) {
	if len(b.m.Slots) > 0 && bytes.Equal(path, b.last) {
		last := &b.m.Slots[len(b.m.Slots)-1]
		last.Watch, last.staged = WatchAlways, false
		return
	}
	b.last = append(b.last[:0], path...)
	at := 0
	for { // leave the directories that do not contain path
		dir := b.m.Dirs[b.open[len(b.open)-1].dir].Path
		if dir == "" {
			break
		}
		if len(path) > len(dir) && path[len(dir)] == '/' && string(path[:len(dir)]) == dir {
			at = len(dir) + 1
			break
		}
		b.open = b.open[:len(b.open)-1]
	}
	for { // enter the other directories that contain it
		slash := bytes.IndexByte(path[at:], '/')
		if slash < 0 {
			break
		}
		at += slash + 1
		b.enter(string(path[:at-1]))
	}
	n := int32(len(b.m.Slots))
	in := &b.open[len(b.open)-1]
	if in.lastFile < 0 {
		b.m.Dirs[in.dir].FirstFile = n
	} else {
		b.m.Slots[in.lastFile].Next = n
	}
	in.lastFile = n
	s.Name, s.Next = b.keep(path[at:]), -1
	b.m.Slots = append(b.m.Slots, s)
}

// keep copies a name. Many names share one allocation.
func (b *manifestBuilder) keep(name []byte) string {
	b.size += len(name)
	if cap(b.chunk)-len(b.chunk) < len(name) {
		b.chunk = make([]byte, 0, max(64<<10, len(name)))
	}
	at := len(b.chunk)
	b.chunk = append(b.chunk, name...) // the chunk has enough room, so it does not move and earlier names stay valid
	return unsafe.String(unsafe.SliceData(b.chunk[at:]), len(name))
}

// ReadManifest reads the whole index. sparse is the value of core.sparseCheckout.
func ReadManifest(ctx context.Context, x *File, sparse bool) (*Manifest, error) {
	b := newManifestBuilder(int(min(int64(x.Count), x.size/entryFixed)))
	b.m.Full, b.m.Rules = true, map[string][]Entry{}
	tree, err := x.Each(func(e *Entry) bool {
		b.addEntry(e, sparse)
		switch object.LastName(string(e.Name)) {
		case ".gitignore", ".gitattributes":
			b.size += len(e.Name) + entryFixed
			b.m.Rules[string(e.Name)] = append(b.m.Rules[string(e.Name)], e.Clone())
		}
		return b.check() == nil && ctx.Err() == nil
	})
	if err == nil {
		err = b.check()
	}
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	b.m.Tree = tree
	return &b.m, err
}

// ManifestOf returns a Manifest with names only. They must be sorted as in the index.
func ManifestOf(names iter.Seq[[]byte]) *Manifest {
	b := newManifestBuilder(0)
	for name := range names {
		if len(name) > 0 {
			b.add(name, Slot{})
		}
	}
	return &b.m
}

// addEntry adds an entry of the index.
func (b *manifestBuilder) addEntry(e *Entry, sparse bool) {
	s := Slot{Mode: e.Mode(), Stat: e.Stat(), ID: e.ID(), staged: true}
	b.m.Skips = b.m.Skips || e.Has(SkipWorktree)
	switch {
	case e.Stage() > 0, e.Has(IntentToAdd):
		s.Watch, s.staged = WatchAlways, false
	case e.Has(AssumeValid), e.Has(SkipWorktree) && !sparse:
		s.Watch = WatchNever
	case e.Has(SkipWorktree):
		s.Watch = WatchPresent
	case s.Mode == object.ModeSubmodule:
		s.Watch = WatchAlways
	}
	b.add(e.Name, s)
}

// Path returns the path of the slot s in the directory dir.
func (m *Manifest) Path(dir int32, s *Slot) string { return object.JoinName(m.Dirs[dir].Path, s.Name) }

// Below calls yield with every slot in dir and in the directories below it.
func (m *Manifest) Below(dir int32, yield func(dir int32, s *Slot)) {
	for n := m.Dirs[dir].FirstFile; n >= 0; n = m.Slots[n].Next {
		yield(dir, &m.Slots[n])
	}
	for n := m.Dirs[dir].FirstDir; n >= 0; n = m.Dirs[n].NextDir {
		m.Below(n, yield)
	}
}

// Find returns the slot called name in dir. It returns nil if there is none.
func (m *Manifest) Find(dir int32, name string) *Slot {
	for n := m.Dirs[dir].FirstFile; n >= 0; n = m.Slots[n].Next {
		if m.Slots[n].Name == name {
			return &m.Slots[n]
		}
	}
	return nil
}
