package afterstop

import (
	"context"
	"slices"

	"stopgate/hook/actor"
	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/look"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/worktree"
)

// Unreported are the files that have changed since the last verified stop of a task's coding agent, and that no report lists. Nobody judged them.
type Unreported struct {
	// Files are the first of them, and Total is their number.
	Files []string
	Total int
	// Needs are the gates that the whole change needs now.
	Needs []gates.Gate
}

// maxUnreported is how many such files are named.
const maxUnreported = 20

// FindUnreported finds the files that nobody judged, when a gate or the branch-manager is launched in a worktree that has changed since the verified
// stop. A process that the agent left behind may have written them, or a person. They are compared with the same snapshot as at the stop. There are
// none while a coding agent works in the worktree: its own stop is still to be judged. tree is the fingerprint of the worktree now; "" if it cannot
// be read completely.
func FindUnreported(ctx context.Context, s *scene.Scene, a actor.Agent, tree string) Unreported {
	known := s.Task(ctx, a.Task)
	if known == nil || !a.Found || tree == "" || known.Judged() == "" || known.Judged() == tree {
		return Unreported{}
	}
	if state := known.State; !state.Verified || state.Committed || state.Done || state.Merging {
		return Unreported{}
	}
	var reports []func(name string) bool
	for _, t := range append(s.Tasks(ctx).All(), known) {
		if t.Worktree != a.Worktree {
			continue
		}
		reported, all := t.Reported()
		if t.State.Working || !all {
			return Unreported{}
		}
		reports = append(reports, reported)
	}
	launched := launchOf(ctx, s, known).Seen()
	if launched == nil || launched.Worktree != a.Worktree {
		return Unreported{}
	}
	survey := look.Survey(ctx, s, a.Place, worktree.Base{Snapshot: &launched.Snapshot})
	changed := cleanup.ChangedFiles(s.Config(ctx), survey, nil)
	if len(survey.Committed) > 0 {
		changed = withoutMain(ctx, s, a, changed)
	}
	beyond := slices.DeleteFunc(slices.Clone(changed), func(name string) bool {
		return slices.ContainsFunc(reports, func(reported func(string) bool) bool { return reported(name) })
	})
	if len(beyond) == 0 {
		return Unreported{}
	}
	found := Unreported{Total: len(beyond)}
	found.Files, _ = quote.First(beyond, maxUnreported)
	found.Needs, _ = record.Needs(s.Config(ctx), changed)
	return found
}

// withoutMain returns the files without those that are as the main worktree's branch has them: somebody has brought the task's branch up to date.
func withoutMain(ctx context.Context, s *scene.Scene, a actor.Agent, changed []string) []string {
	home, ok := s.Grounds().Main()
	if !ok || home.Branch() == "" {
		return changed
	}
	survey := look.Survey(ctx, s, a.Place, worktree.Base{Revision: "refs/heads/" + home.Branch()})
	if survey.Incomplete != "" {
		return changed
	}
	own := quote.Set(quote.Each(survey.States, func(s worktree.PathState) string { return s.Name }))
	return slices.DeleteFunc(changed, func(name string) bool { return !own[name] })
}
