//go:build !unix

package gitdir

const OpenFlags = 0

// IsNotDir: elsewhere this is fs.ErrNotExist already.
func IsNotDir(error) bool { return false }
