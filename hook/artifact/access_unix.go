//go:build linux || darwin

package artifact

import (
	"os"

	"golang.org/x/sys/unix"
)

// openPlainly keeps an open from following a link and from waiting for the other end of a pipe.
const openPlainly = unix.O_NOFOLLOW | unix.O_NONBLOCK

// writable says why entries of an open directory cannot be removed, as far as modes and a read-only file system tell: a dry run has
// nothing else to go by.
func writable(dir *os.File) error {
	return unix.Faccessat(int(dir.Fd()), ".", unix.W_OK|unix.X_OK, unix.AT_EACCESS)
}
