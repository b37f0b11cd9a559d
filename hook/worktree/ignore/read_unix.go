//go:build unix

package ignore

import (
	"errors"
	"syscall"
)

// isNotDir reports whether the error means that an element of the path is not a directory, or that it is a symbolic link where none may be
// followed.
func isNotDir(err error) bool {
	return errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}
