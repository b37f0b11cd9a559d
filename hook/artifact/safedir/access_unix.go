//go:build linux || darwin

package safedir

import (
	"os"

	"golang.org/x/sys/unix"
)

// openPlainly keeps an open from following a link, and from blocking on a pipe.
const openPlainly = unix.O_NOFOLLOW | unix.O_NONBLOCK

// Writable returns the reason why entries of an open directory cannot be removed, as far as modes and a read-only file system show. A dry run
// cannot find out more.
func Writable(dir *os.File) error {
	return unix.Faccessat(int(dir.Fd()), ".", unix.W_OK|unix.X_OK, unix.AT_EACCESS)
}

// MoveInto moves an entry of one open directory into another, replacing an empty directory of that name. It fails across file systems.
func MoveInto(from *os.File, name string, to *os.File, as string) error {
	return unix.Renameat(int(from.Fd()), name, int(to.Fd()), as)
}

// MoveNew is like MoveInto, but must not replace a file.
func MoveNew(from *os.File, name string, to *os.File, as string, dir bool) error {
	if dir {
		return MoveInto(from, name, to, as)
	}
	if err := unix.Linkat(int(from.Fd()), name, int(to.Fd()), as, 0); err != nil {
		return err
	}
	return unix.Unlinkat(int(from.Fd()), name, 0)
}
