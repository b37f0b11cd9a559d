//go:build !unix

package worktree

// ownership leaves it to git whether it trusts the repository, and so everything
// else: the index, too, records less of a file here.
func (t *Tree) ownership() error {
	return refuse("on this system only git knows who owns a repository")
}
