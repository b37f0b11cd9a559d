//go:build unix

package gitdir

import (
	"errors"
	"syscall"
)

// OpenFlags keep an open from blocking if a named pipe has replaced the file.
const OpenFlags = syscall.O_NONBLOCK

// IsNotDir reports whether an error means that an element of a path is not a directory.
func IsNotDir(err error) bool {
	return errors.Is(err, syscall.ENOTDIR)
}
