package hook

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Case is one judged stop: everything that its verdict and its step follow from.
type Case struct {
	StepID    string
	AgentID   string
	AgentType string
	Asked     Assignment
	// Worktree is the path by which the orchestrator knows the worktree, "./trees/…"; "" where none was found.
	Worktree   string
	Submission Submission
	// Base names what the claims were compared with.
	Base string
	// Files are the claims with what was seen of each, in the order of the report.
	Files []File
	// Touched are the files in the worktree that git shows as changed and that the agent claims or edited.
	Touched []string
	// Edits are the agent's own, as its transcript tells them.
	Edits    []Edit
	Findings []Finding
	// Attempts is how often the agent was sent back before.
	Attempts int
	Verdict  Verdict
}

// File is what was seen of one path.
type File struct {
	// Path is as git spells it, or as the report does where it is not the path of one file.
	Path string `json:"path"`
	// Claimed tells that files_modified lists it.
	Claimed bool            `json:"claimed"`
	Change  worktree.Change `json:"change"`
	Proof   Proof           `json:"proof"`
}

// Proof says what shows that a file was changed.
type Proof string

const (
	// ByGit means git shows the change.
	ByGit Proof = "git"
	// ByTranscript means a tool use of the agent that succeeded; the worktree is not there to be looked at.
	ByTranscript Proof = "transcript"
	// Unproven means nothing shows it.
	Unproven Proof = "none"
)

// Inquiry is what is known when a stop is to be judged.
type Inquiry struct {
	Grounds    Grounds
	Submission Submission
	Asked      Assignment
	// Agent is what the transcript says; never nil, empty where there is none.
	Agent *transcript.Agent
	// Launch is what was recorded when the agent was launched; nil where nothing was, and then HEAD is the base.
	Launch *launchData
	// Rivals are the agents that worked in the worktree called name while this one did; nil for none known.
	Rivals func(name string, place worktree.Place) []Rival
	// Live tells that the agent has just stopped, so that its launch should have been seen.
	Live bool
	// End is the agent as its whole transcript tells of it, where the stop happened long ago: what came after the stop proves
	// nothing for the agent, and a worktree that is gone nothing against it. nil of a stop that happens now.
	End *transcript.Agent
}

// Judge holds what an agent handed in against what was asked of it and against git. It fills in all of the case but who the
// agent is and what the verdict: those depend on more than this stop.
func Judge(ctx context.Context, observe Observer, in Inquiry) Case {
	s := in.Submission
	c := Case{Asked: in.Asked, Submission: s, Base: baseHead}
	seen := Evidence{Base: c.Base}
	if s.Kind == ReportHandedIn && !s.Unreadable() {
		seen.Site = in.site()
		claims := Claims(s.Report, seen.Site.Place.Root)
		var base worktree.Base
		if seen.Site.Problem == SiteFound {
			c.Worktree = in.Grounds.name(seen.Site.Place)
			if in.Launch != nil && in.Launch.Worktree == c.Worktree {
				base.Snapshot, c.Base = &in.Launch.Snapshot, baseLaunch
			}
			seen.Base, seen.NoSnapshot = c.Base, in.Live && base.Snapshot == nil
			seen.States = observeClaims(ctx, observe, seen.Site.Place, claims, base)
		}
		names := worktreeNames(seen.Site.Place.Root, s.Report.WorktreePath, append(slices.Clone(in.Grounds.Bases), in.Agent.CWD))
		c.Edits = Edits(in.Agent, names)
		if in.End != nil {
			asOf(newMoment(in.Agent, in.End, names), seen.States)
		}
		c.Files = files(claims, seen, c.Edits)
		seen.Files, seen.Edits, seen.Transcript = c.Files, c.Edits, in.Agent.Lines > 0
		if seen.Site.Problem == SiteFound {
			seen.Strays = findStrays(ctx, observe, in, seen.Site, base, claims, c.Edits)
			if in.Rivals != nil {
				seen.Rivals = in.Rivals(c.Worktree, seen.Site.Place)
			}
		}
		c.Touched = seen.touched()
	}
	c.Findings = Verify(s, in.Asked, seen)
	return c
}

// Names of what claims are compared with.
const (
	baseHead   = "HEAD"
	baseLaunch = "the snapshot of its launch"
)

func (in Inquiry) site() Site {
	site := in.Grounds.FindSite(in.Submission.Report.WorktreePath, in.Asked.WorktreePath)
	if in.End != nil && (site.Problem == SiteAbsent || site.Problem == SiteNoRepository) {
		return Site{Problem: SiteGone}
	}
	return site
}

// observeClaims looks at the claims that are paths; the others have the zero state. Never nil.
func observeClaims(ctx context.Context, observe Observer, place worktree.Place, claims []Claim, base worktree.Base) []worktree.PathState {
	var paths []string
	var at []int
	for i, c := range claims {
		if c.Invalid == "" {
			paths, at = append(paths, c.Path), append(at, i)
		}
	}
	states := make([]worktree.PathState, len(claims))
	if len(paths) > 0 {
		for i, state := range observe.Claims(ctx, place, paths, base) {
			states[at[i]] = settled(state)
		}
	}
	return states
}

// settled is a state as the judge sees it: what is only staged and taken back in the worktree, or only taken out of the index, is no
// change of the file, whatever git status shows.
func settled(state worktree.PathState) worktree.PathState {
	if isChange(state.Change) && state.BaseEqual {
		state.Change = worktree.Unchanged
	}
	return state
}

func files(claims []Claim, seen Evidence, edits []Edit) []File {
	edited := map[string]bool{}
	for _, e := range edits {
		edited[e.Path] = true
	}
	list := make([]File, len(claims))
	for i, c := range claims {
		f := File{Path: c.Path, Claimed: true, Change: worktree.Unknown, Proof: Unproven}
		switch {
		case c.Invalid != "":
			f.Path = c.Listed
		case i < len(seen.States):
			f.Change = seen.States[i].Change
			if isChange(f.Change) {
				f.Proof = ByGit
			}
		case seen.Site.Problem == SiteGone && edited[c.Path]:
			f.Proof = ByTranscript
		}
		list[i] = f
	}
	return list
}

// proven are the claimed paths that git shows as changed.
func (c Case) proven() []string {
	var paths []string
	for _, f := range c.Files {
		if f.Claimed && f.Proof == ByGit {
			paths = append(paths, f.Path)
		}
	}
	return paths
}

func isChange(c worktree.Change) bool {
	switch c {
	case worktree.Modified, worktree.Added, worktree.Deleted, worktree.Renamed, worktree.Mode, worktree.Type:
		return true
	}
	return false
}

// name is the path by which people know a worktree: relative to the main worktree where it stands below it.
func (g Grounds) name(place worktree.Place) string {
	if g.Repository != nil {
		if rel, err := filepath.Rel(g.Repository.MainRoot(), place.Root); err == nil && filepath.IsLocal(rel) {
			return strings.TrimSuffix("./"+filepath.ToSlash(rel), "/.")
		}
	}
	return place.Root
}
