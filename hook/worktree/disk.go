package worktree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// disk looks at files below the root of a work tree as git does: it follows no
// symbolic link, and by os.Root cannot be led outside. It keeps the directories on
// the way to the last name open, so that names in sorted order cost little.
type disk struct {
	root *os.Root
	way  []step
}

// A step is an open directory below the one before it.
type step struct {
	name string
	dir  *os.Root
}

// maxDepth bounds the directories that are open at a time.
const maxDepth = 256

// An entry is what stands at a name. Its directory is open until the next call.
type entry struct {
	info fs.FileInfo // nil if nothing stands there
	dir  *os.Root
	base string
	// link is the directory above the name that is a symbolic link: git sees
	// nothing behind it.
	link string
}

func newDisk(root string) (*disk, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	return &disk{root: r}, nil
}

func (d *disk) close() error {
	d.leave(0)
	return d.root.Close()
}

// leave closes the directories beyond the first n.
func (d *disk) leave(n int) {
	for _, s := range d.way[n:] {
		s.dir.Close()
	}
	d.way = d.way[:n]
}

// entry looks up name. It fails when the system refuses to tell.
func (d *disk) entry(name string) (entry, error) {
	dir, rest, n := d.root, name, 0
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
				return entry{}, absent(err)
			}
			if link {
				return entry{link: name[:len(name)-len(below)-1]}, nil
			}
		}
		dir, rest = d.way[n].dir, below
		n++
	}
	d.leave(n)
	info, err := dir.Lstat(rest)
	if err != nil {
		return entry{}, absent(err)
	}
	return entry{info: info, dir: dir, base: rest}, nil
}

// enter opens the directory name in dir, unless it is a symbolic link.
func (d *disk) enter(dir *os.Root, name string) (link bool, err error) {
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

// absent drops the errors that mean that nothing stands there.
func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) || isNotDir(err) {
		return nil
	}
	return err
}

// mode is the git mode of what stands there: 0 for what git does not track.
func (e entry) mode() uint32 {
	if e.info == nil {
		return 0
	}
	return gitMode(e.info)
}

// gitMode is the git mode of a file: 0 for what git does not track.
func gitMode(info fs.FileInfo) uint32 {
	switch m := info.Mode(); {
	case m&fs.ModeSymlink != 0:
		return modeSymlink
	case m.IsRegular() && m&0o100 != 0:
		return modeExecutable
	case m.IsRegular():
		return modeRegular
	}
	return 0
}

// kind says in words what stands there.
func (e entry) kind() string {
	if e.info == nil {
		return "nothing"
	}
	return describe(e.info)
}

// describe says in words what a file is.
func describe(info fs.FileInfo) string {
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
