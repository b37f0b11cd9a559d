//go:build !unix

package ignore

// isNotDir returns false, because such an error is fs.ErrNotExist on these systems.
func isNotDir(error) bool { return false }
