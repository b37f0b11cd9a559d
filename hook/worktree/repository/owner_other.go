//go:build !unix

package repository

import "fmt"

// ownership leaves to git whether it trusts the repository, and so all reading: the index also records less about a file here.
func (t *Repository) ownership() error {
	return fmt.Errorf("on this system only git knows who owns a repository")
}
