package status

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/worktree/object"
)

// A Survey has all differences of the worktree from a base.
type Survey struct {
	// States are the paths that differ, sorted by name, as Claims would return them: everything that git status -uall shows and that the base did not
	// have, candidates included. A nested repository is Added, with the mode of a submodule.
	States []PathState
	// Committed are the names that differ between the tree of the base and the tree of HEAD, sorted. Git tracked each of them in at least one of the
	// two.
	Committed []string
	// Candidates are the candidates of the Scan.
	Candidates []Candidate
	// NewDirs are the new directories of the Scan.
	NewDirs []string
	// Links are the symbolic links to the dependencies of another worktree, sorted. They do not count as changes. StagedLinks are those that the next
	// commit would include.
	Links       []string
	StagedLinks []string
	// Hidden are the files that the ignore rules outside of the worktree hide now and did not hide when the snapshot was taken, if the files are new
	// or changed since. They are not in States. HiddenUnseen is the reason why that is unknown; "" if it is known.
	Hidden       []Hidden
	HiddenUnseen string
	// Fingerprint identifies the state of the worktree: it stays equal as long as nothing changes that git would show. It covers the commit of HEAD
	// and the content of every change. It is "" if one of them is unknown.
	Fingerprint string
	// OnBase is what Fingerprint would be if the base's commit were HEAD: work keeps it when it is committed. It is "" unless the base is a Revision
	// that is a full object name, and if a change is unknown.
	OnBase string
	// Head is the commit of HEAD; "" if it is unknown or if there is none.
	Head string
	// Incomplete is the reason why States may lack something; "" if they are complete.
	Incomplete string

	changes []ScanChange // compared with HEAD
}

// Clean reports whether the worktree has nothing that its commit has not, except what git ignores.
func (s *Survey) Clean() bool { return len(s.changes) == 0 && s.Incomplete == "" && s.Head != "" }

// Survey compares the whole worktree with base. It looks at what git status shows now, at what git status showed when the base was taken and no
// longer shows, and at what was committed since. Like Claims it never fails.
func (t *Tree) Survey(ctx context.Context, base Base, o ScanOptions) Survey {
	scan := t.Scan(ctx, o)
	links, changes := borrowed(t, scan.Changes)
	scan.Changes = changes
	s := Survey{Candidates: scan.Candidates, NewDirs: scan.NewDirs, Incomplete: scan.Incomplete, changes: scan.fingerprinted()}
	for _, link := range links {
		s.Links = append(s.Links, link.Name)
		if link.isStaged() {
			s.StagedLinks = append(s.StagedLinks, link.Name)
		}
	}
	if at, err := t.Position(ctx); err == nil && scan.Incomplete == "" {
		s.Head = at.Commit
		s.Fingerprint = fingerprint(at.Commit, s.changes)
	}
	crowd := scan.leaveCrowds(base.Snapshot)
	names := scan.suspects(base.Snapshot, t.Place.Linked())
	for _, u := range scan.Unseen {
		switch {
		case base.Snapshot.sawAlike(u):
		case u.isDir():
			s.incomplete("the directory %q cannot be looked into: %s", u.Name, u.Reason)
		default:
			names = append(names, string(u.Name))
		}
	}
	committed, err := t.Differ(ctx, base.revision(), "HEAD")
	if err != nil {
		s.incomplete("finding what was committed since the base: %s", err)
	}
	slices.Sort(committed)
	s.Committed = committed
	names = append(names, committed...)
	s.States = slices.Grow(s.States, len(crowd)+len(names))
	for _, c := range crowd {
		if _, again := slices.BinarySearch(committed, c.Name); again {
			continue
		}
		_, known := base.Snapshot.knows(c.Name)
		s.States = append(s.States, PathState{Path: c.Name, Name: c.Name, Change: Added, Status: c.Status, Now: c.Now, NoBase: known == snapshotUnsure})
	}
	slices.Sort(names)
	for _, state := range t.compare(ctx, slices.Compact(names), base, false) {
		switch {
		case state.Change == Unknown:
			s.incomplete("%q cannot be judged: %s", state.Name, state.Reason)
		case state.Change.Made() && !state.BaseEqual:
			s.States = append(s.States, state)
		}
	}
	findHidden(ctx, t, base.Snapshot, scan.Changes, &s)
	doubtIgnored(ctx, t, base, scan.ruleFiles, &s)
	byName := func(a, b PathState) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(s.States, byName) { // they are sorted if they are all of crowds
		slices.SortStableFunc(s.States, byName)
	}
	if s.Incomplete == "" {
		s.OnBase = onBase(ctx, t, base.Revision, s.States)
	}
	return s
}

// onBase returns the fingerprint that the worktree has on a commit, from which the states differ; "" if commit is no full object name.
func onBase(ctx context.Context, t *Tree, commit string, states []PathState) string {
	if _, ok := object.ParseID(commit); !ok {
		return ""
	}
	changes := make([]ScanChange, len(states))
	for i, state := range states {
		changes[i] = ScanChange{Name: state.Name, Status: state.Status, Now: t.onDisk(ctx, state.Name, state.Now.Mode)}
	}
	return fingerprint(commit, changes)
}

func (s *Survey) incomplete(format string, args ...any) {
	if s.Incomplete == "" {
		s.Incomplete = fmt.Sprintf(format, args...)
	}
}

// suspects returns the names that may differ from the snapshot, or from HEAD if it is nil. inLinked means that the scan is of a linked worktree.
func (s *Scan) suspects(since *Snapshot, inLinked bool) []string {
	var names []string
	shown := map[string]bool{}
	for _, u := range s.Unseen {
		shown[string(u.Name)] = true
	}
	for _, c := range s.Changes {
		shown[c.Name] = true
		if c.Linked && !inLinked { // the main worktree contains the worktrees of tasks
			continue
		}
		then, dirty := since.wasDirty(c.Name)
		if dirty && then == c.Now && (c.Now.Blob != "" || c.Now.Stat != "" || !c.Now.Present() || c.Now.IsRepository()) || c.Repository && then.IsRepository() {
			continue // git shows no more than that the repository exists, as it did before
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
