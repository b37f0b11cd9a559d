package trash

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"stopgate/hook/artifact/safedir"
)

// Error is the reason why an artifact could not be moved to the trash.
type Error struct{ Cause error }

func (e Error) Error() string {
	return "it does not go into the trash: " + safedir.Cause(e.Cause).Error()
}

// ErrSpecial means that an entry is no file, directory or link, and no trash keeps it.
var ErrSpecial = errors.New("it is no file, directory or link")

// Bin receives one artifact: it is moved there whole, or copied entry by entry.
type Bin struct {
	Kept
	trash *os.Root // the folder of its id
	files map[string]fs.FileInfo
	moved bool // it is in the trash already, and is only listed
}

// Bin makes room for the artifact at path, of size bytes. A dry run only reports whether there would be room, and returns nil. The error is an Error.
// The caller finishes with Release.
func (f *Folder) Bin(path string, size int64, dry bool) (*Bin, error) {
	switch {
	case f == nil:
		return nil, Error{Cause: errors.New("there is none")}
	case size > f.limit():
		return nil, Error{Cause: fmt.Errorf("its %d bytes are more than the %d that it holds", size, f.limit())}
	case dry:
		return nil, nil
	}
	b, err := f.open(path, size)
	if err != nil {
		return nil, Error{Cause: err}
	}
	return b, nil
}

func (f *Folder) open(path string, size int64) (*Bin, error) {
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(f.Path)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if err := f.expire(root, size); err != nil {
		return nil, err
	}
	if err := root.Mkdir(f.ID, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	own, err := root.OpenRoot(f.ID)
	if err != nil {
		return nil, err
	}
	b := &Bin{trash: own, files: map[string]fs.FileInfo{}, Kept: Kept{
		ID: f.ID, Worktree: f.Worktree, Path: Name(path), Removed: f.Now.UTC(), number: 1,
	}}
	for own.Mkdir(b.content(), 0o700) != nil { // the name is taken, or the folder cannot be written
		if b.number++; b.number > MaxEntries {
			_ = own.Close()
			return nil, fmt.Errorf("no artifact can be added to %q", f.ID)
		}
	}
	return b, nil
}

// Place returns the artifact's place in the trash: an open directory, and the name in it.
func (b *Bin) Place(info fs.FileInfo) (safedir.Dir, string, error) {
	at, name := ".", b.content()
	if !info.IsDir() {
		at, name = name, singleFile
	}
	root, err := b.trash.OpenRoot(at)
	if err != nil {
		return safedir.Dir{}, "", err
	}
	dir, err := safedir.New(root)
	return dir, name, err
}

// Move writes the list of an artifact's entries and then moves the artifact into the trash, so that it can be restored if the process is killed in
// between. If that would need a copy, it fails and changes nothing.
func (b *Bin) Move(from safedir.Dir, name string, info fs.FileInfo, entries []Entry) error {
	to, as, err := b.Place(info)
	if err != nil {
		return err
	}
	defer to.Close()
	b.Entries = entries
	if err = b.Write(); err == nil {
		err = safedir.MoveInto(from.File, name, to.File, as)
	}
	if err != nil {
		b.unlist()
	}
	b.Entries, b.moved = nil, err == nil
	return err
}

// MoveBack undoes Move. It fails if something new is in that place.
func (b *Bin) MoveBack(to safedir.Dir, name string, info fs.FileInfo) error {
	from, as, err := b.Place(info)
	if err != nil {
		return err
	}
	defer from.Close()
	if err = safedir.MoveNew(from.File, as, to.File, name, info.IsDir()); err == nil {
		b.unlist()
	}
	return err
}

// unlist removes the list of an artifact that is not in the trash. A list that stays names files that do not exist.
func (b *Bin) unlist() { _ = b.trash.Remove(b.manifest()) }

// EntryOf returns the list's entry for a file.
func EntryOf(dir safedir.Dir, name, rel string, info fs.FileInfo) (Entry, error) {
	e := Entry{Path: Name(rel), Mode: info.Mode()}
	switch {
	case info.Mode().IsRegular():
	case info.Mode()&fs.ModeSymlink != 0:
		link, err := dir.Root.Readlink(name)
		e.Link = Name(link)
		return e, err
	case !info.IsDir():
		return e, ErrSpecial
	}
	return e, nil
}

// Put copies one entry. A directory is listed and made.
func (b *Bin) Put(dir safedir.Dir, name, rel string, info fs.FileInfo) error {
	if len(b.Entries) == MaxEntries {
		return Error{Cause: fmt.Errorf("it holds more than %d entries", MaxEntries)}
	}
	to := path.Join(b.content(), rel)
	e, err := EntryOf(dir, name, rel, info)
	switch {
	case err != nil:
	case info.IsDir():
		if rel != "." && !b.moved {
			err = b.trash.Mkdir(to, 0o700)
		}
	case info.Mode().IsRegular():
		if b.Bytes += info.Size(); b.moved {
			err = readable(info)
			break
		}
		if rel == "." {
			to = path.Join(to, singleFile)
		}
		err = b.copy(dir, name, to, info)
	}
	switch {
	case err == nil:
		b.Entries, b.files[rel] = append(b.Entries, e), info
	case !errors.Is(err, safedir.ErrChanged) && !errors.Is(err, ErrSpecial):
		return Error{Cause: err}
	}
	return err
}

// readable returns an error if the owner of a file may not read it and so could not restore it.
func readable(info fs.FileInfo) error {
	if info.Mode().Perm()&0o400 == 0 {
		return fs.ErrPermission
	}
	return nil
}

func (b *Bin) copy(dir safedir.Dir, name, to string, info fs.FileInfo) (err error) {
	from, err := dir.OpenFile(name, info)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }() // opened only for reading
	file, err := b.trash.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(file, io.LimitReader(from, info.Size()+1))
	if err == nil && n != info.Size() {
		err = safedir.ErrChanged
	}
	return cmp.Or(err, file.Close())
}

// Holds returns an error if an entry that is to be removed differs from its copy. Directories are removed when empty.
func (b *Bin) Holds(rel string, info fs.FileInfo) error {
	if b == nil || info.IsDir() {
		return nil
	}
	then, ok := b.files[rel]
	if !ok || !os.SameFile(then, info) || then.Size() != info.Size() || !then.ModTime().Equal(info.ModTime()) {
		return safedir.ErrChanged
	}
	return nil
}

// Release closes the folder of the id.
func (b *Bin) Release() { _ = b.trash.Close() }

// Restore restores the artifact as the function Restore does, into the worktree that into is open on.
func (b *Bin) Restore(into *os.Root) ([]Restored, error) { return restore(b.trash, b.Kept, "", into) }

// Finish writes the list of the copied entries. After a failure it deletes the copies.
func (b *Bin) Finish(failed error) error {
	if failed == nil {
		if failed = b.Write(); failed == nil {
			return nil
		}
		failed = Error{Cause: failed}
	}
	_ = b.trash.RemoveAll(b.content()) // a folder without its list is not an artifact, and is dropped when it is old
	return failed
}

// Write writes the list, replacing an earlier one.
func (b *Bin) Write() error {
	text, err := json.Marshal(b.Kept)
	if err != nil {
		return err
	}
	if len(text) > maxManifest {
		return errors.New("the list of what is in it is too long")
	}
	unfinished := b.manifest() + ".new"
	file, err := b.trash.OpenFile(unfinished, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = cmp.Or(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return b.trash.Rename(unfinished, b.manifest())
}
