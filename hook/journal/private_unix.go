//go:build unix

package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// private fails if others could write to the journal, or have put something else in its place. Below a folder that others may write to,
// such as /tmp, every folder on the way must be no symbolic link, belong to this user, and be writable by nobody else. What does not exist
// yet is no failure: it is made so.
func private(path string) error {
	exposed := false
	for _, at := range ancestors(path) {
		info, err := os.Lstat(at)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if exposed {
			if err := own(at, info); err != nil {
				return err
			}
		}
		if info.Mode()&fs.ModeSymlink != 0 { // in a folder that only its owner writes to
			if info, err = os.Stat(at); errors.Is(err, fs.ErrNotExist) {
				return nil
			} else if err != nil {
				return err
			}
		}
		exposed = writable(info)
	}
	return nil
}

// ancestors returns the folders on the way to an absolute path, and the path itself.
func ancestors(path string) []string {
	path = filepath.Clean(path)
	if parent := filepath.Dir(path); parent != path {
		return append(ancestors(parent), path)
	}
	return []string{path}
}

// own fails unless a folder is this user's own.
func own(path string, info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%q is a symbolic link in a folder that others may write to", path)
	case !ok || int(stat.Uid) != os.Geteuid():
		return fmt.Errorf("%q belongs to another user, in a folder that others may write to", path)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("%q may be written to by others (mode %04o)", path, info.Mode().Perm())
	}
	return nil
}

// writable reports whether others than this user and root may write to a folder.
func writable(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || info.Mode().Perm()&0o022 != 0 || stat.Uid != 0 && int(stat.Uid) != os.Geteuid()
}
