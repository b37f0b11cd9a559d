//go:build !unix

package worktree

const openFlags = 0

// isNotDir: elsewhere this is fs.ErrNotExist already.
func isNotDir(error) bool { return false }
