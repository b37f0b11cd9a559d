package index

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"stopgate/hook/worktree/object"
)

// sha256Size is the size in bytes of an object name in a repository whose object format is SHA-256.
const sha256Size = 32

// Gitlinks returns the names of the submodules in the index at path, at most limit of them. An index that does not exist has none. It also reads
// what File.Each refuses, because it needs only the mode and the name of an entry: a sparse index, a split index together with its shared index,
// and an index with SHA-256 names. It may return a name that a split index removes from the shared one.
func Gitlinks(path string, limit int) ([]string, error) {
	names, shared, err := gitlinksIn(path, limit)
	if err != nil || shared == "" {
		return names, err
	}
	shared = filepath.Join(filepath.Dir(path), "sharedindex."+shared)
	if _, err := os.Stat(shared); err != nil {
		return nil, fmt.Errorf("reading the shared index: %w", err)
	}
	more, _, err := gitlinksIn(shared, limit-len(names))
	return append(names, more...), err
}

// gitlinksIn returns the submodules in one index file. shared is the hash in the name of the shared index if this is a split index, and ""
// otherwise.
func gitlinksIn(path string, limit int) (names []string, shared string, err error) {
	x, err := Open(path)
	if err != nil || x.file == nil {
		return nil, "", err
	}
	defer func() { _ = x.Close() }() // it was only read
	var errs []error
	for _, idSize := range []int{len(object.ID{}), sha256Size} { // the index does not record the object format
		names, shared, err = x.gitlinks(idSize, limit)
		if err == nil || errors.Is(err, object.ErrUnsafe) {
			return names, shared, err
		}
		errs = append(errs, err)
	}
	return nil, "", fmt.Errorf("reading the entries of the index: %w", errors.Join(errs...))
}

func (x *File) gitlinks(idSize, limit int) (names []string, shared string, err error) {
	r, next := x.entries(idSize)
	var e Entry
	for range x.Count {
		if err := next(&e); err != nil {
			return nil, "", err
		}
		if e.Mode() != object.ModeSubmodule || len(e.Name) == 0 { // a split index has no name in an entry that replaces one of the shared index
			continue
		}
		if names = append(names, string(e.Name)); len(names) >= limit {
			return names, "", nil
		}
	}
	if err := r.fill(8 + idSize); err != nil {
		return nil, "", err
	}
	if len(r.buf) >= 8+idSize && string(r.buf[:4]) == "link" { // git writes this extension first
		shared = hex.EncodeToString(r.buf[8 : 8+idSize])
	}
	return names, shared, nil
}
