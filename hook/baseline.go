package hook

import (
	"context"
	"fmt"

	"stopgate/hook/cleanup"
	"stopgate/hook/judge"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/repochange"
	"stopgate/hook/worktree"
)

// baseline is what a worktree is like now, as the launch or the next run of an agent records it. It names what could not be seen. Git's own
// files come first and have time of their own.
func (r *Runner) baseline(ctx context.Context, s *scene, place worktree.Place) record.Launch {
	rules, name := cleanup.Rules(s.config(ctx)), s.grounds.Name(place)
	now := record.Launch{Baseline: judge.Baseline{Worktree: name, At: r.Now().UTC(), Plugin: judge.PluginPrint(r.Folders.Plugin)}}
	observe := r.careful(ctx, s, place)
	now.Marked = r.marks(ctx, observe, name, place)
	looking, done := context.WithTimeout(ctx, lookWithin)
	defer done()
	snapshot, candidates, err := observe.Snapshot(looking, place, cleanup.ScanOptions(rules))
	if err == nil {
		now.Snapshot, now.Artifacts = snapshot, cleanup.Present(rules, candidates)
	} else {
		fmt.Fprintf(r.Log, "stopgate: %v; what this agent does cannot be verified\n", err)
		now.Snapshot.Incomplete = reasonOf(err)
	}
	now.Main, now.MainUnseen = r.mainSnapshot(looking, observe, s, place)
	return now
}

// reasonOf is an error as a record keeps it.
func reasonOf(err error) string { return quote.Line(quote.Clip(err.Error(), quote.MaxReason)) }

// mainSnapshot is what the main worktree is like, and why not all of it can be seen; neither if place is the main worktree itself.
func (r *Runner) mainSnapshot(ctx context.Context, observe judge.Observer, s *scene, place worktree.Place) (seen *worktree.Snapshot, unseen string) {
	home, ok := s.grounds.Main()
	if !ok || home.GitDir == place.GitDir {
		return nil, ""
	}
	snapshot, _, err := observe.Snapshot(ctx, home, worktree.ScanOptions{})
	if err != nil {
		fmt.Fprintf(r.Log, "stopgate: %v; what this agent runs cannot be verified\n", err)
		return nil, reasonOf(err)
	}
	return &snapshot, snapshot.Incomplete
}

// marks is what git's own files say now; nil if they cannot be read.
func (r *Runner) marks(ctx context.Context, observe judge.Observer, name string, place worktree.Place) *repochange.Marked {
	ctx, done := context.WithTimeout(ctx, marksWithin)
	defer done()
	marks, err := observe.Marks(ctx, place)
	if err != nil {
		fmt.Fprintf(r.Log, "stopgate: %v; what this agent does cannot be verified\n", err)
		return nil
	}
	return &repochange.Marked{Worktree: name, Marks: marks}
}
