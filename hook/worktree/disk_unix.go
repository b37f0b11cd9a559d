//go:build unix

package worktree

import (
	"errors"
	"syscall"
)

// openFlags keep an open from waiting should a named pipe have taken the place of
// the file.
const openFlags = syscall.O_NONBLOCK

// isNotDir reports that an element of a path is no directory.
func isNotDir(err error) bool {
	return errors.Is(err, syscall.ENOTDIR)
}
