// Package cleanup plans which artifacts of a worktree are removed, and describes what was done with them.
package cleanup

import (
	"context"
	"path"
	"slices"

	"stopgate/hook/artifact"
	"stopgate/hook/config"
	"stopgate/hook/quote"
	"stopgate/hook/worktree"
)

// Sweeper removes artifacts from a worktree. An error means that it could not start, so nothing was removed.
type Sweeper func(ctx context.Context, s Sweeping) (artifact.Result, error)

// Sweeping is the task of a Sweeper.
type Sweeping struct {
	Place worktree.Place
	Plan  artifact.Plan
	// DryRun means that nothing is removed. The result is what would have been done.
	DryRun bool
	// Key is the key of the repository's journal; the trash is beside it. ID is the id of the removed files in the trash.
	Key, ID string
}

// Rules returns the rules for artifacts in a configuration.
func Rules(c config.Config) artifact.Rules {
	rules := artifact.Rules{}
	for _, a := range c.Artifacts.Add {
		rules.Add = append(rules.Add, artifact.Pattern{Name: a.Name, Dir: a.Dir})
	}
	if len(c.Artifacts.Protect) > 0 {
		rules.Protect = c.Artifacts.Protects
	}
	return rules
}

// GateRules returns the rules for what a command of a gate left: besides the artifacts, all by-products of builds and test runs, and what has one of the
// names that its test commands have.
func GateRules(c config.Config, named []string) artifact.Rules {
	rules := Rules(c)
	rules.Add = append(rules.Add, artifact.OfRuns()...)
	for _, name := range named {
		rules.Add = append(rules.Add, artifact.Pattern{Name: name}, artifact.Pattern{Name: name, Dir: true})
	}
	return rules
}

// ScanOptions returns the options for a walk that finds candidates for removal. It leaves out the directories that are never cleaned
// (seed, "Artifact Cleanup").
func ScanOptions(rules artifact.Rules) worktree.ScanOptions {
	return worktree.ScanOptions{Exclude: artifact.Excluded, Candidates: rules.Candidate}
}

// Plan decides which candidates of a survey are removed. protected is from the caller; the changed paths that its rules protect are added.
func Plan(survey worktree.Survey, protected artifact.Protected) artifact.Plan {
	protected.Kept = protectedChanges(protected.Rules, survey.States)
	return artifact.MakePlan(seen(survey.Candidates), protected)
}

// seen turns the candidates of a walk into the input of a plan.
func seen(candidates []worktree.Candidate) []artifact.Seen {
	list := make([]artifact.Seen, len(candidates))
	for i, c := range candidates {
		list[i] = artifact.Seen{
			Path: c.Path, Dir: c.Dir, Files: c.Files, Bytes: c.Size, Tracked: c.Tracked, Staged: c.Staged,
			Symlink: c.Symlink, OtherDevice: c.Mount, NestedRepository: c.Repository, Ignored: c.Ignored, Marked: c.Marked,
		}
	}
	return list
}

// ByProducts returns the paths of the artifacts that a survey found, whichever agent left them.
func ByProducts(rules artifact.Rules, survey worktree.Survey) []string {
	return removals(Plan(survey, artifact.Protected{Rules: rules}))
}

// protectedChanges returns the changed paths that the configuration protects; nil for none.
func protectedChanges(rules artifact.Rules, states []worktree.PathState) []string {
	if rules.Protect == nil {
		return nil
	}
	var kept []string
	for _, state := range states {
		if rules.Protect(state.Name) {
			kept = append(kept, state.Name)
		}
	}
	return kept
}

// Protects reports whether the configuration protects a file, or a directory that contains it.
func Protects(rules artifact.Rules, name string) bool {
	return rules.Protect != nil && rules.Protect(name)
}

// removals returns the paths that a plan removes.
func removals(plan artifact.Plan) []string {
	return quote.Each(plan.Remove, func(r artifact.Removal) string { return r.Path })
}

// Leaving returns the paths that a plan removes, without those for which the trash has no room, so that they stay.
func Leaving(plan artifact.Plan) []string {
	stays := plan.Overflow()
	return slices.DeleteFunc(removals(plan), func(path string) bool { return slices.Contains(stays, path) })
}

// TreePrint returns the fingerprint of a worktree that the gates pass: of everything that git shows there, without what cleanup removed after the
// survey. cleanup may be nil.
func TreePrint(survey worktree.Survey, cleanup *Outcome) string {
	if cleanup == nil {
		return survey.Fingerprint
	}
	paths := quote.Each(cleanup.Removed, func(r Removed) string { return r.Path })
	return survey.FingerprintWithout(paths)
}

// WithoutPaths returns the states of all files except those at or below one of paths.
func WithoutPaths(states []worktree.PathState, paths []string) []worktree.PathState {
	if len(paths) == 0 {
		return states
	}
	gone := quote.Set(paths)
	return slices.DeleteFunc(slices.Clone(states), func(s worktree.PathState) bool {
		for name := s.Name; name != "."; name = path.Dir(name) {
			if gone[name] {
				return true
			}
		}
		return false
	})
}

// Present returns the artifacts among the candidates that existed when an agent was launched, so they are not its own. It is never nil.
func Present(rules artifact.Rules, candidates []worktree.Candidate) []worktree.Name {
	present := []worktree.Name{}
	for _, name := range artifact.MakePlan(seen(candidates), artifact.Protected{Rules: rules}).Present() {
		present = append(present, worktree.Name(name))
	}
	return present
}

// ChangedFiles returns the files that differ from the survey's base, without leftovers of tests and builds, and without what cleanup removed after the
// survey. cleanup may be nil.
func ChangedFiles(conf config.Config, survey worktree.Survey, cleanup *Outcome) []string {
	without := ByProducts(Rules(conf), survey)
	if cleanup != nil {
		without = append(without, quote.Each(cleanup.Removed, func(r Removed) string { return r.Path })...)
	}
	return quote.Each(WithoutPaths(survey.States, without), func(state worktree.PathState) string { return state.Name })
}
