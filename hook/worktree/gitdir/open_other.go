//go:build !unix

package gitdir

// OpenFlags is 0: nothing in the place of a file can block an open.
const OpenFlags = 0

// IsNotDir returns false, because other systems return fs.ErrNotExist.
func IsNotDir(error) bool { return false }
