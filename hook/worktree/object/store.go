// Package object reads a repository's objects: commits, trees, small blobs, and the differences between trees. It inflates objects and follows
// delta chains itself, within limits. It is the only package that imports go-git, to apply a delta, and for the types of objects and their names.
// It also defines names and modes of files as git stores them.
package object

import (
	"cmp"
	"crypto/sha1"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"stopgate/hook/worktree/gitdir"
)

// ID is the name of an object, a SHA-1. The zero ID means no object.
type ID = plumbing.Hash

// ParseID reads a name of 40 hexadecimal digits. It returns false for any other text.
func ParseID(text string) (ID, bool) {
	if len(text) != 2*len(ID{}) || !plumbing.IsHash(text) {
		return ID{}, false
	}
	return plumbing.NewHash(text), true
}

// Store reads commits, trees and small blobs of a repository and its alternates. It opens a file only when it needs it. It is not safe for
// concurrent use.
type Store struct {
	dir   string
	dirs  []string // dir and its alternates; nil until they are read
	packs []*pack  // the packs in all dirs; nil until they are listed
	trees map[ID][]byte
	held  int // the number of bytes in trees
	// room is the number of bytes that may still be inflated. Every read uses it, also of the same object again, and every delta in a chain.
	room int64
}

const (
	maxTreesHeld  = 32 << 20 // the size of the cached trees in bytes
	maxInflated   = 1 << 30  // the number of bytes that one Store inflates in total
	maxAlternates = 64
	maxNesting    = 5 // how many alternates may follow from each other; git's own limit
)

// errNoObject means that the object is neither loose nor in a pack, here or in an alternate. In a partial clone it may be missing.
var errNoObject = errors.New("the object is not there")

// ErrUnsafe means that an object, or what refers to it, is made to deceive its reader or to exhaust memory: its content does not match its name, or
// it has more of something than any real repository. Callers should not ask git instead, because git would fail as well.
var ErrUnsafe = errors.New("its objects cannot be trusted")

// Open returns a store for the repository with that common git directory. It opens no file yet.
func Open(commonDir string) *Store {
	return &Store{dir: filepath.Join(commonDir, "objects"), trees: map[ID][]byte{}, room: maxInflated}
}

// Close closes the packs that were opened.
func (o *Store) Close() {
	for _, p := range o.packs {
		p.close()
	}
}

// CommitTree returns the name of a commit's tree.
func (o *Store) CommitTree(id ID) (ID, error) {
	c, err := o.Commit(id)
	return c.Tree, err
}

// TreeOf returns id if it is the name of a tree. If it is the name of a commit, it returns the commit's tree.
func (o *Store) TreeOf(id ID) (ID, error) {
	kind, _, err := o.find(id)
	if err == nil && kind == plumbing.TreeObject {
		return id, nil
	}
	return o.CommitTree(id)
}

// Blob returns the content of a blob.
func (o *Store) Blob(id ID) ([]byte, error) { return o.read(id, plumbing.BlobObject) }

// File returns the file called name in the tree root. It returns the zero File if there is no such file, or if name is a directory.
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

// Tree returns the content of a tree object, and caches it. Callers must not change it.
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

// read returns the content of an object. It fails if the object has another type than want.
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

// find returns an object. It fails with ErrUnsafe if the content does not match the name. Git checks this only for some types of objects
// (git-fsck(1)). A copy that is damaged does not count if there is a good one elsewhere.
func (o *Store) find(id ID) (plumbing.ObjectType, []byte, error) {
	var damaged error
	for read, err := range o.copies(id) {
		var kind plumbing.ObjectType
		var content []byte
		if err == nil {
			kind, content, err = read()
		}
		switch {
		case err == nil && nameOf(kind, content) == id:
			return kind, content, nil
		case err == nil:
			err = fmt.Errorf("%w: the content of %s is not what its name says", ErrUnsafe, id)
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, errNoObject):
			continue
		}
		damaged = cmp.Or(damaged, err)
	}
	return plumbing.InvalidObject, nil, cmp.Or(damaged, errNoObject)
}

// nameOf returns the name that git gives to an object with that type and content.
func nameOf(kind plumbing.ObjectType, content []byte) ID {
	h := sha1.New()
	_, _ = fmt.Fprintf(h, "%s %d\x00", kind, len(content)) // writing to a hash does not fail
	h.Write(content)
	return ID(h.Sum(nil))
}

// copies yields what reads an object from each place where it may be: the repository's loose objects, then all packs, then the alternates' loose
// objects. It yields an error if the packs and alternates cannot be listed.
func (o *Store) copies(id ID) iter.Seq2[func() (plumbing.ObjectType, []byte, error), error] {
	return func(yield func(func() (plumbing.ObjectType, []byte, error), error) bool) {
		loose := func(dir string) bool {
			return yield(func() (plumbing.ObjectType, []byte, error) { return readLoose(dir, id, &o.room) }, nil)
		}
		if !loose(o.dir) {
			return
		}
		if err := o.open(); err != nil {
			yield(nil, err)
			return
		}
		for _, p := range o.packs {
			if !yield(func() (plumbing.ObjectType, []byte, error) { return p.read(id, &o.room) }, nil) {
				return
			}
		}
		for _, dir := range o.dirs[1:] {
			if !loose(dir) {
				return
			}
		}
	}
}

// open resolves the alternates and lists the packs. Later calls do nothing.
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

// alternates appends dir and its alternates to dirs (gitrepository-layout(5), "objects/info/alternates"). It skips a directory that dirs already
// has.
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
			continue // git ignores such a line too
		}
		if dirs, err = alternates(dirs, other, depth+1); err != nil {
			return nil, err
		}
	}
	return dirs, nil
}
