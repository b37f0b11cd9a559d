package judge

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stopgate/hook/artifact"
	"stopgate/hook/cleanup"
	"stopgate/hook/quote"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/trace"
)

// goes are the paths at this stop that are no changes of the agent's: the artifacts that are removed, or would be if nothing stood in
// the way of all.
func (e Evidence) goes() []string {
	if e.Leftovers.Skipped != "" {
		return cleanup.ByProducts(e.rules, e.Survey)
	}
	return cleanup.Removals(e.Leftovers.Plan)
}

// Leftovers are the artifacts that an agent's stop found, and what may be done with them.
type Leftovers struct {
	Plan artifact.Plan
	// Skipped says why none may be removed; the Plan is empty then.
	Skipped string
}

// leftovers decides what of the artifacts may go.
func leftovers(in Inquiry, seen Evidence) Leftovers {
	if len(seen.Survey.Candidates) == 0 {
		return Leftovers{}
	}
	before := in.before()
	switch {
	case seen.Base != BaseLaunch:
		return Leftovers{Skipped: "nobody knows which of them were there before the agent was launched"}
	case before.Snapshot.Incomplete != "" || before.Artifacts == nil:
		return Leftovers{Skipped: "not all that was there when the agent was launched is known"}
	case seen.Survey.Incomplete != "":
		return Leftovers{Skipped: "the worktree could not be searched whole"}
	case !trace.KnowsEdits(in.Agent):
		return Leftovers{Skipped: "the transcript does not tell all that the agent itself wrote"}
	}
	protected := artifact.Protected{
		Rules: in.Rules, Claimed: in.Reported, Written: trace.Written(in.Agent, seen.names), Kept: cleanup.ProtectedChanges(in.Rules, seen.Survey.States),
	}
	for _, rival := range seen.Rivals {
		if rival.Running {
			return Leftovers{Skipped: "another agent is still at work in this worktree"}
		}
		protected.Claimed = append(protected.Claimed, rival.Files...)
	}
	for _, r := range append(slices.Clone(in.Earlier), in.Submission.Report) { // sources are no leftovers because they are off the list
		for _, c := range readClaims(r, seen.Site.Place.Root) {
			protected.Claimed = append(protected.Claimed, c.Path, strings.TrimSuffix(c.Means, "/"))
		}
	}
	protected.Written = append(protected.Written, seen.sessionEdits...)
	for _, name := range before.Artifacts {
		protected.Before = append(protected.Before, string(name))
	}
	// What git tracked then, or showed as untracked, is not the agent's for being neither tracked nor shown now.
	for _, dirty := range before.Snapshot.Dirty {
		protected.Before = append(protected.Before, string(dirty.Name))
	}
	protected.Before = append(protected.Before, seen.Survey.Committed...)
	// What was moved since has another name, and is as old as it was.
	for _, c := range seen.Survey.Candidates {
		if !c.Oldest.IsZero() && c.Oldest.Before(before.At.Add(-clockStep)) {
			protected.Before = append(protected.Before, c.Path)
		}
	}
	return Leftovers{Plan: artifact.MakePlan(cleanup.Seen(seen.Survey.Candidates), protected)}
}

// clockStep is how far the clock of a file system may lag behind that of the process.
const clockStep = 100 * time.Millisecond

// verifyCleaned holds artifacts_cleaned against what is still there.
func verifyCleaned(r report.Report, seen Evidence) []rule.Finding {
	if !r.Cleaned {
		return nil
	}
	removable := map[string]bool{}
	for _, removal := range seen.Leftovers.Plan.Remove {
		removable[removal.Path] = true
	}
	listed := map[string]bool{}
	for _, entry := range r.ArtifactsCleaned {
		listed[path.Clean(filepath.ToSlash(entry))] = true
	}
	var left []string
	for _, c := range seen.Survey.Candidates {
		if removable[c.Path] || listed[c.Path] {
			left = append(left, c.Path)
		}
	}
	if len(left) == 0 {
		return nil
	}
	first, omitted := quote.First(left, quote.MaxList)
	return []rule.Finding{{
		Rule: rule.ArtifactLeft, Severity: rule.Note,
		Message: fmt.Sprintf("artifacts_cleaned says that the artifacts were removed, but %s still there when the agent stopped: %s", were(len(left)), quote.List(first, omitted)),
	}}
}

func were(n int) string {
	if n == 1 {
		return "1 was"
	}
	return fmt.Sprintf("%d were", n)
}
