package worktree

import (
	"bytes"
	"context"
	"iter"
	"strings"
	"unsafe"
)

// A manifest is the index as a tree of directories, to walk the work tree with.
// It holds each name once and what a look at the file is compared with, about 90
// bytes for each.
type manifest struct {
	slots []slot
	dirs  []manifestDir           // the first is the root
	full  bool                    // the slots hold more than names
	skips bool                    // there are skip-worktree entries
	rules map[string][]indexEntry // the entries of .gitignore and .gitattributes files, by path
	tree  cacheTree
}

// A slot is one tracked name. Conflicting stages of a name share one.
type slot struct {
	name string // the last element of the path
	next int32  // the next file of the same directory, -1 for none
	mode uint32
	watch
	staged  bool // the slot is part of the tree that the index would be committed as
	smudged bool // git does not trust the stat data

	size, mtimeSec, mtimeNsec, ctimeSec, ctimeNsec, ino uint32
	id                                                  objectID
}

// A watch says how closely a tracked name has to be looked at.
type watch uint8

const (
	watchStat    watch = iota // its stat data and content tell
	watchAlways               // unmerged, to be added, a submodule: no file to compare with
	watchPresent              // skip-worktree in a sparse checkout: only if it is there
	watchNever                // skip-worktree or assume-unchanged: whatever stands there
)

// A manifestDir is a directory with tracked files below. Its files are in the
// order of their names, its directories in that of their names with a slash, as in
// the index.
type manifestDir struct {
	path      string
	firstFile int32 // in slots, -1 for none
	firstDir  int32 // in dirs, -1 for none
	nextDir   int32 // its next sibling, -1 for none
}

// name is the last element of the path.
func (d *manifestDir) name() string { return lastName(d.path) }

// A manifestBuilder takes names in the order of the index.
type manifestBuilder struct {
	m     manifest
	open  []openDir // the directories that hold the last name
	chunk []byte    // names are cut from it
	last  []byte    // the last name
}

// openDir has the ends of the lists of a manifestDir.
type openDir struct{ dir, lastFile, lastDir int32 }

func newManifestBuilder(names int) *manifestBuilder {
	b := &manifestBuilder{m: manifest{slots: make([]slot, 0, names)}}
	b.enter("")
	return b
}

func (b *manifestBuilder) enter(path string) {
	n := int32(len(b.m.dirs))
	b.m.dirs = append(b.m.dirs, manifestDir{path: path, firstFile: -1, firstDir: -1, nextDir: -1})
	if len(b.open) > 0 {
		up := &b.open[len(b.open)-1]
		if up.lastDir < 0 {
			b.m.dirs[up.dir].firstDir = n
		} else {
			b.m.dirs[up.lastDir].nextDir = n
		}
		up.lastDir = n
	}
	b.open = append(b.open, openDir{n, -1, -1})
}

// add puts s under path. A path that was the last one, too, is another stage of it.
func (b *manifestBuilder) add(path []byte, s slot) {
	if len(b.m.slots) > 0 && bytes.Equal(path, b.last) {
		last := &b.m.slots[len(b.m.slots)-1]
		last.watch, last.staged = watchAlways, false
		return
	}
	b.last = append(b.last[:0], path...)
	at := 0
	for { // leave the directories that path is not in
		dir := b.m.dirs[b.open[len(b.open)-1].dir].path
		if dir == "" {
			break
		}
		if len(path) > len(dir) && path[len(dir)] == '/' && string(path[:len(dir)]) == dir {
			at = len(dir) + 1
			break
		}
		b.open = b.open[:len(b.open)-1]
	}
	for { // enter those that it is in
		slash := bytes.IndexByte(path[at:], '/')
		if slash < 0 {
			break
		}
		at += slash + 1
		b.enter(string(path[:at-1]))
	}
	n := int32(len(b.m.slots))
	in := &b.open[len(b.open)-1]
	if in.lastFile < 0 {
		b.m.dirs[in.dir].firstFile = n
	} else {
		b.m.slots[in.lastFile].next = n
	}
	in.lastFile = n
	s.name, s.next = b.keep(path[at:]), -1
	b.m.slots = append(b.m.slots, s)
}

// keep copies a name. Many share one allocation.
func (b *manifestBuilder) keep(name []byte) string {
	if cap(b.chunk)-len(b.chunk) < len(name) {
		b.chunk = make([]byte, 0, max(64<<10, len(name)))
	}
	at := len(b.chunk)
	b.chunk = append(b.chunk, name...) // never moves: what was cut from it stays
	return unsafe.String(unsafe.SliceData(b.chunk[at:]), len(name))
}

// readManifest reads the whole index. sparse is core.sparseCheckout.
func readManifest(ctx context.Context, x *indexFile, sparse bool) (*manifest, error) {
	b := newManifestBuilder(int(min(x.count, 1<<20)))
	b.m.full, b.m.rules = true, map[string][]indexEntry{}
	tree, err := x.each(func(e *indexEntry) bool {
		b.addEntry(e, sparse)
		switch lastName(string(e.name)) {
		case ".gitignore", ".gitattributes":
			b.m.rules[string(e.name)] = append(b.m.rules[string(e.name)], e.clone())
		}
		return ctx.Err() == nil
	})
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	b.m.tree = tree
	return &b.m, err
}

// manifestOf has names only, which are sorted.
func manifestOf(names iter.Seq[[]byte]) *manifest {
	b := newManifestBuilder(0)
	for name := range names {
		if len(name) > 0 {
			b.add(name, slot{})
		}
	}
	return &b.m
}

// addEntry adds an entry of the index.
func (b *manifestBuilder) addEntry(e *indexEntry, sparse bool) {
	s := slot{mode: e.mode(), size: e.size(), ino: e.ino(), id: e.id(), staged: true}
	s.mtimeSec, s.mtimeNsec = e.mtime()
	s.ctimeSec, s.ctimeNsec = e.ctime()
	b.m.skips = b.m.skips || e.has(flagSkipWorktree)
	s.smudged = s.size == 0 && s.id.String() != emptyBlob
	switch {
	case e.stage() > 0, e.has(flagIntentToAdd):
		s.watch, s.staged = watchAlways, false
	case e.has(flagAssumeValid), e.has(flagSkipWorktree) && !sparse:
		s.watch = watchNever
	case e.has(flagSkipWorktree):
		s.watch = watchPresent
	case s.mode == modeSubmodule:
		s.watch = watchAlways
	}
	b.add(e.name, s)
}

// path is that of a slot in dir.
func (m *manifest) path(dir int32, s *slot) string { return joinName(m.dirs[dir].path, s.name) }

// below calls yield with every slot in dir and below it.
func (m *manifest) below(dir int32, yield func(dir int32, s *slot)) {
	for n := m.dirs[dir].firstFile; n >= 0; n = m.slots[n].next {
		yield(dir, &m.slots[n])
	}
	for n := m.dirs[dir].firstDir; n >= 0; n = m.dirs[n].nextDir {
		m.below(n, yield)
	}
}

// find returns the slot of a name in dir, nil if there is none.
func (m *manifest) find(dir int32, name string) *slot {
	for n := m.dirs[dir].firstFile; n >= 0; n = m.slots[n].next {
		if m.slots[n].name == name {
			return &m.slots[n]
		}
	}
	return nil
}

// joinName is the path of name in dir, which is "" for the top.
func joinName(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// lastName is the last element of a path.
func lastName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// compareDirs orders the names of directories.
func compareDirs(a, b string) int { return compareEntries(a, true, b, true) }
