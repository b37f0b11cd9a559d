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
	// Revision names a commit or tree (gitrevisions(7)). If git cannot be asked, it must be "HEAD" or a full object name.
	Revision string
	// Snapshot is the state of the worktree at an earlier moment.
	Snapshot *Snapshot
}

// revision returns the revision that has the tree of the base; "" for the empty tree of an unborn branch.
func (b Base) revision() string {
	switch {
	case b.Snapshot != nil:
		return b.Snapshot.Tree
	case b.Revision == "":
		return "HEAD"
	}
	return b.Revision
}

// compareWithBase replaces states, which were compared with HEAD, by the comparison with base. states[i] belongs to looks[i].
func compareWithBase(ctx context.Context, t *Tree, base Base, looks []*look, states []PathState) {
	rest := make([]int, 0, len(looks))
	for i, l := range looks {
		then, known := base.Snapshot.knows(l.name)
		if l.outcome == unseen && (known != snapshotDirty || ctx.Err() != nil) {
			continue // its state stays Unknown
		}
		switch known {
		case snapshotDirty:
			states[i] = sinceDirty(ctx, t, l, states[i], then, base.Snapshot.Read)
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
		states[i] = against(ctx, reading, t, files[looks[i].name], looks[i], states[i])
	}
}

// snapshotKnows is what a snapshot knows about a path.
type snapshotKnows int

const (
	snapshotClean  snapshotKnows = iota // the path was the same as in the snapshot's tree
	snapshotDirty                       // the path differed from that tree, and the snapshot has its state
	snapshotUnsure                      // the snapshot does not know the path's state
)

// knows returns what the snapshot knows about a path, and the path's state if it was dirty. If the snapshot is nil, the base is the tree of a
// revision, so every path was as in that tree.
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

// sinceDirty compares the file on disk with then, its state in the snapshot, by content or by stand-in. read is Snapshot.Read.
func sinceDirty(ctx context.Context, t *Tree, l *look, s PathState, then object.File, read int64) PathState {
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
		// The snapshot read no file of this size, so the content differs.
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

// against compares a file with base, its state in the base's tree; the zero File if the tree does not have it. reading bounds the time for hashing an
// added file: its blob only serves to recognise a rename.
func against(ctx, reading context.Context, t *Tree, base object.File, l *look, s PathState) PathState {
	s.Base = base
	if s.Change == Outside {
		if base.Present() { // the base has a file at this path, which is not in the worktree any more
			s.Change, s.Reason = Deleted, ""
		}
		return s
	}
	s.Now = l.now
	switch {
	case !s.Now.Present() || s.Now.Blob != "":
	case !base.Present():
		fillBlob(reading, t, &s)
	case base != l.index && base.Mode&object.ModeType == s.Now.Mode&object.ModeType:
		// The file is known to differ from its index entry, so it is compared only with a base that differs from that entry.
		stored, err := storesAs(ctx, t, l.name, base.Blob)
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

// storesAs reports whether git would store the content of a file or symbolic link as that blob, with or without its present filters. A blob that was
// stored under earlier attributes may have content that git would convert today.
func storesAs(ctx context.Context, t *Tree, name, blob string) (bool, error) {
	for _, filters := range [][]string{nil, {"--path=" + name}} {
		e, err := t.Disk.Entry(name)
		if err != nil {
			return false, err
		}
		stored, err := storedAs(ctx, t, e, filters...)
		if err != nil {
			return false, err
		}
		if stored == blob {
			return true, nil
		}
		if e.Mode() == object.ModeSymlink {
			break // git never converts the target of a link
		}
	}
	return false, nil
}

// storedAs returns the name of the blob as which git would store the content of a file or symbolic link. filters are the options of
// git-hash-object(1) that select the filters.
func storedAs(ctx context.Context, t *Tree, e disk.Entry, filters ...string) (string, error) {
	content, err := e.Open()
	if err != nil {
		return "", err
	}
	defer content.Close()
	out, err := t.Git.RunReading(ctx, content, append([]string{"hash-object", "--stdin"}, filters...)...)
	return strings.TrimSpace(string(out)), err
}
