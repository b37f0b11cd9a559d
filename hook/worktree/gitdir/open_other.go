//go:build !unix

package gitdir

// OpenFlags is 0, because on these systems no file blocks the process that opens it.
const OpenFlags = 0

// IsNotDir returns false, because such an error is fs.ErrNotExist on these systems.
func IsNotDir(error) bool { return false }
