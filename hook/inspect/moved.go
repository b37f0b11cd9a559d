package inspect

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"

	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// Bounds of the search for moved files: each pair is read and compared.
const (
	maxMovedPairs = 64
	maxMovedSize  = 1 << 20
)

// movedAway returns the deleted files that went where a claimed file is now: a command of the agent moved them, or at least half of the
// content is the same, as git itself counts (git-diff, -M). Git shows a file that was moved and then edited as one that was deleted and one
// that was added, and an agent lists it by its new name.
func movedAway(ctx context.Context, observe Observer, seen Evidence) []string {
	added := slices.DeleteFunc(slices.Clone(seen.States), func(s worktree.PathState) bool { return s.Change != worktree.Added })
	if len(added) == 0 {
		return nil
	}
	deleted := slices.Clone(seen.Survey.States)
	for _, edit := range seen.UnclaimedEdits {
		if edit.Where == "" {
			deleted = append(deleted, edit.State)
		}
	}
	var moved []string
	pairs := 0
	for _, old := range deleted {
		name := cmp.Or(old.Name, old.Path)
		if old.Change != worktree.Deleted || slices.Contains(moved, name) {
			continue
		}
		for _, now := range added {
			if pairs++; pairs > maxMovedPairs {
				return moved
			}
			if ranMove(seen, name, now.Name) || alikeFiles(ctx, observe, seen.Site.Place, name, now.Name) {
				moved = append(moved, name)
				break
			}
		}
	}
	return moved
}

// ranMove reports whether a command of the agent names both files and moves something.
func ranMove(seen Evidence, from, to string) bool {
	return slices.ContainsFunc(seen.Ran, func(c trace.Command) bool {
		return trace.NamesWhole(c.Text, "mv") && trace.NamesFile(c.Text, from) && trace.NamesFile(c.Text, to)
	})
}

// alikeFiles reports whether a file in HEAD and a file in the worktree have at least half of their content in common.
func alikeFiles(ctx context.Context, observe Observer, place worktree.Place, from, to string) bool {
	before, err := observe.FileAt(ctx, place, "HEAD", from, maxMovedSize)
	if err != nil || len(before) == 0 {
		return false
	}
	now, err := readIn(place.Root, to)
	return err == nil && alike(before, now)
}

// readIn reads a regular file below a folder, without following a link out of it.
func readIn(dir, name string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Lstat(filepath.FromSlash(name))
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxMovedSize {
		return nil, os.ErrInvalid
	}
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxMovedSize))
}

// alike reports whether the lines that two texts have in common are at least half of the longer one.
func alike(a, b []byte) bool {
	lines := map[string]int{}
	for line := range bytes.Lines(a) {
		lines[string(line)]++
	}
	common := 0
	for line := range bytes.Lines(b) {
		if lines[string(line)] > 0 {
			lines[string(line)]--
			common += len(line)
		}
	}
	return 2*common >= max(len(a), len(b)) && common > 0
}
