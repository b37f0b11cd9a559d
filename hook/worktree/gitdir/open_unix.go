//go:build unix

package gitdir

import (
	"errors"
	"syscall"
)

// OpenFlags keeps an open from blocking if a named pipe has replaced the file.
const OpenFlags = syscall.O_NONBLOCK

// IsNotDir reports whether the error means that an element of the path is not a directory.
func IsNotDir(err error) bool {
	return errors.Is(err, syscall.ENOTDIR)
}
