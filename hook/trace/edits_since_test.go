package trace_test

import (
	"testing"
	"time"

	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// TestOthersOfLongAgo: an agent that never returned is in no conflict over changes that it made before this one began.
func TestOthersOfLongAgo(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	peer := &transcript.Agent{ToolUses: []transcript.ToolUse{
		{Name: "Write", Path: "/r/trees/T/a", Outcome: transcript.Succeeded, Time: began.Add(-time.Minute)},
		{Name: "Write", Path: "/r/trees/T/b", Outcome: transcript.Succeeded, Time: began.Add(time.Minute)},
		{Name: "Write", Path: "/r/trees/T/c", Outcome: transcript.Failed, Time: began.Add(time.Minute)},
	}}
	got := trace.EditsSince(peer, worktree.Place{Root: "/r/trees/T"}, began)
	if len(got) != 1 || got[0] != "b" {
		t.Errorf("got %q", got)
	}
}
