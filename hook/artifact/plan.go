// Package artifact removes what test runners, linters and compilers left in a work tree, and nothing else. It is the only code of the program that
// deletes.
//
// It works in three steps. The caller walks the work tree once and calls Candidate for every untracked entry. MakePlan decides which candidates may
// be removed; it touches nothing. Sweep carries out the plan, through an os.Root, and checks everything again immediately before it removes it. In
// doubt a file is kept, and reported with the reason.
//
// Paths are git's: relative to the top of the work tree, separated by '/', byte strings that need not be UTF-8.
package artifact

import (
	"cmp"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/artifact/trash"
)

// Seen is a candidate as a walk of the work tree found it.
type Seen struct {
	// Path is relative to the top of the work tree, separated by '/'.
	Path string
	// Dir means a directory. A symbolic link is none, whatever it points to.
	Dir bool
	// Files and Bytes are the size of its content, 0 if the walk did not look; Sweep counts for itself.
	Files int
	Bytes int64
	// Tracked means that the index, or HEAD, has the path or one below it. If the file system ignores case, or may do so, the walk ignores it too:
	// Coverage/a in the index protects coverage/.
	Tracked bool
	// Staged means that the index differs from HEAD at the path or below it.
	Staged bool
	// Symlink means that the path is a symbolic link, or leads through one.
	Symlink bool
	// OtherDevice means that something is mounted at the path, above it or below it.
	OtherDevice bool
	// NestedRepository means that it is a repository, is in one or contains one.
	NestedRepository bool
	// Ignored means that git ignores all untracked files in it.
	Ignored bool
	// Marked means that its content is the tool's own, by Examine.
	Marked bool
}

// Protected has the paths that must stay, and the rules for artifacts. The paths are relative to the top of the work tree. A path protects itself,
// the directories above it and, if it is a directory, everything below it. Comparisons ignore case and Unicode normal forms, because the file
// system may ignore them.
type Protected struct {
	Rules
	// Claimed are the files_modified of the agent's report.
	Claimed []string
	// Written are the files that the agent's own transcript wrote or tried to write.
	Written []string
	// Kept are paths that the project protects.
	Kept []string
	// Before are the artifacts that existed when the agent started: Plan.Present of a plan made then with nothing protected.
	Before []string
}

// Plan lists what is to be removed and what is to stay, both sorted by path; every candidate is in one of the lists. An entry of Remove may contain
// another one: that one is removed with it, or separately if the second check keeps the outer one.
type Plan struct {
	Remove []Removal
	Kept   []Kept
	// Rules are the rules that it was made by; Sweep checks by them again.
	Rules Rules
}

// Removal is an artifact that is to be removed, or was. Files and Bytes count its content without directories; in a plan they are from the walk.
type Removal struct {
	Path string
	Dir  bool
	// Ignored means that git ignores it. What git does not ignore goes to the trash.
	Ignored bool
	Files   int
	Bytes   int64
}

// Kept is something that looked like an artifact and stays.
type Kept struct {
	Path   string
	Reason Reason
	// By is the path that the reason is about: the claimed file, the artifact inside. Empty if it is about the artifact itself.
	By string
}

// Reason is why something is kept: one word, which does not change from version to version.
type Reason string

// The reasons, in the order in which they are checked. Only Sweep checks whether the file exists that a pattern wants beside the artifact.
const (
	ReasonSymlink     Reason = "symlink"      // it is a symbolic link or is reached through one
	ReasonNotArtifact Reason = "not-artifact" // no pattern matches, or the file that must be beside it is missing
	ReasonExcluded    Reason = "excluded"     // it is in an excluded directory
	ReasonMount       Reason = "mount"        // something is mounted there, or that is unknown
	ReasonRepository  Reason = "repository"   // it is, contains or is in a nested repository
	ReasonTracked     Reason = "tracked"      // git tracks it or something in it
	ReasonStaged      Reason = "staged"       // it or something in it is staged
	ReasonClaimed     Reason = "claimed"      // the report claims it or something in it
	ReasonWritten     Reason = "written"      // the agent itself wrote it or something in it
	ReasonExisted     Reason = "existed"      // it was there before the agent started
	ReasonUnmarked    Reason = "unmarked"     // git does not ignore it, and its content is not what the tool writes
	ReasonProtected   Reason = "protected"    // the project protects it or something in it

	// Only Sweep finds these.
	ReasonChanged Reason = "changed"  // it has changed since it was checked
	ReasonTooDeep Reason = "too-deep" // its directories are nested too deeply
)

// Explain returns the reason as the end of a sentence that begins with the artifact's name.
func (r Reason) Explain() string { return explanations[r] }

var explanations = map[Reason]string{
	ReasonSymlink:     "is a symbolic link or is reached through one",
	ReasonNotArtifact: "has the name of an artifact but is none",
	ReasonExcluded:    "lies in an excluded directory",
	ReasonMount:       "is, or holds, a mount point",
	ReasonRepository:  "belongs to a nested repository",
	ReasonTracked:     "is tracked by git, or something in it is",
	ReasonStaged:      "is staged, or something in it is",
	ReasonClaimed:     "is claimed in files_modified, or something in it is",
	ReasonWritten:     "was written by the agent itself, or something in it was",
	ReasonExisted:     "was there before the agent started",
	ReasonUnmarked:    "has the name of an artifact, but holds what no such tool writes, or lies where none writes it",
	ReasonProtected:   "is protected by the project's configuration, or something in it is",
	ReasonChanged:     "changed while it was looked at",
	ReasonTooDeep:     "is nested too deep",
}

// holds reports whether the reason also keeps the artifacts that contain the kept one. It does if the reason is about the content and not about the
// kind of path.
func (r Reason) holds() bool {
	switch r {
	case ReasonSymlink, ReasonNotArtifact, ReasonExcluded, ReasonUnmarked:
		return false
	}
	return true
}

// MakePlan decides what may be removed. It is pure.
func MakePlan(seen []Seen, p Protected) Plan {
	judge := judge{rules: p.Rules, claimed: newPathSet(p.Claimed), written: newPathSet(p.Written), before: newPathSet(p.Before), kept: newPathSet(p.Kept)}

	type judged struct {
		Seen
		Kept
	}
	all := make([]judged, 0, len(seen))
	for _, s := range seen {
		all = append(all, judged{s, judge.keep(s)})
	}
	// With the slash, everything in a directory follows directly after it.
	slices.SortFunc(all, func(a, b judged) int { return cmp.Compare(a.Seen.Path+"/", b.Seen.Path+"/") })

	var around []*judged // the entries that contain the current one, outermost first
	for i := range all {
		current := &all[i]
		for len(around) > 0 && !beneath(current.Seen.Path, around[len(around)-1].Seen.Path) {
			around = around[:len(around)-1]
		}
		for _, outer := range around {
			if outer.Reason == "" && current.Reason.holds() && current.Reason != "" {
				outer.Kept = Kept{outer.Seen.Path, current.Reason, current.Seen.Path}
			}
		}
		around = append(around, current)
	}

	plan := Plan{Rules: p.Rules}
	for _, j := range all {
		if j.Reason != "" {
			plan.Kept = append(plan.Kept, j.Kept)
		} else {
			plan.Remove = append(plan.Remove, Removal{Path: j.Seen.Path, Dir: j.Dir, Ignored: j.Ignored, Files: j.Files, Bytes: j.Bytes})
		}
	}
	plan.sort()
	return plan
}

func (p Plan) sort() {
	slices.SortFunc(p.Remove, func(a, b Removal) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortFunc(p.Kept, func(a, b Kept) int { return cmp.Compare(a.Path, b.Path) })
}

// Overflow returns the paths in Remove that are too large for the trash. They will stay, unless git ignores them.
func (p Plan) Overflow() []string {
	var over []string
	var total int64
	last := ""
	for _, r := range p.Remove { // in the order in which Sweep takes them
		if r.Ignored || last != "" && beneath(r.Path, last) {
			continue
		}
		if total+r.Bytes > trash.Size || r.Files > trash.MaxEntries {
			over = append(over, r.Path)
			continue
		}
		total, last = total+r.Bytes, r.Path
	}
	return over
}

// Present lists the artifacts that a plan found, for Protected.Before of a later one. It leaves out tracked ones: they are protected as long as
// they are tracked, and what a tool leaves later in a tracked directory may be removed.
func (p Plan) Present() []string {
	var present []string
	for _, r := range p.Remove {
		present = append(present, r.Path)
	}
	for _, k := range p.Kept {
		if k.Reason != ReasonTracked {
			present = append(present, k.Path)
		}
	}
	slices.Sort(present)
	return present
}

type judge struct {
	rules                          Rules
	claimed, written, before, kept pathSet
}

// keep returns the reason why s must stay; without a Reason it may be removed.
func (j judge) keep(s Seen) Kept {
	keep := func(r Reason) Kept { return Kept{Path: s.Path, Reason: r} }
	if s.Symlink {
		return keep(ReasonSymlink)
	}
	pattern, no := j.rules.recognise(s.Path, s.Dir)
	if no != "" {
		return keep(no)
	}
	if pattern.Common && !s.Marked || pattern.Wanted && s.Ignored {
		return keep(ReasonNotArtifact)
	}
	for _, fact := range []struct {
		is bool
		Reason
	}{
		{s.OtherDevice, ReasonMount},
		{s.NestedRepository, ReasonRepository},
		{s.Tracked, ReasonTracked},
		{s.Staged, ReasonStaged},
	} {
		if fact.is {
			return keep(fact.Reason)
		}
	}
	key := fold(s.Path)
	for _, list := range []struct {
		pathSet
		Reason
	}{
		{j.claimed, ReasonClaimed},
		{j.written, ReasonWritten},
		{j.before, ReasonExisted},
		{j.kept, ReasonProtected},
	} {
		if by, ok := list.touching(key); ok {
			return Kept{s.Path, list.Reason, by}
		}
	}
	if !s.Ignored && !s.Marked && !pattern.declared {
		return keep(ReasonUnmarked)
	}
	return Kept{}
}

// recognise returns the pattern that a path matches, or the reason why it matches none. It does not check Beside.
func (r Rules) recognise(p string, dir bool) (Pattern, Reason) {
	elements := strings.Split(p, "/")
	pattern, ok := r.find(elements, dir)
	if !ok || path.Clean(p) != p || !filepath.IsLocal(filepath.FromSlash(p)) {
		return Pattern{}, ReasonNotArtifact
	}
	if slices.ContainsFunc(elements[:len(elements)-pattern.elements()], Excluded) {
		return Pattern{}, ReasonExcluded
	}
	return pattern, ""
}

func beneath(p, dir string) bool {
	return len(p) > len(dir) && p[len(dir)] == '/' && strings.HasPrefix(p, dir)
}
