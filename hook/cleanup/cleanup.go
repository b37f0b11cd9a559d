// Package cleanup says what of a worktree's artifacts may be removed, and what became of them.
package cleanup

import (
	"context"
	"path"
	"slices"

	"stopgate/hook/artifact"
	"stopgate/hook/config"
	"stopgate/hook/worktree"
)

// Sweeper removes the artifacts of a plan from a worktree. An error means that it could not begin.
type Sweeper func(ctx context.Context, s Sweeping) (artifact.Result, error)

// Sweeping is what a Sweeper is to do.
type Sweeping struct {
	Place worktree.Place
	Plan  artifact.Plan
	// DryRun asks what would be done, and for nothing to be.
	DryRun bool
	// Key names the journal beside which the trash stands, and ID what is removed in it.
	Key, ID string
}

// Rules are what counts as an artifact by a configuration.
func Rules(c config.Config) artifact.Rules {
	rules := artifact.Rules{}
	for _, a := range c.Artifacts.Add {
		rules.Add = append(rules.Add, artifact.Pattern{Name: a.Name, Dir: a.Dir, Tool: "this project's tools", Source: config.FileName})
	}
	if len(c.Artifacts.Protect) > 0 {
		rules.Protect = c.Artifacts.Protects
	}
	return rules
}

// ScanOptions are how a worktree is walked: with an eye for what tools leave behind, but not in the directories that the seed leaves
// alone.
func ScanOptions(rules artifact.Rules) worktree.ScanOptions {
	return worktree.ScanOptions{Exclude: artifact.Excluded, Candidates: rules.Candidate}
}

// Seen are a walk's candidates as a plan is made of them.
func Seen(candidates []worktree.Candidate) []artifact.Seen {
	seen := make([]artifact.Seen, len(candidates))
	for i, c := range candidates {
		seen[i] = artifact.Seen{
			Path: c.Path, Dir: c.Dir, Files: c.Files, Bytes: c.Size, Tracked: c.Tracked, Staged: c.Staged,
			Symlink: c.Symlink, OtherDevice: c.Mount, NestedRepository: c.Repository, Ignored: c.Ignored, Marked: c.Marked,
		}
	}
	return seen
}

// ByProducts are the paths of the artifacts among what a survey saw, whoever left them.
func ByProducts(rules artifact.Rules, survey worktree.Survey) []string {
	return Removals(artifact.MakePlan(Seen(survey.Candidates), artifact.Protected{Rules: rules, Kept: ProtectedChanges(rules, survey.States)}))
}

// ProtectedChanges are the changes that the configuration protects from being cleaned up, or the directories of theirs that it does.
func ProtectedChanges(rules artifact.Rules, states []worktree.PathState) []string {
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

// Removals are the paths that a plan removes.
func Removals(plan artifact.Plan) []string {
	paths := make([]string, len(plan.Remove))
	for i, r := range plan.Remove {
		paths[i] = r.Path
	}
	return paths
}

// TreePrint names the state of a worktree as the gates pass it: with everything that git shows there, but for what was removed since
// the survey.
func TreePrint(survey worktree.Survey, cleanup *Outcome) string {
	if cleanup == nil {
		return survey.Fingerprint
	}
	paths := make([]string, len(cleanup.Removed))
	for i, r := range cleanup.Removed {
		paths[i] = r.Path
	}
	return survey.FingerprintWithout(paths)
}

// WithoutPaths are the states of which no path lies at or below one of paths.
func WithoutPaths(states []worktree.PathState, paths []string) []worktree.PathState {
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

// Present are the candidates that were there when the agent was launched: whatever they are, they are not its own. Never nil.
func Present(rules artifact.Rules, candidates []worktree.Candidate) []worktree.Name {
	present := []worktree.Name{}
	for _, name := range artifact.MakePlan(Seen(candidates), artifact.Protected{Rules: rules}).Present() {
		present = append(present, worktree.Name(name))
	}
	return present
}
