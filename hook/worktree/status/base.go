package status

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/object"
)

// Base is what claimed paths are compared with. At most one field is set; the zero Base is HEAD.
type Base struct {
	// Revision names a commit or tree as gitrevisions(7) spells it. Without a git
	// to ask it must be "HEAD" or a full object name.
	Revision string
	// Snapshot is the state of the work tree at an earlier moment.
	Snapshot *Snapshot
}

// revision is that whose tree the base has, "" for the tree of an unborn branch.
func (b Base) revision() string {
	switch {
	case b.Snapshot != nil:
		return b.Snapshot.Tree
	case b.Revision == "":
		return "HEAD"
	}
	return b.Revision
}

// rebase compares with base what was compared with HEAD; states[i] is of looks[i].
func (t *Tree) rebase(ctx context.Context, base Base, looks []*look, states []PathState) {
	rest := make([]int, 0, len(looks))
	for i, l := range looks {
		then, known := base.Snapshot.knows(l.name)
		if l.outcome == unseen && (known != snapshotDirty || ctx.Err() != nil) {
			continue // it stays unknown
		}
		switch known {
		case snapshotDirty:
			states[i] = t.sinceDirty(ctx, l, states[i], then, base.Snapshot.Read)
		case snapshotUnsure:
			states[i].NoBase = true
		case snapshotClean:
			rest = append(rest, i)
		}
	}
	if len(rest) == 0 {
		return
	}
	names := make([]string, len(rest))
	for j, i := range rest {
		names[j] = looks[i].name
	}
	files, err := t.FilesIn(ctx, base.revision(), names)
	reading, enough := halfOf(ctx)
	defer enough()
	for _, i := range rest {
		if err != nil {
			states[i] = PathState{Name: looks[i].name, Change: Unknown, Reason: fmt.Sprintf("reading the base: %s", err)}
			continue
		}
		states[i] = t.against(ctx, reading, files[looks[i].name], looks[i], states[i])
	}
}

// snapshotKnows is what a snapshot knows about a path.
type snapshotKnows int

const (
	snapshotClean  snapshotKnows = iota // the path was as in the snapshot's tree
	snapshotDirty                       // it differed, and the snapshot has its state
	snapshotUnsure                      // nothing
)

// knows returns what the snapshot, or nil, knows about a path, and its state if it was dirty.
func (s *Snapshot) knows(name string) (object.File, snapshotKnows) {
	if s == nil {
		return object.File{}, snapshotClean
	}
	if f, found := s.wasDirty(name); found {
		return f, snapshotDirty
	}
	if s.Incomplete != "" {
		return object.File{}, snapshotUnsure
	}
	inside := func(dir object.Name) bool { return object.IsWithin(name, string(dir)) }
	if slices.ContainsFunc(s.Excluded, inside) || slices.ContainsFunc(s.Crowds, func(c Crowd) bool { return inside(c.Dir) }) {
		return object.File{}, snapshotUnsure
	}
	return object.File{}, snapshotClean
}

// sinceDirty compares the bytes on disk with those in the snapshot, or with their stand-in. read is Snapshot.Read.
func (t *Tree) sinceDirty(ctx context.Context, l *look, s PathState, then object.File, read int64) PathState {
	s.DirtyBefore, s.Base, s.BaseEqual, s.Reason, s.Refused = true, then, false, "", l.refused
	unknown := func(format string, args ...any) PathState {
		return PathState{Name: l.name, Change: Unknown, DirtyBefore: true, ViaGit: s.ViaGit, Reason: fmt.Sprintf(format, args...)}
	}
	if then.Present() && then.Blob == "" && then.Stat == "" && !then.IsRepository() {
		return unknown("the snapshot could not read it")
	}
	e, err := t.Disk.Entry(l.name)
	if err != nil {
		return unknown("looking at the file: %s", err)
	}
	s.Now = object.File{Mode: e.Mode()}
	switch {
	case l.now.IsRepository():
		s.Now, _ = nested(t.Place, l.name)
	case !s.Now.Present():
	case then.Stat != "":
		same, known := sinceStandIn(then, s.Now, disk.StatOf(e.Info).StandIn())
		if !known {
			return unknown("its content was not read when the snapshot was taken, and it may have been written to since")
		}
		if same {
			s.Now = then
		}
	case then.Present() && read > 0 && e.Info.Size() > read:
		// What was read then was not that large.
	default:
		c, err := e.Read(ctx)
		if err != nil {
			return unknown("reading the file: %s", err)
		}
		s.Now.Blob = c.Blob.String()
	}
	if s.Now.Mode != then.Mode && s.Now.Blob == then.Blob && s.Now.Mode&object.ModeType == then.Mode&object.ModeType && !t.CountsMode(ctx) {
		s.Now.Mode = then.Mode
	}
	s.BaseEqual = s.Now == then
	switch {
	case s.BaseEqual:
		s.Change = Unchanged
	case s.Status == "!!":
		s.Change = Ignored
	default:
		s.Change = Compare(then, s.Now)
	}
	return s
}

// against compares with the file that a tree has, base. reading bounds what is read for no more than a name.
func (t *Tree) against(ctx, reading context.Context, base object.File, l *look, s PathState) PathState {
	s.Base = base
	if s.Change == Outside {
		if base.Present() { // it was here once
			s.Change, s.Reason = Deleted, ""
		}
		return s
	}
	s.Now = l.now
	switch {
	case !s.Now.Present() || s.Now.Blob != "":
	case !base.Present():
		t.fillBlob(reading, &s)
	case base != l.index && base.Mode&object.ModeType == s.Now.Mode&object.ModeType: // from the index it is known to differ
		stored, err := t.storesAs(ctx, l.name, base.Blob)
		if err != nil {
			return PathState{
				Name: l.name, Change: Unknown, ViaGit: s.ViaGit, Status: s.Status, Base: base, Now: s.Now,
				Reason: fmt.Sprintf("comparing its content with the base: %s", err),
			}
		}
		if stored {
			s.Now.Blob = base.Blob
		}
		s.ViaGit = true
	}
	s.BaseEqual = s.Now == base && (base.Blob != "" || !base.Present())
	s.Change = Compare(base, s.Now)
	switch {
	case strings.HasSuffix(l.xy, "!!") && !base.Present():
		s.Change = Ignored
	case s.Change == Missing:
		s.Reason = l.reason
	}
	return s
}

// storesAs reports whether git would store the content of a file or symbolic link as that blob, or has stored it so under earlier attributes: such
// a blob may have content that git would convert today.
func (t *Tree) storesAs(ctx context.Context, name, blob string) (bool, error) {
	for _, filters := range [][]string{nil, {"--path=" + name}} {
		e, err := t.Disk.Entry(name)
		if err != nil {
			return false, err
		}
		stored, err := t.storedAs(ctx, e, filters...)
		if err != nil {
			return false, err
		}
		if stored == blob {
			return true, nil
		}
		if e.Mode() == object.ModeSymlink {
			break // that is never converted
		}
	}
	return false, nil
}

// storedAs returns the blob as which git would store the content of a file or symbolic link; filters are the options of git-hash-object(1) that say
// which filters apply.
func (t *Tree) storedAs(ctx context.Context, e disk.Entry, filters ...string) (string, error) {
	content, err := e.Open()
	if err != nil {
		return "", err
	}
	defer content.Close()
	out, err := t.Git.RunReading(ctx, content, append([]string{"hash-object", "--stdin"}, filters...)...)
	return strings.TrimSpace(string(out)), err
}
