//go:build !unix

package repository

import "fmt"

// ownership leaves it to git whether it trusts the repository, and so everything
// else: the index, too, records less of a file here.
func (t *Repository) ownership() error {
	return fmt.Errorf("on this system only git knows who owns a repository")
}
