//go:build !linux || (!amd64 && !arm64)

package worktree

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A walkRoot opens directories below the top of a work tree. os.Root keeps it
// inside; that no element of a path is a symbolic link is checked before.
type walkRoot struct{ root *os.Root }

func openWalkRoot(path string) (walkRoot, error) {
	root, err := os.OpenRoot(path)
	return walkRoot{root}, err
}

func (r walkRoot) close() { _ = r.root.Close() }

var errLink = errors.New("a symbolic link took the place of a directory")

// open opens the directory at path, "" for the root itself.
func (r walkRoot) open(path string) (folder, error) {
	if path == "" {
		path = "."
	}
	for i := range len(path) + 1 {
		if i < len(path) && path[i] != '/' {
			continue
		}
		info, err := r.root.Lstat(filepath.FromSlash(path[:i]))
		if err != nil {
			return folder{}, err
		}
		if !info.IsDir() {
			return folder{}, errLink
		}
	}
	sub, err := r.root.OpenRoot(filepath.FromSlash(path))
	return folder{sub}, err
}

// A folder is an open directory.
type folder struct{ root *os.Root }

func (f folder) close() { _ = f.root.Close() }

// A listing is the content of one directory. It is reused: its names are good
// until the next list.
type listing struct{ items []item }

// list reads the whole directory, without "." and "..", in no order.
func (f folder) list(l *listing) error {
	l.items = l.items[:0]
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
			l.items = append(l.items, item{name: e.Name(), kind: kindOf(e.Type())})
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

func kindOf(mode fs.FileMode) kind {
	switch {
	case mode.IsDir():
		return kindDir
	case mode.IsRegular():
		return kindFile
	case mode&fs.ModeSymlink != 0:
		return kindLink
	}
	return kindOther
}

// stat looks at one item of f.
func (f folder) stat(it item) (fileStat, error) {
	info, err := f.root.Lstat(it.name)
	if err != nil {
		return fileStat{}, err
	}
	return statFrom(info), nil
}

func statFrom(info fs.FileInfo) fileStat {
	st := fileStat{
		kind: kindOf(info.Mode()), executable: info.Mode()&0o100 != 0, size: info.Size(),
		mtimeSec: info.ModTime().Unix(), mtimeNsec: int64(info.ModTime().Nanosecond()),
	}
	if s, ok := statOf(info); ok {
		st.system = true
		st.ctimeSec, st.ctimeNsec, st.ino, st.dev = s.ctimeSec, s.ctimeNsec, s.ino, s.dev
	}
	return st
}

// A mount tells a directory that something is mounted on from its parent.
type mount struct{ device uint64 }

// mount identifies the mount that the directory is on, where the system tells.
func (f folder) mount() (mount, error) {
	info, err := f.root.Stat(".")
	if err != nil {
		return mount{}, err
	}
	s, _ := statOf(info)
	return mount{device: s.dev}, nil
}

// open opens a regular file in f for reading.
func (f folder) open(name string) (openFile, error) {
	before, err := f.root.Lstat(name)
	if err != nil {
		return openFile{}, err
	}
	if !before.Mode().IsRegular() {
		return openFile{}, errMoving
	}
	file, err := f.root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return openFile{}, err
	}
	if after, err := file.Stat(); err != nil || !os.SameFile(before, after) {
		_ = file.Close()
		return openFile{}, errMoving
	}
	return openFile{file}, nil
}

// readLink returns where a symbolic link in f points.
func (f folder) readLink(name string) (string, error) { return f.root.Readlink(name) }

// An openFile reads a file.
type openFile struct{ *os.File }

func (o openFile) close() { _ = o.Close() }

func (o openFile) stat() (fileStat, error) {
	info, err := o.Stat()
	if err != nil {
		return fileStat{}, err
	}
	return statFrom(info), nil
}

// isLink reports that a symbolic link stands where a directory was expected.
func isLink(err error) bool { return errors.Is(err, errLink) }
