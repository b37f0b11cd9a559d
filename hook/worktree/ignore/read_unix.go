//go:build unix

package ignore

import (
	"errors"
	"syscall"
)

// isNotDir reports that an element of the path is a file, or a symbolic link
// where none is followed.
func isNotDir(err error) bool {
	return errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}
