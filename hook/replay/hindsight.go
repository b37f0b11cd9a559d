package replay

import (
	"context"
	"slices"

	"stopgate/hook/judge"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// hindsight looks at worktrees as they stand now for a stop that happened long ago. What stands there now tells nothing of the stop but
// what the agent itself cannot have changed since.
type hindsight struct {
	judge.Observer
	stop  transcript.Stop
	end   *transcript.Agent
	bases []string
}

func (h hindsight) Claims(ctx context.Context, place worktree.Place, paths []string, base worktree.Base) []worktree.PathState {
	states := h.Observer.Claims(ctx, place, paths, base)
	agent := &h.stop.Agent
	claimed := judge.ReadSubmission(agent.LastMessage(), agent.Replies).Report.WorktreePath
	asOf(newMoment(agent, h.end, site.WorktreeNames(place.Root, claimed, append(slices.Clone(h.bases), agent.CWD))), states)
	return states
}

// Since is the same observer: of a recorded stop no launch is recorded.
func (h hindsight) Since(context.Context, worktree.Place, worktree.Marks) judge.Observer { return h }

func (h hindsight) Survey(context.Context, worktree.Place, worktree.Base, worktree.ScanOptions) worktree.Survey {
	return worktree.Survey{}
}
