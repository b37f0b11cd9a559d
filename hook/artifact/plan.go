// Package artifact removes what test runners, linters and compilers left in a work tree, and nothing else. It is the only code of
// the program that deletes.
//
// It works in three steps. Somebody else walks the work tree once and asks Candidate of every untracked entry. MakePlan judges what
// was seen against what must stay; it touches nothing. Sweep carries the plan out, through an os.Root, and looks again at
// everything in the moment before it removes it. Whatever is in doubt is kept, and reported with the reason.
//
// Paths are git's: relative to the top of the work tree, separated by '/', byte strings that need not be UTF-8.
package artifact

import (
	"cmp"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Seen is a candidate as a walk of the work tree found it.
type Seen struct {
	// Path is relative to the top of the work tree, separated by '/'.
	Path string
	// Dir is true for a directory. A symbolic link is none, whatever it points to.
	Dir bool
	// Files and Bytes are how much lies in it, 0 where the walk did not look: Sweep counts for itself.
	Files int
	Bytes int64
	// Tracked tells that the index, or HEAD, has the path or one beneath it. Where the file system does not tell case apart, or
	// might not, the walk compares without regard to case: Coverage/a in the index protects coverage/.
	Tracked bool
	// Staged tells that the index differs from HEAD at the path or beneath it.
	Staged bool
	// Symlink tells that the path is a symbolic link or has one on its way.
	Symlink bool
	// OtherDevice tells that something is mounted there, on its way or beneath it.
	OtherDevice bool
	// NestedRepository tells that it is a repository, lies in one or holds one.
	NestedRepository bool
	// Ignored tells that git ignores everything in it that it does not track.
	Ignored bool
	// Marked tells that its content is the tool's own: Examine finds that out.
	Marked bool
}

// Protected is what must stay, by the rules that say what an artifact is. The paths are relative to the top of the work tree. A path protects
// itself, the directories above it and, if it is a directory, everything beneath it. Case and Unicode normal forms do not count in comparisons,
// because it is not known what the file system makes of them.
type Protected struct {
	Rules
	// Claimed are the files_modified of the agent's report.
	Claimed []string
	// Written are the files that the agent's own transcript wrote or tried to write.
	Written []string
	// Kept are paths that the project protects.
	Kept []string
	// Before are the artifacts that were there when the agent started: Plan.Present of a plan made then with nothing protected.
	Before []string
}

// Plan is what is to be removed and what is to stay, both ordered by path: every candidate is in one of them. What lies in another
// entry of Remove goes with that one, or by itself should a second look keep the other.
type Plan struct {
	Remove []Removal
	Kept   []Kept
	// Rules are those that it was made by; Sweep looks again by them.
	Rules Rules
}

// Removal is an artifact that is to be removed, or was. Files and Bytes count what is in it besides directories; in a plan they are
// what the walk said.
type Removal struct {
	Path string
	Dir  bool
	// Ignored tells that git ignores it. What git does not ignore goes to the trash.
	Ignored bool
	Files   int
	Bytes   int64
}

// Kept is something that looked like an artifact and stays.
type Kept struct {
	Path   string
	Reason Reason
	// By is the path it is kept for, as it was given: the claimed file, the artifact inside. Empty where it is kept for itself.
	By string
}

// Reason is why something is kept: one word, which does not change from version to version.
type Reason string

// The reasons, in the order in which they are looked for. Whether the file stands there that a pattern wants beside the artifact,
// Sweep alone looks.
const (
	ReasonSymlink     Reason = "symlink"      // it is a symbolic link or is reached through one
	ReasonNotArtifact Reason = "not-artifact" // no pattern fits what it is, or the file that must stand beside it is missing
	ReasonExcluded    Reason = "excluded"     // it lies in an excluded directory
	ReasonMount       Reason = "mount"        // something is mounted there, or that cannot be told
	ReasonRepository  Reason = "repository"   // it is, holds or lies in a nested repository
	ReasonTracked     Reason = "tracked"      // git tracks it or something in it
	ReasonStaged      Reason = "staged"       // it or something in it is staged
	ReasonClaimed     Reason = "claimed"      // the report claims it or something in it
	ReasonWritten     Reason = "written"      // the agent itself wrote it or something in it
	ReasonExisted     Reason = "existed"      // it was there before the agent started
	ReasonUnmarked    Reason = "unmarked"     // git does not ignore it, and its content is not what the tool writes
	ReasonProtected   Reason = "protected"    // the project protects it or something in it

	// Sweep alone finds these.
	ReasonChanged Reason = "changed"  // it is no longer what it was a moment ago
	ReasonTooDeep Reason = "too-deep" // its directories are nested beyond all measure
)

// Explain says the reason as the end of a sentence that begins with the artifact's name.
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

// holds tells the reasons that keep the artifacts around one that is kept, too: what is in it matters, not what it is.
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
	// With the slash, whatever lies in a directory follows right after it.
	slices.SortFunc(all, func(a, b judged) int { return cmp.Compare(a.Seen.Path+"/", b.Seen.Path+"/") })

	var around []*judged // the entries that hold the current one, outermost first
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

// Present lists what a plan found, for Protected.Before of a later one. What git tracks is not among it: it is protected as long as
// git tracks it, and what a tool leaves in a tracked directory later may go.
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

// keep is why s must stay; without a Reason it may go.
func (j judge) keep(s Seen) Kept {
	keep := func(r Reason) Kept { return Kept{Path: s.Path, Reason: r} }
	if s.Symlink {
		return keep(ReasonSymlink)
	}
	pattern, no := j.rules.recognise(s.Path, s.Dir)
	if no != "" {
		return keep(no)
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

// recognise is the pattern that a path falls under, or why it falls under none. Whether its Beside is there it does not know.
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
