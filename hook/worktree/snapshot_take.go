package worktree

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxDirty bounds the paths that a snapshot keeps: it is a record of what was there before, not a copy of it.
const maxDirty = 10_000

// Snapshot takes down what the work tree is like now, in one Scan with those options, whose Limit it sets, and returns the candidates of
// that. It fails where HEAD cannot be read without git; what the scan could not see is said in the Snapshot.
func (t *Tree) Snapshot(ctx context.Context, o ScanOptions) (Snapshot, []Candidate, error) {
	fail := func(err error) (Snapshot, []Candidate, error) {
		return Snapshot{}, nil, fmt.Errorf("taking a snapshot of %q: %w", t.place.Root, err)
	}
	if t.refusal != nil {
		return fail(t.refusal)
	}
	h, err := readHead(t.place)
	if err != nil {
		return fail(err)
	}
	s := Snapshot{Branch: h.symref, Index: indexIdentity(t.place.GitDir)}
	if !h.commit.IsZero() {
		objects := newObjects(t.place.CommonDir)
		defer objects.close()
		root, err := objects.commitTree(h.commit)
		if err != nil {
			return fail(err)
		}
		s.Head, s.Tree = h.commit.String(), root.String()
	}
	o.Limit = maxDirty
	scan := t.Scan(ctx, o)
	if s.Incomplete = scan.Incomplete; len(scan.Changes) > maxDirty {
		scan.Changes, s.Incomplete = scan.Changes[:maxDirty], fmt.Sprintf("more than %d paths were dirty", maxDirty)
	}
	for _, change := range scan.Changes {
		if change.Repository { // a directory, of which the zero File would say that it was absent
			continue
		}
		if change.Candidate { // it was not read
			continue
		}
		s.Dirty = append(s.Dirty, DirtyFile{Name: Name(change.Name), File: change.Now})
	}
	for _, c := range scan.Candidates {
		if scan.holdsUnread(c) {
			s.Excluded = append(s.Excluded, Name(c.Path))
		}
	}
	for _, dir := range scan.Excluded {
		s.Excluded = append(s.Excluded, Name(dir))
	}
	slices.Sort(s.Excluded)
	return s, scan.Candidates, nil
}

// holdsUnread tells whether git status shows something in a candidate that was not read for that.
func (s *Scan) holdsUnread(c Candidate) bool {
	below := c.Path + "/"
	i, _ := slices.BinarySearchFunc(s.Changes, below, func(change ScanChange, name string) int { return strings.Compare(change.Name, name) })
	return i < len(s.Changes) && s.Changes[i].Candidate && strings.HasPrefix(s.Changes[i].Name, below)
}

// indexIdentity is the size and the time of the index file, which git replaces whole at every change; "" where there is none.
func indexIdentity(gitDir string) string {
	info, err := os.Stat(filepath.Join(gitDir, "index"))
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano())
}
