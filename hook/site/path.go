package site

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// RelativeTo is name below one of the roots, slashed; "" where it lies below none.
func RelativeTo(roots []string, name string) string {
	for _, root := range roots {
		if root == "" {
			continue
		}
		if rel, err := filepath.Rel(root, name); err == nil && rel != "." && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	// The host resolves symbolic links here and there; the folder of a file may be known by another name.
	if dir, err := filepath.EvalSymlinks(filepath.Dir(name)); err == nil && dir != filepath.Dir(name) {
		return RelativeTo(roots, filepath.Join(dir, filepath.Base(name)))
	}
	return ""
}

// WorktreeNames are the names that the worktree of a report goes by: where it was found, and where it would stand below the
// session's folders.
func WorktreeNames(root, claimed string, bases []string) []string {
	names := []string{root}
	if claimed == "" {
		return names
	}
	claimed = filepath.FromSlash(claimed)
	if filepath.IsAbs(claimed) {
		return append(names, filepath.Clean(claimed))
	}
	for _, base := range bases {
		if strings.TrimSpace(base) != "" {
			names = append(names, filepath.Join(base, claimed))
		}
	}
	return names
}

// Within tells whether name is dir or lies below it, both absolute and free of symbolic links.
func Within(dir, name string) bool {
	rel, err := filepath.Rel(dir, name)
	return err == nil && filepath.IsLocal(rel)
}

// WithinAny is within for any of dirs, which may be spelled with symbolic links.
func WithinAny(dirs []string, name string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return dir != "" && Within(Physical(dir), name) })
}

// maxLinks bounds the symbolic links that are followed in one name.
const maxLinks = 40

// Physical is an absolute name free of symbolic links, as far as it exists: a link that leads nowhere yet is followed too, because a
// write goes there.
func Physical(name string) string {
	name = filepath.Clean(name)
	at, rest, links := name, "", 0
	for {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(real, rest)
		}
		if info, err := os.Lstat(at); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(at)
			if links++; err != nil || links > maxLinks {
				return name
			}
			if !filepath.IsAbs(target) {
				target = filepath.Join(filepath.Dir(at), target)
			}
			at = target
			continue
		}
		parent := filepath.Dir(at)
		if parent == at {
			return name
		}
		at, rest = parent, filepath.Join(filepath.Base(at), rest)
	}
}

// Existing is the deepest folder above dir, or dir, that exists.
func Existing(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() || filepath.Dir(dir) == dir {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}
