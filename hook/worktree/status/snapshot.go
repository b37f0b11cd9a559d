package status

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/worktree/object"
)

// A Snapshot is the state of a work tree at one moment: a commit and everything that differed from it. It is the base for "what changed since". It
// can be encoded as JSON, with names that are not UTF-8.
type Snapshot struct {
	Head string `json:"head,omitempty"` // the commit; empty on an unborn branch
	Tree string `json:"tree,omitempty"` // its root tree
	// Dirty holds every path that git status showed, untracked ones included, and
	// files that it may have shown if they could be seen, sorted by name.
	Dirty []DirtyFile `json:"dirty,omitempty"`
	// Crowds are directories with so many new files that the files are not in Dirty. Sorted by name.
	Crowds []Crowd `json:"crowds,omitempty"`
	// Excluded are directories that were not looked into, and candidates, which were
	// not read: of untracked files there the snapshot knows nothing. Sorted.
	Excluded []object.Name `json:"excluded,omitempty"`
	// Unseen are the directories that could not be looked into, sorted by name. Files
	// that could not be seen are in Dirty.
	Unseen []Unseen `json:"unseen,omitempty"`
	// Excludes are the ignore rules outside of the work tree, info/exclude and then
	// the file of core.excludesFile; nil in snapshots that do not tell.
	Excludes []RuleFile `json:"excludes,omitempty"`
	// Read is the size up to which files were read, in bytes; 0 in snapshots that do
	// not tell.
	Read int64 `json:"read,omitempty"`
	// Incomplete is the reason why Dirty may lack paths; empty if it is complete. If it is not, a path that is not in Dirty proves nothing.
	Incomplete string `json:"incomplete,omitempty"`
}

// A Crowd is a directory in which git tracked nothing and showed thousands of files. Files is how many, Print equal as long as the system
// tells the same of all of them.
type Crowd struct {
	Dir   object.Name `json:"dir"`
	Files int         `json:"files"`
	Print string      `json:"print"`
}

// A DirtyFile is a file on disk at that moment. The blob is of the raw bytes, whatever filters or hash function the repository uses, so that any
// later write shows. A zero File was absent. A File without a blob was not read: its Stat shows whether it was touched.
type DirtyFile struct {
	Name object.Name `json:"name"`
	object.File
	// Stored is the blob as which git stores the file if it converts CRLF to LF; "" if the file has no CRLF, or if that was not found out. A rebase
	// rewrites the file, so its mixed line endings cannot be converted later.
	Stored string `json:"stored,omitempty"`
}

// wasDirty finds a path in Dirty; nil has none.
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

// Lacked reports whether there was nothing at the path that git would show, nor anything below it that differed from the commit. Only a complete
// snapshot can tell.
func (s *Snapshot) Lacked(path string) bool {
	return s.Incomplete == "" && !slices.ContainsFunc(s.Dirty, func(d DirtyFile) bool { return object.IsWithin(string(d.Name), path) && d.IsRepository() })
}

// sawAlike reports whether the snapshot has exactly the present state of a path.
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

// maxDirty bounds the paths that a snapshot keeps: it is a record of what was there before, not a copy of it.
const maxDirty = 10_000

// maxStored bounds the files of a snapshot that are read once more for the blob as which git stores them.
const maxStored = 200

// errMoved means that somebody committed, switched the branch or staged while a snapshot was taken.
var errMoved = errors.New("HEAD or the index changed while the snapshot was taken")

// Snapshot records the present state of the work tree, in one Scan with those options, except for Limit, and returns its candidates. HEAD and the
// index must not change meanwhile: if they do, it scans a second time, and if they do again, the Snapshot is Incomplete. It fails if neither this
// package nor git can read HEAD. What the scan could not read is listed in the Snapshot.
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
	s := Snapshot{Head: before.Commit, Tree: before.Tree, Read: hugeFile, Incomplete: scan.Incomplete}
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
	if t.Settings.AutoCRLF || t.Refusal != nil { // the refusal leaves open whether git converts
		for i := range s.Dirty[:min(len(s.Dirty), maxStored)] {
			s.Dirty[i].Stored = t.blobWithLF(string(s.Dirty[i].Name))
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
