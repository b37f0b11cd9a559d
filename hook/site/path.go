package site

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// From returns the path that name means in the folder dir: name itself if it is absolute. name may have slashes.
func From(dir, name string) string {
	if name = filepath.FromSlash(name); filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// RelativeTo returns the path of name below the first of roots that contains it, with slashes; "" if none does.
func RelativeTo(roots []string, name string) string {
	for _, root := range roots {
		if root == "" {
			continue
		}
		if rel, err := filepath.Rel(root, name); err == nil && rel != "." && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	// The host resolves symbolic links in some places, so the folder of a file may have another name.
	if dir, err := filepath.EvalSymlinks(filepath.Dir(name)); err == nil && dir != filepath.Dir(name) {
		return RelativeTo(roots, filepath.Join(dir, filepath.Base(name)))
	}
	return ""
}

// WorktreeNames returns the absolute paths by which a report can mean its worktree: root, where it was found, and the claimed path below each of
// bases.
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

// NamesOf returns the absolute paths that mean the worktree of a report, whose top is root now, of an agent that was started in cwd. A worktree that
// a person has named may contain the one that the agent worked in, as the main worktree does. So there the agent's own come first, and a
// folder of its own that is gone is one of them.
func (g Grounds) NamesOf(root, claimed, cwd string) []string {
	names := WorktreeNames(root, claimed, append(g.Bases(), cwd))
	if g.Fixed == nil {
		return names
	}
	names = append(names, WorktreeNames("", claimed, []string{g.Fixed.MainRoot()})[1:]...)
	if _, err := os.Stat(cwd); filepath.IsAbs(cwd) && errors.Is(err, fs.ErrNotExist) {
		names = append(names, cwd)
	}
	slices.Reverse(names)
	return names
}

// Within reports whether name is dir or below it. Both must be absolute and without symbolic links.
func Within(dir, name string) bool {
	rel, err := filepath.Rel(dir, name)
	return err == nil && filepath.IsLocal(rel)
}

// WithinAny reports whether name is in one of dirs. The dirs may contain symbolic links or be "", which contains nothing. name must have its
// symbolic links resolved.
func WithinAny(dirs []string, name string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return dir != "" && Within(Physical(dir), name) })
}

// maxLinks bounds the symbolic links that are followed in one name.
const maxLinks = 40

// Physical returns an absolute path with its symbolic links resolved, as far as it exists. A link to nothing is followed too, because a
// write would go there. After maxLinks links it returns name, cleaned.
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
			at = From(filepath.Dir(at), target)
			continue
		}
		parent := filepath.Dir(at)
		if parent == at {
			return name
		}
		at, rest = parent, filepath.Join(filepath.Base(at), rest)
	}
}

// Existing returns dir, or the nearest folder above it that exists.
func Existing(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() || filepath.Dir(dir) == dir {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}
