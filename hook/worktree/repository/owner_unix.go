//go:build unix

package repository

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// ownership fails unless the worktree, its .git and its git directory belong to this user. Git refuses repositories of others (git-config(1),
// safe.directory), and only git knows the exceptions.
func ownership(t *Repository) error {
	user := os.Geteuid()
	sudo := -1
	if text := t.Git.Get("SUDO_UID"); user == 0 && text != "" {
		if id, err := strconv.Atoi(text); err == nil {
			sudo = id
		}
	}
	for _, path := range []string{t.Place.Root, filepath.Join(t.Place.Root, ".git"), t.Place.GitDir} {
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		stat, ok := info.Sys().(*syscall.Stat_t)
		if owner := int(stat.Uid); !ok || owner != user && owner != sudo {
			return fmt.Errorf("%q belongs to somebody else", path)
		}
	}
	return nil
}
