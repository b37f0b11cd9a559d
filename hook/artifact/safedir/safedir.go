// Package safedir opens directories so that no change meanwhile leads to another place: not through a symbolic link, and not into a mounted file
// system. What is done in an opened directory is done in that one, whatever stands at its path by then.
package safedir

import (
	"errors"
	"io/fs"
	"os"
)

var (
	// ErrChanged means that something else stands at a name than what was looked at before.
	ErrChanged = errors.New("it changed while it was looked at")
	// ErrLink means that a symbolic link stands at the name of a directory.
	ErrLink = errors.New("it is a symbolic link")
	// ErrMount means that a directory is on another file system than the one around it, or that is unknown.
	ErrMount = errors.New("it is on another file system, or that is unknown")
)

// Dir is an open directory: Root to reach its entries, File to read their names. Place is where it is mounted.
type Dir struct {
	Root  *os.Root
	File  *os.File
	Place Place
}

// New returns the directory that root is open on, and takes root over: it is closed with the directory, and if New fails.
func New(root *os.Root) (Dir, error) {
	file, err := root.Open(".")
	if err != nil {
		_ = root.Close()
		return Dir{}, err
	}
	d := Dir{Root: root, File: file}
	if d.Place, err = placeOf(file); err != nil {
		d.Close()
		return Dir{}, ErrMount
	}
	return d, nil
}

// Close closes the directory.
func (d Dir) Close() {
	_ = d.File.Close()
	_ = d.Root.Close()
}

// Has reports whether something exists at the name, which may have several elements.
func (d Dir) Has(name string) bool {
	_, err := d.Root.Lstat(name)
	return err == nil
}

// Open opens the directory name, one element, in d. os.Root would follow a symbolic link to another place in the tree. So before and after opening,
// the name must stand for the opened directory. It must be mounted where d is. opening is called before the directory is opened, if it is not nil.
func (d Dir) Open(name string, opening func()) (Dir, error) {
	info, err := d.Root.Lstat(name)
	switch {
	case err != nil:
		return Dir{}, err
	case info.Mode()&fs.ModeSymlink != 0:
		return Dir{}, ErrLink
	case !info.IsDir():
		return Dir{}, ErrChanged
	}
	if opening != nil {
		opening()
	}
	// With the dot the name is opened only as a directory: a named pipe cannot block the open.
	root, err := d.Root.OpenRoot(name + "/.")
	if err != nil {
		if still, gone := d.Root.Lstat(name); gone == nil && !SameDir(info, still) {
			err = ErrChanged
		}
		return Dir{}, err
	}
	inner, err := New(root)
	if err != nil {
		return Dir{}, err
	}
	if err := d.check(name, info, inner); err != nil {
		inner.Close()
		return Dir{}, err
	}
	return inner, nil
}

// check returns an error if the opened directory is not the one that was looked at, not the one at the name now, or mounted elsewhere.
func (d Dir) check(name string, info fs.FileInfo, inner Dir) error {
	opened, err := inner.File.Stat()
	if err != nil {
		return err
	}
	still, err := d.Root.Lstat(name)
	switch {
	case err != nil:
		return err
	case !SameDir(info, opened) || !SameDir(still, opened):
		return ErrChanged
	case inner.Place != d.Place:
		return ErrMount
	}
	return nil
}

// OpenFile opens the regular file name in d for reading. The error is ErrChanged if it is not the file that info describes any more.
func (d Dir) OpenFile(name string, info fs.FileInfo) (*os.File, error) {
	file, err := d.Root.OpenFile(name, os.O_RDONLY|openPlainly, 0)
	if err != nil {
		return nil, err
	}
	if opened, err := file.Stat(); err != nil || !opened.Mode().IsRegular() || !os.SameFile(info, opened) {
		_ = file.Close()
		return nil, ErrChanged
	}
	return file, nil
}

// SameDir reports whether both are the same directory. It compares the kind as well, because the number of a removed file is soon used again.
func SameDir(a, b fs.FileInfo) bool {
	return a.IsDir() && b.IsDir() && os.SameFile(a, b)
}

// Cause returns an error without the names of the call and of the path, which the message has already.
func Cause(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}
