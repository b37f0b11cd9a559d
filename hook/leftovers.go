package hook

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stopgate/hook/artifact"
	"stopgate/hook/config"
	"stopgate/hook/quote"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// artifactRules are what counts as an artifact by a configuration.
func artifactRules(c config.Config) artifact.Rules {
	rules := artifact.Rules{}
	for _, a := range c.Artifacts.Add {
		rules.Add = append(rules.Add, artifact.Pattern{Name: a.Name, Dir: a.Dir, Tool: "this project's tools", Source: config.FileName})
	}
	if len(c.Artifacts.Protect) > 0 {
		rules.Protect = c.Artifacts.Protects
	}
	return rules
}

// scanOptions are how a worktree is walked: with an eye for what tools leave behind, but not in the directories that the seed leaves
// alone.
func scanOptions(rules artifact.Rules) worktree.ScanOptions {
	return worktree.ScanOptions{Exclude: artifact.Excluded, Candidates: rules.Candidate}
}

// seenArtifacts are a walk's candidates as a plan is made of them.
func seenArtifacts(candidates []worktree.Candidate) []artifact.Seen {
	seen := make([]artifact.Seen, len(candidates))
	for i, c := range candidates {
		seen[i] = artifact.Seen{
			Path: c.Path, Dir: c.Dir, Files: c.Files, Bytes: c.Size, Tracked: c.Tracked, Staged: c.Staged,
			Symlink: c.Symlink, OtherDevice: c.Mount, NestedRepository: c.Repository, Ignored: c.Ignored, Marked: c.Marked,
		}
	}
	return seen
}

// byProducts are the paths of the artifacts among what a survey saw, whoever left them.
func byProducts(rules artifact.Rules, survey worktree.Survey) []string {
	return removals(artifact.MakePlan(seenArtifacts(survey.Candidates), artifact.Protected{Rules: rules, Kept: protectedChanges(rules, survey.States)}))
}

// protectedChanges are the changes that the configuration protects from being cleaned up, or the directories of theirs that it does.
func protectedChanges(rules artifact.Rules, states []worktree.PathState) []string {
	if rules.Protect == nil {
		return nil
	}
	var kept []string
	for _, state := range states {
		for name := state.Name; name != "."; name = path.Dir(name) {
			if rules.Protect(name) {
				kept = append(kept, name)
				break
			}
		}
	}
	return kept
}

// removals are the paths that a plan removes.
func removals(plan artifact.Plan) []string {
	paths := make([]string, len(plan.Remove))
	for i, r := range plan.Remove {
		paths[i] = r.Path
	}
	return paths
}

// goes are the paths at this stop that are no changes of the agent's: the artifacts that are removed, or would be if nothing stood in
// the way of all.
func (e Evidence) goes() []string {
	if e.Leftovers.Skipped != "" {
		return byProducts(e.rules, e.Survey)
	}
	return removals(e.Leftovers.Plan)
}

// treePrint names the state of a worktree as the gates pass it: with everything that git shows there, but for what was removed since
// the survey.
func treePrint(survey worktree.Survey, cleanup *Cleanup) string {
	if cleanup == nil {
		return survey.Fingerprint
	}
	paths := make([]string, len(cleanup.Removed))
	for i, r := range cleanup.Removed {
		paths[i] = r.Path
	}
	return survey.FingerprintWithout(paths)
}

// withoutPaths are the states of which no path lies at or below one of paths.
func withoutPaths(states []worktree.PathState, paths []string) []worktree.PathState {
	if len(paths) == 0 {
		return states
	}
	gone := map[string]bool{}
	for _, p := range paths {
		gone[p] = true
	}
	return slices.DeleteFunc(slices.Clone(states), func(s worktree.PathState) bool {
		for name := s.Name; name != "."; name = path.Dir(name) {
			if gone[name] {
				return true
			}
		}
		return false
	})
}

// artifactsPresent are the candidates that were there when the agent was launched: whatever they are, they are not its own. Never nil.
func artifactsPresent(rules artifact.Rules, candidates []worktree.Candidate) []worktree.Name {
	present := []worktree.Name{}
	for _, name := range artifact.MakePlan(seenArtifacts(candidates), artifact.Protected{Rules: rules}).Present() {
		present = append(present, worktree.Name(name))
	}
	return present
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
	case seen.Base != baseLaunch:
		return Leftovers{Skipped: "nobody knows which of them were there before the agent was launched"}
	case before.Snapshot.Incomplete != "" || before.Artifacts == nil:
		return Leftovers{Skipped: "not all that was there when the agent was launched is known"}
	case seen.Survey.Incomplete != "":
		return Leftovers{Skipped: "the worktree could not be searched whole"}
	case !trace.KnowsEdits(in.Agent):
		return Leftovers{Skipped: "the transcript does not tell all that the agent itself wrote"}
	}
	protected := artifact.Protected{
		Rules: in.Rules, Claimed: in.Reported, Written: trace.Written(in.Agent, seen.names), Kept: protectedChanges(in.Rules, seen.Survey.States),
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
	return Leftovers{Plan: artifact.MakePlan(seenArtifacts(seen.Survey.Candidates), protected)}
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
