package status

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"stopgate/hook/worktree/object"
)

// maxDirty bounds the paths that a snapshot keeps: it is a record of what was there before, not a copy of it.
const maxDirty = 10_000

// errMoved means that somebody committed, switched the branch or staged while a snapshot was taken.
var errMoved = errors.New("HEAD or the index changed while the snapshot was taken")

// Snapshot takes down what the work tree is like now, in one Scan with those options, whose Limit it leaves to Scan, and returns the candidates of
// that. HEAD and the index must stand still meanwhile: where they move a second scan is made, and where they move again the Snapshot is
// Incomplete. It fails where neither this package nor git can read HEAD; what the scan could not see is said in the Snapshot.
func (t *Tree) Snapshot(ctx context.Context, o ScanOptions) (Snapshot, []Candidate, error) {
	o.Limit = 0
	return t.SnapshotBy(ctx, func() Scan { return t.Scan(ctx, o) })
}

// SnapshotBy is Snapshot with another way to scan.
func (t *Tree) SnapshotBy(ctx context.Context, scan func() Scan) (s Snapshot, candidates []Candidate, err error) {
	for range 2 {
		if s, candidates, err = t.snapshotOnce(ctx, scan); !errors.Is(err, errMoved) {
			break
		}
	}
	if errors.Is(err, errMoved) {
		s.Incomplete, err = err.Error(), nil
	}
	if err != nil {
		return Snapshot{}, nil, fmt.Errorf("taking a snapshot of %q: %w", t.Place.Root, err)
	}
	return s, candidates, nil
}

// snapshotOnce fails with errMoved, and a Snapshot, if what it compared with is no longer there in the end.
func (t *Tree) snapshotOnce(ctx context.Context, look func() Scan) (Snapshot, []Candidate, error) {
	before, err := t.Position(ctx)
	if err != nil {
		return Snapshot{}, nil, err
	}
	scan := look()
	_, scan.Changes = t.borrowed(scan.Changes) // a survey leaves them out, too
	s := Snapshot{Head: before.Commit, Tree: before.Tree, Branch: before.Branch, Index: before.Index, Read: hugeFile, Incomplete: scan.Incomplete}
	s.Excludes = t.excludes()
	s.Crowds, scan.Changes = crowdsOf(scan.Changes)
	if len(scan.Changes) > maxDirty {
		scan.Changes, s.Incomplete = scan.Changes[:maxDirty], fmt.Sprintf("more than %d paths were dirty", maxDirty)
	}
	for _, change := range scan.Changes {
		s.Dirty = append(s.Dirty, DirtyFile{Name: object.Name(change.Name), File: change.Now})
	}
	for _, u := range scan.Unseen {
		if u.isDir() {
			s.Unseen = append(s.Unseen, u)
		} else {
			s.Dirty = append(s.Dirty, u.DirtyFile)
		}
	}
	slices.SortFunc(s.Dirty, func(a, b DirtyFile) int { return object.CompareNames(a.Name, b.Name) })
	switch after, err := t.Position(ctx); {
	case err != nil && s.Incomplete == "":
		s.Incomplete = fmt.Sprintf("HEAD cannot be read again: %s", err)
	case err == nil && after != before:
		return s, scan.Candidates, errMoved
	}
	return s, scan.Candidates, nil
}
