package worktree

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A Survey is what differs from a base in the whole work tree.
type Survey struct {
	// States are the paths that differ, sorted by name, as Claims would tell of
	// them: all that git status -uall shows and the base did not have, candidates
	// included. A nested repository is Added with the mode of a submodule.
	States []PathState
	// Committed are the names in which the tree of HEAD differs from that of the
	// base, sorted: git tracked them in one of the two.
	Committed []string
	// Candidates are those of the Scan.
	Candidates []Candidate
	// NewDirs are those of the Scan.
	NewDirs []string
	// Links are the symbolic links by which the work tree borrows the dependencies of the main one, sorted. They are no changes.
	Links []string
	// Fingerprint is equal for two looks between which nobody changed anything that
	// git would show: the commit of HEAD, and the content of every change. "" where
	// it is not known.
	Fingerprint string
	// Incomplete is why States may lack something; empty if they lack nothing.
	Incomplete string

	commit  string       // of HEAD, "" if it is not known
	changes []ScanChange // since HEAD
}

// Survey compares the whole work tree with base: what git status shows now, what
// it showed when the base was taken and does not show now, and what was committed
// since. Like Claims it never fails.
func (t *Tree) Survey(ctx context.Context, base Base, o ScanOptions) Survey {
	scan := t.Scan(ctx, o)
	links, changes := t.borrowed(scan.Changes)
	scan.Changes = changes
	s := Survey{Candidates: scan.Candidates, NewDirs: scan.NewDirs, Links: links, Incomplete: scan.Incomplete, changes: scan.marking()}
	if at, err := t.position(ctx); err == nil && scan.Incomplete == "" {
		s.commit = at.commit
		s.Fingerprint = fingerprint(at.commit, s.changes)
	}
	crowd := scan.leaveCrowds(base.Snapshot)
	names := scan.suspects(base.Snapshot)
	for _, u := range scan.Unseen {
		switch {
		case base.Snapshot.sawAlike(u):
		case u.isDir():
			s.incomplete("the directory %q cannot be looked into: %s", u.Name, u.Reason)
		default:
			names = append(names, string(u.Name))
		}
	}
	committed, err := t.committedSince(ctx, base)
	if err != nil {
		s.incomplete("finding what was committed since the base: %s", err)
	}
	slices.Sort(committed)
	s.Committed = committed
	names = append(names, committed...)
	s.States = slices.Grow(s.States, len(crowd))
	for _, c := range crowd {
		if _, again := slices.BinarySearch(committed, c.Name); again {
			continue
		}
		_, known := base.Snapshot.knows(c.Name)
		s.States = append(s.States, PathState{Path: c.Name, Name: c.Name, Change: Added, Status: c.Status, Now: c.Now, NoBase: known == snapshotUnsure})
	}
	slices.Sort(names)
	for _, state := range t.Claims(ctx, slices.Compact(names), base) {
		switch {
		case state.Change == Unknown:
			s.incomplete("%q cannot be judged: %s", state.Name, state.Reason)
		case state.Change.Made() && !state.BaseEqual:
			s.States = append(s.States, state)
		}
	}
	slices.SortStableFunc(s.States, func(a, b PathState) int { return strings.Compare(a.Name, b.Name) })
	return s
}

func (s *Survey) incomplete(format string, args ...any) {
	if s.Incomplete == "" {
		s.Incomplete = fmt.Sprintf(format, args...)
	}
}

// suspects are the names that may differ from the snapshot; from HEAD, where it is
// nil.
func (s *Scan) suspects(since *Snapshot) []string {
	var names []string
	shown := map[string]bool{}
	for _, u := range s.Unseen {
		shown[string(u.Name)] = true
	}
	for _, c := range s.Changes {
		shown[c.Name] = true
		if c.Linked {
			continue
		}
		then, dirty := since.dirty(c.Name)
		if dirty && then == c.Now && (c.Now.Blob != "" || c.Now.Stat != "" || !c.Now.present() || c.Now.IsRepository()) || c.Repository && then.IsRepository() {
			continue // of a repository that stood there before git shows nothing but that
		}
		names = append(names, c.Name)
	}
	if since != nil {
		for _, d := range since.Dirty {
			if !shown[string(d.Name)] {
				names = append(names, string(d.Name))
			}
		}
	}
	return names
}

// committedSince are the names that differ between the tree of base and that of
// HEAD; none for the zero Base.
func (t *repository) committedSince(ctx context.Context, base Base) ([]string, error) {
	revision := base.Revision
	if base.Snapshot != nil {
		revision = base.Snapshot.Tree
	}
	if base == (Base{}) || revision == "HEAD" {
		return nil, nil
	}
	if names, err := t.committedNatively(ctx, base, revision); err == nil || t.env.git == "" {
		return names, err
	}
	return t.askCommitted(ctx, revision)
}

func (t *repository) committedNatively(ctx context.Context, base Base, revision string) ([]string, error) {
	if err := t.readable(); err != nil {
		return nil, err
	}
	var then objectID // of an unborn branch
	var err error
	if revision != "" || base.Snapshot == nil {
		if then, err = t.treeOf(ctx, revision); err != nil {
			return nil, err
		}
	}
	now, err := t.treeOf(ctx, "HEAD")
	if err != nil {
		return nil, err
	}
	d := treeDiff{ctx: ctx, objects: newObjects(t.place.CommonDir)}
	defer d.objects.close()
	err = d.compare("", then, now)
	return d.names, err
}

// askCommitted lets git compare; an empty revision is the tree of an unborn branch.
func (t *repository) askCommitted(ctx context.Context, revision string) ([]string, error) {
	if strings.HasPrefix(revision, "-") || strings.ContainsRune(revision, 0) {
		return nil, fmt.Errorf("no revision %q", revision)
	}
	args := []string{"ls-tree", "-r", "-z", "--full-tree", "--name-only", "HEAD"}
	if revision != "" {
		args = []string{"diff-tree", "-r", "-z", "--name-only", "--no-renames", revision, "HEAD"}
	}
	if _, err := t.env.run(ctx, "rev-parse", "--verify", "--quiet", "HEAD^{tree}"); err != nil {
		if revision == "" { // unborn then and now
			return nil, nil
		}
		return nil, fmt.Errorf("HEAD has no commit: %w", err)
	}
	out, err := t.env.run(ctx, args...)
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 }), nil
}

// A treeDiff finds the names in which two trees differ. It reads only the trees
// that do.
type treeDiff struct {
	ctx     context.Context
	objects *objects
	names   []string
}

// compare goes below path; a zero hash is an empty tree.
func (d *treeDiff) compare(path string, a, b objectID) error {
	if a == b {
		return nil
	}
	if d.ctx.Err() != nil {
		return context.Cause(d.ctx)
	}
	if len(d.names) > defaultLimit {
		return fmt.Errorf("more than %d paths differ", defaultLimit)
	}
	filesA, dirsA, err := d.read(a)
	if err != nil {
		return err
	}
	filesB, dirsB, err := d.read(b)
	if err != nil {
		return err
	}
	for name, file := range filesA {
		if filesB[name] != file {
			d.names = append(d.names, joinName(path, name))
		}
	}
	for name := range filesB {
		if _, both := filesA[name]; !both {
			d.names = append(d.names, joinName(path, name))
		}
	}
	for name, dir := range dirsA {
		if err := d.compare(joinName(path, name), dir, dirsB[name]); err != nil {
			return err
		}
	}
	for name, dir := range dirsB {
		if _, both := dirsA[name]; !both {
			if err := d.compare(joinName(path, name), objectID{}, dir); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *treeDiff) read(id objectID) (files map[string]File, dirs map[string]objectID, err error) {
	if id.IsZero() || id.String() == emptyTree {
		return nil, nil, nil
	}
	content, err := d.objects.tree(id)
	if err == nil {
		files, dirs, err = parseTree(content)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading the tree %s: %w", id, err)
	}
	return files, dirs, nil
}
