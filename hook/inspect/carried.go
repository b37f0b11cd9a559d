package inspect

import (
	"context"
	"path"
	"slices"

	"stopgate/hook/quote"
	"stopgate/hook/worktree"
)

// Predecessors is what is recorded of the coding agents that were launched for the same task, or a unit of its ticket, and the same worktree before the
// judged one.
type Predecessors struct {
	// Snapshot is from the launch of the first of them.
	Snapshot worktree.Snapshot
	// AtWork means that one of them is at work, so that its work is not to be taken over.
	AtWork bool
	// Verified are the files of their verified reports.
	Verified []string
}

// baseFirst is the base of work that more than one agent did.
const baseFirst = "the snapshot of the first launch for this task"

// carry finds the earlier work on the task that the worktree still has: of the agent's own earlier reports, and of the agents before it. A successor
// may list what no verified report lists, since nobody else can answer for it.
func carry(ctx context.Context, observe Observer, in Inquiry, seen *Evidence, base worktree.Base) {
	if seen.Base != BaseLaunch {
		return
	}
	listed := map[string]int{} // and then -1 for what is carried
	for i, c := range seen.Claims[:len(seen.States)] {
		listed[c.Path] = i
	}
	if inherited := in.inherited(); len(inherited) > 0 {
		mayTake := quote.Set(inherited)
		for _, name := range slices.Concat(in.Before.Verified, seen.Survey.Links) {
			delete(mayTake, name)
		}
		own := quote.Set(in.Reported)
		for i, state := range look(ctx, observe, seen.Site.Place, inherited, worktree.Base{Snapshot: &in.Before.Snapshot}) {
			name := inherited[i]
			if !state.Change.Made() || slices.Contains(seen.Survey.Links, name) {
				continue
			}
			seen.Begun = baseFirst
			open := mayTake[name] && !in.Before.AtWork
			at, claimed := listed[name]
			switch {
			case !claimed:
				listed[name], seen.Carried = -1, append(seen.Carried, name)
				if open && !own[name] {
					seen.Unverified = append(seen.Unverified, name)
				}
			case open && seen.States[at].Change == worktree.Unchanged && seen.States[at].DirtyBefore:
				seen.States[at] = state
			}
		}
	}
	var reported []string
	for _, name := range in.Reported {
		if _, known := listed[name]; !known {
			listed[name], reported = -1, append(reported, name)
		}
	}
	if len(reported) == 0 {
		return
	}
	for i, state := range look(ctx, observe, seen.Site.Place, reported, base) {
		if state.Change.Made() {
			seen.Carried = append(seen.Carried, reported[i])
		}
	}
}

// inherited returns the files that had changed when the agent was launched, and that had not when the first agent of its task was. The leftovers of
// tools are not among them.
func (in Inquiry) inherited() []string {
	if in.Before == nil || in.Launch == nil {
		return nil
	}
	left := map[worktree.Name]bool{}
	for _, name := range in.Launch.Artifacts {
		left[name] = true
	}
	var names []string
	rest := in.Before.Snapshot.Dirty // sorted, like the other
	for _, f := range in.Launch.Snapshot.Dirty {
		for len(rest) > 0 && rest[0].Name < f.Name {
			rest = rest[1:]
		}
		if len(rest) > 0 && rest[0] == f {
			continue
		}
		artifact := false
		for name := string(f.Name); name != "."; name = path.Dir(name) {
			artifact = artifact || left[worktree.Name(name)]
		}
		if !artifact {
			names = append(names, string(f.Name))
		}
	}
	return names
}
