package inspect

import (
	"slices"
	"time"

	"stopgate/hook/artifact"
	"stopgate/hook/cleanup"
	"stopgate/hook/trace"
)

// Leftovers are the artifacts found when an agent stopped, and which of them may be removed. The zero Leftovers has none.
type Leftovers struct {
	Plan artifact.Plan
	// Skipped is the reason why none may be removed, with an empty Plan; "" if Plan decides.
	Skipped string
	// Paths do not count as changes: the artifacts that Plan removes, or would remove if cleaning were not skipped.
	Paths []string
}

// leftovers decides which artifacts may be removed.
func leftovers(in Inquiry, seen Evidence) Leftovers {
	if len(seen.Survey.Candidates) == 0 {
		return Leftovers{}
	}
	written, all := trace.Written(in.Agent, seen.names)
	if why := doubtful(in, seen, all); why != "" {
		return Leftovers{Skipped: why, Paths: cleanup.ByProducts(in.Rules, seen.Survey)}
	}
	plan := cleanup.Plan(seen.Survey, protected(in, seen, written))
	return Leftovers{Plan: plan, Paths: cleanup.Leaving(plan)}
}

// doubtful returns the reason why no artifact may be removed; "" if each can be decided. all means that the transcript shows every file that the
// agent wrote.
func doubtful(in Inquiry, seen Evidence, all bool) string {
	before := in.before()
	switch {
	case seen.Base != BaseLaunch:
		return "it is unknown which of them were there before the agent was launched"
	case before.Snapshot.Incomplete != "" || before.Artifacts == nil:
		return "it is not completely known what existed when the agent was launched"
	case seen.Survey.Incomplete != "":
		return "the worktree could not be searched completely"
	case !all:
		return "the transcript does not show every file that the agent wrote"
	}
	if slices.ContainsFunc(seen.Others, func(o trace.OtherAgent) bool { return o.Running }) {
		return "another agent still works in this worktree"
	}
	if seen.unheard {
		return "another agent has begun, and nothing shows yet where it works"
	}
	return ""
}

// protected returns the paths that must not be removed: what an agent claims or wrote, and what was there before.
func protected(in Inquiry, seen Evidence, written []string) artifact.Protected {
	before := in.before()
	protected := artifact.Protected{Rules: in.Rules, Claimed: in.Reported, Written: written}
	for _, other := range seen.Others {
		protected.Claimed = append(protected.Claimed, other.Files...)
	}
	for _, r := range append(slices.Clone(in.Earlier), in.Submission.Report) { // a source that was taken off the list is not a leftover
		for _, c := range readClaims(r, seen.Roots) {
			protected.Claimed = append(protected.Claimed, c.everyPath()...)
		}
	}
	protected.Written = append(protected.Written, seen.sessionEdits...)
	for _, name := range before.Artifacts {
		protected.Before = append(protected.Before, string(name))
	}
	// A path that git tracked then, or showed as untracked, is older than the run, even if git does not show it now.
	for _, dirty := range before.Snapshot.Dirty {
		protected.Before = append(protected.Before, string(dirty.Name))
	}
	protected.Before = append(protected.Before, seen.Survey.Committed...)
	// A path that was moved since has a new name, but its times are older than the launch.
	for _, c := range seen.Survey.Candidates {
		if !c.Oldest.IsZero() && c.Oldest.Before(before.At.Add(-clockStep)) {
			protected.Before = append(protected.Before, c.Path)
		}
	}
	return protected
}

// clockStep is how far the clock of a file system may be behind that of the process.
const clockStep = 100 * time.Millisecond
