//go:build !unix

package ignore

// isNotDir: elsewhere this is fs.ErrNotExist already.
func isNotDir(error) bool { return false }
