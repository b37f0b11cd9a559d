package tidy

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/artifact/trash"
)

// BringBack restores from the trash in folder, which contains held, what was removed under a step's id, or under the only id that begins with id.
// If only is not "", it restores only what is at or below that path. to is the worktree to restore into; "" means the original one. It returns an
// entry for each file, even with an error.
func BringBack(folder string, held []trash.Kept, id, only, to string) ([]trash.Restored, error) {
	held = slices.DeleteFunc(held, func(a trash.Kept) bool { return !namesStep(a.ID, id) })
	switch {
	case len(held) == 0:
		return nil, fmt.Errorf("the trash holds nothing from step %q; stopgate restore lists its contents", id)
	case slices.ContainsFunc(held, func(a trash.Kept) bool { return a.ID != held[0].ID }):
		return nil, fmt.Errorf("more than one step begins with %q; give a whole id", id)
	}
	var all []trash.Restored
	for _, a := range held {
		worktree := cmp.Or(to, a.Worktree)
		inside, ok := pathIn(worktree, only)
		if top := string(a.Path); !ok || only != "" && !within(inside, top) && !within(top, inside) {
			continue
		}
		root, err := os.OpenRoot(worktree)
		if errors.Is(err, fs.ErrNotExist) {
			return all, fmt.Errorf("the worktree %q no longer exists; choose another with --to DIR", worktree)
		}
		if err != nil {
			return all, fmt.Errorf("opening the worktree: %w", err)
		}
		done, err := trash.Restore(folder, a, inside, root)
		_ = root.Close() // it is not used any more
		if err != nil {
			return all, err
		}
		all = append(all, done...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("that step removed nothing at %q", only)
	}
	return all, nil
}

// namesStep reports whether name is the id of a step, or the beginning of one, as in other commands.
func namesStep(id, name string) bool {
	name = strings.TrimPrefix(name, "step:")
	return id == name || len(name) >= 4 && strings.HasPrefix(id, name)
}

// pathIn returns a path relative to the worktree, with slashes; "" for "".
func pathIn(worktree, name string) (rel string, ok bool) {
	if name == "" {
		return "", true
	}
	if filepath.IsAbs(name) {
		rel, err := filepath.Rel(worktree, name)
		return filepath.ToSlash(rel), err == nil
	}
	return path.Clean(filepath.ToSlash(name)), true
}

// within reports whether a path is dir or lies below it.
func within(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }
