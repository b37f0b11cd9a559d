//go:build !unix

package gitdir

// OpenFlags are none: a file cannot be replaced by something that blocks.
const OpenFlags = 0

// IsNotDir is false, for elsewhere this is fs.ErrNotExist already.
func IsNotDir(error) bool { return false }
