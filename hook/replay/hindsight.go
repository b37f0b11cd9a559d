package replay

import (
	"context"

	"stopgate/hook/inspect"
	"stopgate/hook/worktree"
)

// hindsight looks at present worktrees for a stop that happened long ago. The present state shows only what the agent itself cannot have changed
// since. Committed changes are no longer shown as changes.
type hindsight struct {
	inspect.Observer
	committed
}

func (h hindsight) Claims(ctx context.Context, place worktree.Place, paths []string, base worktree.Base) []worktree.PathState {
	states := h.Observer.Claims(ctx, place, paths, base)
	names := h.names(place.Root)
	if h.histories != nil {
		in := h.committed
		in.place = place
		var gone []string // not changed now
		for _, s := range states {
			if s.Change == worktree.Unchanged || s.Change == worktree.Missing {
				gone = append(gone, s.Path)
			}
		}
		h.fill(states, in.states(ctx, names, gone))
	}
	asOf(newMoment(&h.stop.Agent, h.end, names), states)
	return states
}

// fill replaces the states of paths that commits show as changed.
func (hindsight) fill(states, shown []worktree.PathState) {
	changed := map[string]worktree.PathState{}
	for _, s := range shown {
		if s.Change.Made() {
			changed[s.Path] = s
		}
	}
	for i, s := range states {
		if c, ok := changed[s.Path]; ok {
			states[i] = c
		}
	}
}

// Since returns the same observer: of a recorded stop no launch is recorded.
func (h hindsight) Since(context.Context, worktree.Place, worktree.Marks) inspect.Observer { return h }

func (h hindsight) Survey(context.Context, worktree.Place, worktree.Base, worktree.ScanOptions) worktree.Survey {
	return worktree.Survey{}
}
