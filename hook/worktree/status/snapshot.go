package status

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/worktree/object"
)

// A Snapshot is the state of a worktree at one moment: a commit and everything that differed from it. It is the base for the question what changed
// since then. It can be encoded as JSON, even with names that are not UTF-8.
type Snapshot struct {
	Head string `json:"head,omitempty"` // the commit; "" on an unborn branch
	Tree string `json:"tree,omitempty"` // the tree of the commit
	// Dirty are all paths that git status showed, untracked ones included, and the files that could not be read, which git might have shown. They are
	// sorted by name.
	Dirty []DirtyFile `json:"dirty,omitempty"`
	// Crowds are directories with so many new files that the files are not in Dirty, sorted by name.
	Crowds []Crowd `json:"crowds,omitempty"`
	// Excluded are directories whose untracked files are not in Dirty, sorted. Only snapshots of earlier versions have them.
	Excluded []object.Name `json:"excluded,omitempty"`
	// Unseen are the directories that could not be read, sorted by name. Files that could not be read are in Dirty.
	Unseen []Unseen `json:"unseen,omitempty"`
	// Excludes are the ignore files outside of the worktree: info/exclude, and then the file of core.excludesFile. It is nil in snapshots of earlier
	// versions.
	Excludes []RuleFile `json:"excludes,omitempty"`
	// Read is the size in bytes up to which files were read; 0 in snapshots of earlier versions.
	Read int64 `json:"read,omitempty"`
	// Incomplete is the reason why Dirty may lack paths; "" if it is complete. In an incomplete snapshot, the state of a path that is not in Dirty is
	// unknown.
	Incomplete string `json:"incomplete,omitempty"`
}

// A Crowd is a directory in which git tracked nothing and showed thousands of files. Files is their number. Print is equal as long as the names, and
// the stat data or content, of all of them are equal.
type Crowd struct {
	Dir   object.Name `json:"dir"`
	Files int         `json:"files"`
	Print string      `json:"print"`
}

// A DirtyFile is a file on disk when the snapshot was taken. Its blob is of the raw bytes, whatever filters or hash function the repository uses, so
// that any later write shows. A zero File did not exist. A File without a blob was not read; its Stat shows whether it was touched since.
type DirtyFile struct {
	Name object.Name `json:"name"`
	object.File
	// Stored is the blob as which git stores the file if it converts CRLF to LF; "" if the file has no CRLF, or if that is unknown. It cannot be
	// computed later, because a rebase rewrites a file with mixed line endings.
	Stored string `json:"stored,omitempty"`
}

// wasDirty finds a path in Dirty. A nil snapshot has no paths.
func (s *Snapshot) wasDirty(name string) (object.File, bool) {
	if s == nil {
		return object.File{}, false
	}
	i, found := slices.BinarySearchFunc(s.Dirty, object.Name(name), func(d DirtyFile, name object.Name) int {
		return strings.Compare(string(d.Name), string(name))
	})
	if !found {
		return object.File{}, false
	}
	return s.Dirty[i].File, true
}

// Lacked reports whether git status showed no other repository, such as a clone, at the path or below it. It returns false for an incomplete
// snapshot.
func (s *Snapshot) Lacked(path string) bool {
	return s.Incomplete == "" && !slices.ContainsFunc(s.Dirty, func(d DirtyFile) bool { return object.IsWithin(string(d.Name), path) && d.IsRepository() })
}

// sawAlike reports whether the snapshot has exactly the same state of a path that cannot be read.
func (s *Snapshot) sawAlike(u Unseen) bool {
	if s == nil || u.Blob == "" && u.Stat == "" {
		return false
	}
	if u.isDir() {
		return slices.ContainsFunc(s.Unseen, func(then Unseen) bool { return then.DirtyFile == u.DirtyFile })
	}
	then, dirty := s.wasDirty(string(u.Name))
	return dirty && then == u.File
}

// maxDirty is the maximum number of paths in a snapshot, which records the state of the worktree and does not copy it.
const maxDirty = 10_000

// maxStored is the maximum number of files that a snapshot reads once more for DirtyFile.Stored.
const maxStored = 200

// errMoved means that a commit, a switch of the branch or a change of the index happened while a snapshot was taken.
var errMoved = errors.New("HEAD or the index changed while the snapshot was taken")

// Snapshot records the present state of the worktree, and returns the candidates. It uses one Scan with the options o, except for Limit. If HEAD or
// the index changes meanwhile, it scans a second time. If they change again, the Snapshot is Incomplete. It fails if neither this package nor git can
// read HEAD. What the scan could not read is listed in the Snapshot.
func (t *Tree) Snapshot(ctx context.Context, o ScanOptions) (Snapshot, []Candidate, error) {
	o.Limit = 0
	return t.SnapshotBy(ctx, func() Scan { return t.Scan(ctx, o) })
}

// SnapshotBy is Snapshot with scan instead of Tree.Scan.
func (t *Tree) SnapshotBy(ctx context.Context, scan func() Scan) (s Snapshot, candidates []Candidate, err error) {
	for range 2 {
		if s, candidates, err = snapshotOnce(ctx, t, scan); !errors.Is(err, errMoved) {
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

// snapshotOnce takes a snapshot with one scan. If HEAD or the index changed meanwhile, it returns the Snapshot together with errMoved.
func snapshotOnce(ctx context.Context, t *Tree, look func() Scan) (Snapshot, []Candidate, error) {
	before, err := t.Position(ctx)
	if err != nil {
		return Snapshot{}, nil, err
	}
	scan := look()
	_, scan.Changes = borrowed(t, scan.Changes) // a survey leaves them out, too
	s := Snapshot{Head: before.Commit, Tree: before.Tree, Read: hugeFile, Incomplete: scan.Incomplete}
	s.Excludes = excludes(t)
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
	if t.Settings.AutoCRLF || t.Refusal != nil { // if there is a Refusal, it is unknown whether git converts line endings
		for i := range s.Dirty[:min(len(s.Dirty), maxStored)] {
			s.Dirty[i].Stored = blobWithLF(t, string(s.Dirty[i].Name))
		}
	}
	switch after, err := t.Position(ctx); {
	case err != nil && s.Incomplete == "":
		s.Incomplete = fmt.Sprintf("HEAD cannot be read again: %s", err)
	case err == nil && after != before:
		return s, scan.Candidates, errMoved
	}
	return s, scan.Candidates, nil
}
