package judge

import (
	"context"

	"stopgate/hook/repochange"
)

// After compares git's own files with what they said when the agent stopped, which is in.Marked, and finds out who may have changed them
// since. in.Agent.Run.Time must be that moment.
func After(ctx context.Context, observe Observer, witness Witness, in Inquiry) repochange.Changes {
	changes := in.compareMarks(ctx, observe)
	ctx, done := within(ctx, in.Time.Rest)
	defer done()
	in.whose(ctx, witness, &changes)
	return changes
}
