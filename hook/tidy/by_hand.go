package tidy

import (
	"context"
	"fmt"
	"io"
	"time"

	"stopgate/hook/artifact"
	"stopgate/hook/cleanup"
	"stopgate/hook/inspect"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// ByHand removes the artifacts of a worktree on a person's request, no matter who left them and when. Tracked and other protected files stay. It
// fails if the worktree cannot be searched completely.
func ByHand(ctx context.Context, observe inspect.Observer, sweep cleanup.Sweeper, dir string, dryRun bool, now time.Time) (cleanup.Outcome, error) {
	grounds, err := site.GroundsAt(dir)
	if err != nil {
		return cleanup.Outcome{}, err
	}
	place := *grounds.Repository
	rules := cleanup.Rules(site.ReadSettings(ctx, observe, grounds, io.Discard).Config)
	survey := observe.Survey(ctx, place, worktree.Base{}, cleanup.ScanOptions(rules))
	if survey.Incomplete != "" {
		return cleanup.Outcome{}, fmt.Errorf("searching the worktree %q: %s", place.Root, survey.Incomplete)
	}
	id := "clean-" + now.UTC().Format("20060102-150405") // the ids of steps have no hyphen
	plan := cleanup.Plan(survey, artifact.Protected{Rules: rules})
	result, err := sweep(ctx, cleanup.Sweeping{Place: place, Plan: plan, DryRun: dryRun, Key: grounds.Key(), ID: id})
	if err != nil {
		return cleanup.Outcome{}, err
	}
	done := *cleanup.NewOutcome(result, id)
	if dryRun {
		done.Trash = "" // nothing was moved there
	}
	return done, nil
}
