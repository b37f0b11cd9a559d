package hook

import (
	"context"

	"stopgate/hook/host"
)

// expected tells the orchestrator what must come, so that it notices when that does not: a hook that was switched off or killed says nothing.
const expected = "The plugin stopgate checks coding agents here. Every coding agent comes back to you with a text of stopgate's that names its verdict, beside its result or at the end of your turn. " +
	"If one comes back and you have no such text by your next turn, nothing of its work was checked: launch no gate and no branch-manager for it, and tell the person to run stopgate doctor."

// SessionStarted is what the orchestrator is told at the start of a session, and again when its context was compacted; "" outside of a
// repository, and in one that only observes.
func (r *Runner) SessionStarted(ctx context.Context, ev host.Event) string {
	s := r.scene(ev)
	if s.grounds.Repository == nil || !s.enforces(ctx) {
		return ""
	}
	return expected
}
