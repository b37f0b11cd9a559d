package inspect_test

import (
	"context"
	"testing"

	"stopgate/hook/inspect"
	"stopgate/hook/report"
	"stopgate/hook/site"
	"stopgate/hook/submission"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// watcher is an observer that sees no change and remembers what it compared with.
type watcher struct {
	inspect.Observer
	bases []worktree.Base
}

func (w *watcher) Claims(_ context.Context, _ worktree.Place, paths []string, base worktree.Base) []worktree.PathState {
	w.bases = append(w.bases, base)
	states := make([]worktree.PathState, len(paths))
	for i, path := range paths {
		states[i] = worktree.PathState{Path: path, Change: worktree.Unchanged}
	}
	return states
}

func (*watcher) Survey(context.Context, worktree.Place, worktree.Base, worktree.ScanOptions) worktree.Survey {
	return worktree.Survey{}
}

// TestLaunchOfAnotherWorktree: a snapshot proves nothing about another worktree than its own.
func TestLaunchOfAnotherWorktree(t *testing.T) {
	place := worktree.Place{Root: "/r/trees/T-2-y"}
	in := inspect.Inquiry{
		Grounds:    site.Grounds{Fixed: &place},
		Submission: submission.Submission{Kind: submission.ReportHandedIn, Report: report.Report{WorktreePath: "./trees/T-2-y", FilesModified: []string{"a"}}},
		Agent:      &transcript.Agent{},
		Records:    &inspect.Records{Launched: true, Begun: true},
	}
	for worktreeOfLaunch, used := range map[string]bool{"/r/trees/T-2-y": true, "/r/trees/T-1-x": false} {
		w := &watcher{}
		in.Launch = &inspect.Baseline{Worktree: worktreeOfLaunch}
		seen := inspect.Stop(t.Context(), w, nil, in)
		if len(w.bases) == 0 || (w.bases[0].Snapshot != nil) != used || seen.NoSnapshot == used {
			t.Errorf("%s: compared with %+v, and NoSnapshot is %t", worktreeOfLaunch, w.bases, seen.NoSnapshot)
		}
	}
}
