//go:build !linux || (!amd64 && !arm64)

package disk

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"stopgate/hook/worktree/gitdir"
)

// A Root opens directories below the top of a work tree. os.Root keeps it inside. It checks before that no element of a path is a symbolic link.
type Root struct{ root *os.Root }

// OpenRoot opens the directory at path.
func OpenRoot(path string) (Root, error) {
	root, err := os.OpenRoot(path)
	return Root{root}, err
}

// Close releases the directory.
func (r Root) Close() { _ = r.root.Close() }

var errLink = errors.New("a symbolic link took the place of a directory")

// Open opens the directory at path, "" for the root itself.
func (r Root) Open(path string) (Folder, error) {
	if path == "" {
		path = "."
	}
	for i := range len(path) + 1 {
		if i < len(path) && path[i] != '/' {
			continue
		}
		info, err := r.root.Lstat(filepath.FromSlash(path[:i]))
		if err != nil {
			return Folder{}, err
		}
		if !info.IsDir() {
			return Folder{}, errLink
		}
	}
	sub, err := r.root.OpenRoot(filepath.FromSlash(path))
	return Folder{sub}, err
}

// A Folder is an open directory.
type Folder struct{ root *os.Root }

// Close releases the directory.
func (f Folder) Close() { _ = f.root.Close() }

// A Listing is the content of one directory. It is reused: its names are valid until the next listing.
type Listing struct{ Items []Item }

// List reads the whole directory, without "." and "..", unsorted.
func (f Folder) List(l *Listing) error {
	l.Items = l.Items[:0]
	dir, err := f.root.Open(".")
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	size := 0
	for {
		entries, err := dir.ReadDir(1024)
		for _, e := range entries {
			size += len(e.Name()) + 24
			l.Items = append(l.Items, Item{Name: e.Name(), Kind: kindOf(e.Type())})
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case size > maxListing:
			return errCrowded
		}
	}
}

// Stat returns the Stat of one item of f.
func (f Folder) Stat(it Item) (Stat, error) {
	info, err := f.root.Lstat(it.Name)
	if err != nil {
		return Stat{}, err
	}
	return StatOf(info), nil
}

// A Mount distinguishes a directory that is a mount point from its parent.
type Mount struct{ device uint64 }

// Mount identifies the mount of the directory, if the system has that information.
func (f Folder) Mount() (Mount, error) {
	info, err := f.root.Stat(".")
	if err != nil {
		return Mount{}, err
	}
	return Mount{device: StatOf(info).dev}, nil
}

// open opens a regular file in f for reading.
func (f Folder) open(name string) (openFile, error) {
	before, err := f.root.Lstat(name)
	if err != nil {
		return openFile{}, err
	}
	if !before.Mode().IsRegular() {
		return openFile{}, ErrMoving
	}
	file, err := f.root.OpenFile(name, os.O_RDONLY|gitdir.OpenFlags, 0)
	if err != nil {
		return openFile{}, err
	}
	if after, err := file.Stat(); err != nil || !os.SameFile(before, after) {
		_ = file.Close()
		return openFile{}, ErrMoving
	}
	return openFile{file}, nil
}

// readLink returns the target of a symbolic link in f.
func (f Folder) readLink(name string) (string, error) { return f.root.Readlink(name) }

// An openFile reads a file.
type openFile struct{ *os.File }

func (o openFile) close() { _ = o.Close() }

func (o openFile) stat() (Stat, error) {
	info, err := o.Stat()
	if err != nil {
		return Stat{}, err
	}
	return StatOf(info), nil
}

// isLink reports whether an error means that a symbolic link is in the place of a directory.
func isLink(err error) bool { return errors.Is(err, errLink) }
