//go:build unix

package gitdir

import (
	"errors"
	"syscall"
)

// OpenFlags keep an open from waiting should a named pipe have taken the place of
// the file.
const OpenFlags = syscall.O_NONBLOCK

// IsNotDir reports that an element of a path is no directory.
func IsNotDir(err error) bool {
	return errors.Is(err, syscall.ENOTDIR)
}
