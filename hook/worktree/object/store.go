// Package object reads a repository's objects: commits, trees, small blobs and the differences between trees. It is the only package that
// imports go-git, which inflates objects and follows their deltas. Names and modes of files, in git's form, are defined here as well.
package object

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"stopgate/hook/worktree/gitdir"
)

// ID is the name of an object, a SHA-1. Zero means none.
type ID = plumbing.Hash

// ParseID reads 40 hexadecimal digits.
func ParseID(text string) (ID, bool) {
	if len(text) != 2*len(ID{}) || !plumbing.IsHash(text) {
		return ID{}, false
	}
	return plumbing.NewHash(text), true
}

// Store reads commits, trees and small blobs of a repository, including its alternates. Everything is opened only when it is needed.
type Store struct {
	dir   string
	dirs  []string // dir and its alternates, nil until they are read
	packs []*pack  // of all dirs, nil until they are listed
	trees map[ID][]byte
	held  int // bytes in trees
	// room is how many bytes may still be inflated. Reading objects again and again, and deltas on deltas, use it up.
	room int64
}

const (
	maxTreesHeld  = 32 << 20 // bytes of trees that are kept
	maxInflated   = 1 << 30  // bytes that one Store inflates in total
	maxAlternates = 64
	maxNesting    = 5 // of alternates; git's own limit
)

// errNoObject means that the object is in no place where this package looks: a partial clone may not have it.
var errNoObject = errors.New("the object is not there")

// ErrUnsafe means that an object, or what it refers to, is made to deceive its reader or to exhaust its memory: its content does not match its
// name, or there is more of it than in any real repository. Git should not be asked instead, since it would fail as well.
var ErrUnsafe = errors.New("its objects cannot be trusted")

// Open returns a store for the repository with that common git directory. Everything is opened only when it is needed.
func Open(commonDir string) *Store {
	return &Store{dir: filepath.Join(commonDir, "objects"), trees: map[ID][]byte{}, room: maxInflated}
}

// Close closes the packs that were opened.
func (o *Store) Close() {
	for _, p := range o.packs {
		p.close()
	}
}

// CommitTree returns the root tree of a commit.
func (o *Store) CommitTree(id ID) (ID, error) {
	c, err := o.Commit(id)
	return c.Tree, err
}

// TreeOf returns id if it is a tree, and the root tree of a commit.
func (o *Store) TreeOf(id ID) (ID, error) {
	kind, _, err := o.find(id)
	if err == nil && kind == plumbing.TreeObject {
		return id, nil
	}
	return o.CommitTree(id)
}

// Blob returns the content of a blob.
func (o *Store) Blob(id ID) ([]byte, error) { return o.read(id, plumbing.BlobObject) }

// File finds the file name below the tree root. A directory is not a file.
func (o *Store) File(root ID, name string) (File, error) {
	tree := root
	for {
		part, rest, more := strings.Cut(name, "/")
		content, err := o.Tree(tree)
		if err != nil {
			return File{}, err
		}
		mode, id, err := treeEntry(content, part)
		if err != nil {
			return File{}, fmt.Errorf("reading the tree %s: %w", tree, err)
		}
		switch {
		case more && mode == ModeTree:
			tree, name = id, rest
		case more || mode == ModeTree || mode == 0:
			return File{}, nil
		default:
			return File{Mode: mode, Blob: id.String()}, nil
		}
	}
}

// Tree returns the content of a tree object. It caches the content.
func (o *Store) Tree(id ID) ([]byte, error) {
	if content, found := o.trees[id]; found {
		return content, nil
	}
	content, err := o.read(id, plumbing.TreeObject)
	if err != nil {
		return nil, err
	}
	if o.held += len(content); o.held > maxTreesHeld {
		clear(o.trees)
		o.held = len(content)
	}
	o.trees[id] = content
	return content, nil
}

// read returns the content of an object that must be of that type.
func (o *Store) read(id ID, want plumbing.ObjectType) ([]byte, error) {
	kind, content, err := o.find(id)
	if err != nil {
		return nil, fmt.Errorf("reading the %s %s: %w", want, id, err)
	}
	if kind != want {
		return nil, fmt.Errorf("the object %s is a %s, not a %s", id, kind, want)
	}
	return content, nil
}

// find returns an object and checks that its content matches its name. Git checks that only for some kinds of objects (git-fsck(1)).
func (o *Store) find(id ID) (plumbing.ObjectType, []byte, error) {
	kind, content, err := o.look(id)
	if err != nil {
		return plumbing.InvalidObject, nil, err
	}
	if nameOf(kind, content) != id {
		return plumbing.InvalidObject, nil, fmt.Errorf("%w: the content of %s is not what its name says", ErrUnsafe, id)
	}
	return kind, content, nil
}

// nameOf returns the name that git gives to an object.
func nameOf(kind plumbing.ObjectType, content []byte) ID {
	h := sha1.New()
	_, _ = fmt.Fprintf(h, "%s %d\x00", kind, len(content)) // writing to a hash does not fail
	h.Write(content)
	return ID(h.Sum(nil))
}

// look searches the places of objects, in git's order.
func (o *Store) look(id ID) (plumbing.ObjectType, []byte, error) {
	kind, content, err := readLoose(o.dir, id, &o.room)
	if !errors.Is(err, fs.ErrNotExist) {
		return kind, content, err
	}
	if err := o.open(); err != nil {
		return plumbing.InvalidObject, nil, err
	}
	for _, p := range o.packs {
		kind, content, err = p.read(id, &o.room)
		if !errors.Is(err, errNoObject) {
			return kind, content, err
		}
	}
	for _, dir := range o.dirs[1:] {
		kind, content, err = readLoose(dir, id, &o.room)
		if !errors.Is(err, fs.ErrNotExist) {
			return kind, content, err
		}
	}
	return plumbing.InvalidObject, nil, errNoObject
}

// open resolves the alternates and lists the packs.
func (o *Store) open() error {
	if o.dirs != nil {
		return nil
	}
	dirs, err := alternates(nil, o.dir, 0)
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		entries, err := os.ReadDir(filepath.Join(dir, "pack"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, e := range entries {
			if name, found := strings.CutSuffix(e.Name(), ".idx"); found {
				o.packs = append(o.packs, &pack{path: filepath.Join(dir, "pack", name)})
			}
		}
	}
	o.dirs = dirs
	return nil
}

// alternates appends dir and the object directories that it borrows from
// (gitrepository-layout(5), "objects/info/alternates").
func alternates(dirs []string, dir string, depth int) ([]string, error) {
	if slices.Contains(dirs, dir) {
		return dirs, nil
	}
	if depth > maxNesting || len(dirs) == maxAlternates {
		return nil, fmt.Errorf("more than %d alternates, or %d deep", maxAlternates, maxNesting)
	}
	dirs = append(dirs, dir)
	content, err := gitdir.ReadSmall(filepath.Join(dir, "info", "alternates"), gitdir.MaxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return dirs, nil
	}
	if err != nil {
		return nil, err
	}
	for line := range strings.SplitSeq(string(content), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '"' {
			return nil, fmt.Errorf("an alternate that is quoted")
		}
		other, err := filepath.EvalSymlinks(gitdir.Resolve(dir, line))
		if err != nil {
			continue // git continues without it
		}
		if dirs, err = alternates(dirs, other, depth+1); err != nil {
			return nil, err
		}
	}
	return dirs, nil
}
