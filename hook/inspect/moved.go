package inspect

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// Bounds of the search for moved files.
const (
	maxMovedFiles = 1000     // deleted files, and as many added ones
	maxMovedSize  = 1 << 20  // bytes of a file whose content is compared
	maxMovedBytes = 64 << 20 // of all added files together
	maxMovedPairs = 1 << 20  // of a deleted and an added file, for each command that moves something
)

// movedAway returns the deleted files that were moved to a claimed file: a command of the agent moved them, or at least half of the content is the
// same, as git itself counts (git-diff, -M). Git shows a file that was moved and then edited as one deleted and one added file, and an agent lists
// it by its new name. An added file is the new place of one deleted file.
func movedAway(ctx context.Context, observe Observer, seen Evidence) []string {
	old, added := deletedAndAdded(seen)
	if len(old) == 0 || len(added) == 0 {
		return nil
	}
	movers := slices.DeleteFunc(slices.Clone(seen.Ran), func(c trace.Command) bool { return !trace.NamesWhole(c.Text, "mv") })
	movers = movers[max(0, len(movers)-maxMovedPairs/(len(old)*len(added))):]
	var moves []move
	for _, from := range old {
		for _, to := range added {
			if slices.ContainsFunc(movers, func(c trace.Command) bool { return namesMove(c.Text, from, to) }) {
				moves = append(moves, move{from: from, to: to})
			}
		}
	}
	moved, taken := chosen(moves)
	without := func(names, these []string) []string {
		return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(these, name) })
	}
	if old, added = without(old, moved), without(added, taken); len(old) == 0 || len(added) == 0 {
		return moved
	}
	contents := readLines(seen.Site.Place.Root, added)
	moves = nil
	for _, from := range old {
		if ctx.Err() != nil {
			break
		}
		if before, err := observe.FileAt(ctx, seen.Site.Place, "HEAD", from, maxMovedSize); err == nil {
			moves = append(moves, contents.alike(from, before)...)
		}
	}
	byContent, _ := chosen(moves)
	return append(moved, byContent...)
}

// move is a deleted file and an added one that may be the same. common is how many bytes they share.
type move struct {
	from, to string
	common   int
}

// sortMoves puts those first whose files share more, and then those with closer names: with a longer end of the path in common, or else a longer
// beginning of the base name.
func sortMoves(moves []move) {
	slices.SortFunc(moves, func(a, b move) int {
		return cmp.Or(cmp.Compare(b.common, a.common), cmp.Compare(len(commonEnd(b.from, b.to)), len(commonEnd(a.from, a.to))),
			cmp.Compare(commonBeginning(b.from, b.to), commonBeginning(a.from, a.to)), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
}

// chosen gives each deleted file at most one added one, and each added one to at most one deleted one.
func chosen(moves []move) (from, to []string) {
	sortMoves(moves)
	used := map[string]bool{}
	for _, m := range moves {
		if !used[m.from] && !used[m.to] {
			used[m.from], used[m.to] = true, true
			from, to = append(from, m.from), append(to, m.to)
		}
	}
	return from, to
}

// deletedAndAdded returns the deleted files that are not claimed, and the added ones that are; nothing if there are too many.
func deletedAndAdded(seen Evidence) (old, added []string) {
	claimed := map[string]bool{}
	for _, s := range seen.States {
		claimed[s.Name] = true
		if s.Change == worktree.Added {
			added = append(added, s.Name)
		}
	}
	states := slices.Clone(seen.Survey.States)
	for _, edit := range seen.UnclaimedEdits {
		if edit.Where == "" {
			states = append(states, edit.State)
		}
	}
	for _, s := range states {
		if name := cmp.Or(s.Name, s.Path); s.Change == worktree.Deleted && !claimed[name] {
			claimed[name], old = true, append(old, name)
		}
	}
	if len(old) > maxMovedFiles || len(added) > maxMovedFiles {
		return nil, nil
	}
	return old, added
}

// namesMove reports whether a text names both files, or folders of theirs in which they have the same path.
func namesMove(text, from, to string) bool {
	if trace.NamesFile(text, from) && trace.NamesFile(text, to) {
		return true
	}
	for rest := commonEnd(from, to); rest != ""; _, rest, _ = strings.Cut(rest, "/") {
		here, inside := strings.CutSuffix(from, "/"+rest)
		there, insideToo := strings.CutSuffix(to, "/"+rest)
		if inside && insideToo && trace.NamesWhole(text, here) && trace.NamesWhole(text, there) {
			return true
		}
	}
	return false
}

// commonEnd returns the last elements that two paths have in common.
func commonEnd(a, b string) string {
	end := ""
	for {
		dirA, baseA := path.Split(strings.TrimSuffix(a, "/"))
		dirB, baseB := path.Split(strings.TrimSuffix(b, "/"))
		if baseA != baseB || baseA == "" {
			return end
		}
		a, b, end = dirA, dirB, path.Join(baseA, end)
	}
}

// commonBeginning returns how many bytes the base names of two paths have in common at the beginning.
func commonBeginning(a, b string) int {
	a, b = path.Base(a), path.Base(b)
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// addedLines are the contents of files, by line.
type addedLines struct {
	size map[string]int            // bytes, by file
	in   map[string]map[string]int // by line: how often each file has it
}

// readLines reads files below a folder. Those that cannot be read, and those beyond the bounds, are left out.
func readLines(root string, names []string) addedLines {
	lines := addedLines{map[string]int{}, map[string]map[string]int{}}
	room := maxMovedBytes
	for _, name := range names {
		content, err := readIn(root, name)
		if room -= len(content); err != nil || room < 0 {
			continue
		}
		lines.size[name] = len(content)
		for line := range bytes.Lines(content) {
			files := lines.in[string(line)]
			if files == nil {
				files = map[string]int{}
				lines.in[string(line)] = files
			}
			files[name]++
		}
	}
	return lines
}

// maxAlike is how many files are kept that one deleted file is like.
const maxAlike = 4

// alike returns the moves of a deleted file with that content to one of the files: the lines that they share are at least half of the longer one.
func (l addedLines) alike(from string, content []byte) []move {
	counts := map[string]int{}
	for line := range bytes.Lines(content) {
		counts[string(line)]++
	}
	common := map[string]int{}
	for line, n := range counts {
		for name, times := range l.in[line] {
			common[name] += len(line) * min(n, times)
		}
	}
	var moves []move
	for name, n := range common {
		if 2*n >= max(len(content), l.size[name]) {
			moves = append(moves, move{from, name, n})
		}
	}
	sortMoves(moves)
	return moves[:min(len(moves), maxAlike)]
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
