package hook

import (
	"context"
	"path/filepath"

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
	Files    []File
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
}

// Judge holds what an agent handed in against what was asked of it and against git. It fills in all of the case but who the
// agent is and what the verdict: those depend on more than this stop.
func Judge(ctx context.Context, observe Observer, grounds Grounds, s Submission, asked Assignment) Case {
	c := Case{Asked: asked, Submission: s, Base: "HEAD"}
	seen := Evidence{Base: c.Base}
	if s.Kind == ReportHandedIn && !s.Unreadable() {
		seen.Site = grounds.FindSite(s.Report.WorktreePath, asked.WorktreePath)
		claims := Claims(s.Report, seen.Site.Place.Root)
		if seen.Site.Problem == SiteFound {
			c.Worktree = grounds.name(seen.Site.Place)
			seen.States = observeClaims(ctx, observe, seen.Site.Place, claims)
		}
		c.Files = files(claims, seen.States)
	}
	c.Findings = Verify(s, asked, seen)
	return c
}

// observeClaims looks at the claims that are paths; the others have the zero state. Never nil.
func observeClaims(ctx context.Context, observe Observer, place worktree.Place, claims []Claim) []worktree.PathState {
	var paths []string
	var at []int
	for i, c := range claims {
		if c.Invalid == "" {
			paths, at = append(paths, c.Path), append(at, i)
		}
	}
	states := make([]worktree.PathState, len(claims))
	if len(paths) > 0 {
		for i, state := range observe(ctx, place, paths) {
			states[at[i]] = state
		}
	}
	return states
}

func files(claims []Claim, states []worktree.PathState) []File {
	list := make([]File, len(claims))
	for i, c := range claims {
		f := File{Path: c.Path, Claimed: true, Change: worktree.Unknown}
		switch {
		case c.Invalid != "":
			f.Path = c.Listed
		case i < len(states):
			f.Change = states[i].Change
		}
		list[i] = f
	}
	return list
}

// proven are the claimed paths that git shows as changed.
func (c Case) proven() []string {
	var paths []string
	for _, f := range c.Files {
		if f.Claimed && isChange(f.Change) {
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
			return "./" + filepath.ToSlash(rel)
		}
	}
	return place.Root
}
