//go:build !linux || (!amd64 && !arm64)

package disk

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"stopgate/hook/worktree/gitdir"
)

// A Root opens directories below the top of a worktree. os.Root does not leave that directory. Open also checks that no element of a path is a
// symbolic link.
type Root struct{ root *os.Root }

// OpenRoot opens the directory at path.
func OpenRoot(path string) (Root, error) {
	root, err := os.OpenRoot(path)
	return Root{root}, err
}

// Close releases the directory.
func (r Root) Close() { _ = r.root.Close() }

var errLink = errors.New("a symbolic link took the place of a directory")

// Open opens the directory at path, or the root itself if path is "". It fails if an element of path is a symbolic link.
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

// A Listing is the content of one directory. Its memory is reused: the items are valid until the next call of List with it.
type Listing struct{ Items []Item }

// List reads the whole directory into l, unsorted, without "." and "..".
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

// Stat returns the Stat of an item from the last listing of f.
func (f Folder) Stat(it Item) (Stat, error) {
	info, err := f.root.Lstat(it.Name)
	if err != nil {
		return Stat{}, err
	}
	return StatOf(info), nil
}

// A Mount identifies the mount of a directory. At a mount point it differs from that of the parent directory.
type Mount struct{ device uint64 }

// Mount returns the mount of the directory. If the system does not report the device, all mounts are equal.
func (f Folder) Mount() (Mount, error) {
	info, err := f.root.Stat(".")
	if err != nil {
		return Mount{}, err
	}
	return Mount{device: StatOf(info).dev}, nil
}

// open opens a regular file in f for reading. It fails with ErrMoving for any other file.
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

// An openFile is an open file.
type openFile struct{ *os.File }

func (o openFile) close() { _ = o.Close() }

func (o openFile) stat() (Stat, error) {
	info, err := o.Stat()
	if err != nil {
		return Stat{}, err
	}
	return StatOf(info), nil
}

// isLink reports whether an error means that there is a symbolic link where a directory is expected.
func isLink(err error) bool { return errors.Is(err, errLink) }
