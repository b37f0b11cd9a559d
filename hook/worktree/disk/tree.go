// Package disk reads the files of a worktree as git does. It follows no symbolic link, never leaves the worktree, and hashes content without
// holding it in memory. Tree looks up single names. Root lists directories.
package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"stopgate/hook/worktree/gitdir"
)

// Tree looks up files below the root of a worktree as git does. It follows no symbolic link, and os.Root keeps it inside the worktree. It keeps the
// directories of the last name open, so that looking up sorted names is cheap.
type Tree struct {
	Root *os.Root
	way  []step
}

// A step is an open directory in the directory of the previous step.
type step struct {
	name string
	dir  *os.Root
}

// maxDepth is the largest number of directories that are open at the same time.
const maxDepth = 256

// An Entry is the result of a lookup. Dir is open until the next lookup.
type Entry struct {
	Info fs.FileInfo // nil if the name does not exist
	Dir  *os.Root
	Base string
	// Link is the path above the name that is a symbolic link, or "". Git sees nothing behind a symbolic link.
	Link string
}

// Open opens the worktree at root.
func Open(root string) (*Tree, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	return &Tree{Root: r}, nil
}

// Close closes all open directories.
func (d *Tree) Close() error {
	d.leave(0)
	return d.Root.Close()
}

// leave closes all directories but the first n.
func (d *Tree) leave(n int) {
	for _, s := range d.way[n:] {
		s.dir.Close()
	}
	d.way = d.way[:n]
}

// Entry looks up name. A name that does not exist is not an error: Info is nil then. Entry fails if the lookup fails, for instance without permission.
func (d *Tree) Entry(name string) (Entry, error) {
	dir, rest, n := d.Root, name, 0
	for {
		part, below, more := strings.Cut(rest, "/")
		if !more {
			break
		}
		if n < len(d.way) && d.way[n].name != part {
			d.leave(n)
		}
		if n == len(d.way) {
			link, err := d.enter(dir, part)
			if err != nil {
				return Entry{}, Absent(err)
			}
			if link {
				return Entry{Link: name[:len(name)-len(below)-1]}, nil
			}
		}
		dir, rest = d.way[n].dir, below
		n++
	}
	d.leave(n)
	info, err := dir.Lstat(rest)
	if err != nil {
		return Entry{}, Absent(err)
	}
	return Entry{Info: info, Dir: dir, Base: rest}, nil
}

// enter opens the directory name in dir and adds it to d.way. If name is a symbolic link, it returns true and does not open it.
func (d *Tree) enter(dir *os.Root, name string) (link bool, err error) {
	info, err := dir.Lstat(name)
	if err != nil {
		return false, err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return true, nil
	}
	if !info.IsDir() {
		return false, fs.ErrNotExist
	}
	if len(d.way) == maxDepth {
		return false, fmt.Errorf("more than %d directories deep", maxDepth)
	}
	sub, err := dir.OpenRoot(name)
	if err != nil {
		return false, err
	}
	now, err := sub.Stat(".")
	if err == nil && !os.SameFile(info, now) {
		err = errors.New("a directory was replaced meanwhile")
	}
	if err != nil {
		sub.Close()
		return false, err
	}
	d.way = append(d.way, step{name, sub})
	return false, nil
}

// Absent returns nil for an error that means that nothing exists there, and any other error unchanged.
func Absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) || gitdir.IsNotDir(err) {
		return nil
	}
	return err
}

// Mode returns the git mode of the entry; 0 for a type that git does not track.
func (e Entry) Mode() uint32 {
	if e.Info == nil {
		return 0
	}
	return Mode(e.Info)
}

// Mode returns the git mode of a file; 0 for a type that git does not track.
func Mode(info fs.FileInfo) uint32 {
	st := Stat{Kind: kindOf(info.Mode()), executable: info.Mode()&0o100 != 0}
	return st.Mode()
}

// Describe describes the entry in words.
func (e Entry) Describe() string {
	if e.Info == nil {
		return "nothing"
	}
	return Describe(e.Info)
}

// Describe describes a file in words.
func Describe(info fs.FileInfo) string {
	switch m := info.Mode(); {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeSymlink != 0:
		return "a symbolic link"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	case m.IsRegular():
		return "a file"
	}
	return "something that git does not track"
}
