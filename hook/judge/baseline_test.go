package judge_test

import (
	"context"
	"testing"

	"stopgate/hook/judge"
	"stopgate/hook/report"
	"stopgate/hook/site"
	"stopgate/hook/submission"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// watcher is an observer that sees no change and remembers what it was asked.
type watcher struct{ bases []worktree.Base }

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

func (*watcher) FileAt(context.Context, worktree.Place, string, string, int) ([]byte, error) {
	return nil, nil
}

func (*watcher) Marks(context.Context, worktree.Place) (worktree.Marks, error) {
	return worktree.Marks{}, nil
}

func (*watcher) Moved(context.Context, worktree.Place, worktree.Marks) (worktree.Marks, []worktree.MarkChange, error) {
	return worktree.Marks{}, nil, nil
}

func (w *watcher) Since(context.Context, worktree.Place, worktree.Marks) judge.Observer { return w }

func (*watcher) Snapshot(context.Context, worktree.Place, worktree.ScanOptions) (worktree.Snapshot, []worktree.Candidate, error) {
	return worktree.Snapshot{}, nil, nil
}

// TestLaunchOfAnotherWorktree: a snapshot proves nothing about another worktree than its own.
func TestLaunchOfAnotherWorktree(t *testing.T) {
	place := worktree.Place{Root: "/r/trees/T-2-y"}
	in := judge.Inquiry{
		Grounds:    site.Grounds{Fixed: &place},
		Submission: submission.Submission{Kind: submission.ReportHandedIn, Report: report.Report{WorktreePath: "./trees/T-2-y", FilesModified: []string{"a"}}},
		Agent:      &transcript.Agent{},
		Records:    &judge.Records{Launched: true, Begun: true},
	}
	for worktreeOfLaunch, used := range map[string]bool{"/r/trees/T-2-y": true, "/r/trees/T-1-x": false} {
		w := &watcher{}
		in.Launch = &judge.Baseline{Worktree: worktreeOfLaunch}
		c := judge.Stop(context.Background(), w, nil, in)
		if len(w.bases) == 0 || (w.bases[0].Snapshot != nil) != used || c.NoSnapshot == used {
			t.Errorf("%s: compared with %+v, and the case says %t", worktreeOfLaunch, w.bases, c.NoSnapshot)
		}
	}
}
