package hook

import (
	"context"
	"fmt"
	"io"
	"time"

	"stopgate/hook/artifact"
	"stopgate/hook/cleanup"
	"stopgate/hook/config"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// clean sweeps the worktree of a judged stop; nil where there was nothing to sweep.
func (r *Runner) clean(ctx context.Context, c judge.Case, key string) *cleanup.Outcome {
	l := c.Leftovers
	switch {
	case r.Sweep == nil || !c.Verdict.Cleans():
		return nil
	case l.Skipped != "":
		return &cleanup.Outcome{Skipped: l.Skipped, KeptTotal: len(c.Survey.Candidates)}
	case len(l.Plan.Remove) == 0 && len(l.Plan.Kept) == 0:
		return nil
	}
	ctx, done := context.WithTimeout(ctx, sweepWithin)
	defer done()
	result, err := r.Sweep(ctx, cleanup.Sweeping{Place: c.Site.Place, Plan: l.Plan, Key: key, ID: c.StepID})
	if err != nil {
		fmt.Fprintf(r.Log, "stopgate: %v\n", err)
		return &cleanup.Outcome{Skipped: err.Error(), KeptTotal: len(c.Survey.Candidates)}
	}
	return cleanup.NewOutcome(result, c.StepID)
}

// cleanAfterTests removes what the test-runner's own runs left, since it would count for the tree that it passes and no agent could take
// it back: reports that git does not ignore and that are newer than its launch. No other agent of the protocol is at work by then. Nil
// where there was nothing to remove.
func (r *Runner) cleanAfterTests(ctx context.Context, ledger *ledger, o protocolAgent, survey worktree.Survey, id string) *cleanup.Outcome {
	if r.Sweep == nil || o.role != launch.GateRole || config.Role(launch.BaseName(o.gate)) != config.RoleTests || o.launch == nil || o.launch.At.IsZero() || survey.Incomplete != "" {
		return nil
	}
	rules := cleanup.Rules(ledger.config(ctx))
	protected := artifact.Protected{Rules: rules, Kept: cleanup.ProtectedChanges(rules, survey.States)}
	var own []worktree.Candidate
	for _, c := range survey.Candidates {
		if !c.Ignored && !c.Oldest.IsZero() && c.Oldest.After(o.launch.At) {
			own = append(own, c)
		}
	}
	plan := artifact.MakePlan(cleanup.Seen(own), protected)
	if len(plan.Remove) == 0 {
		return nil
	}
	ctx, done := context.WithTimeout(ctx, sweepWithin)
	defer done()
	result, err := r.Sweep(ctx, cleanup.Sweeping{Place: o.place, Plan: plan, Key: ledger.grounds.Key(), ID: id})
	if err != nil {
		fmt.Fprintf(r.Log, "stopgate: %v\n", err)
		return nil
	}
	return cleanup.NewOutcome(result, id)
}

// Clean removes the artifacts of a worktree because a person asks for it: whoever left them, and whenever. What git tracks and what
// else is protected for itself stays.
func Clean(ctx context.Context, observe judge.Observer, sweep cleanup.Sweeper, dir string, dryRun bool, now time.Time) (cleanup.Outcome, error) {
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
	// The names of steps hold no hyphen.
	id := "clean-" + now.UTC().Format("20060102-150405")
	plan := artifact.MakePlan(cleanup.Seen(survey.Candidates), artifact.Protected{Rules: rules, Kept: cleanup.ProtectedChanges(rules, survey.States)})
	result, err := sweep(ctx, cleanup.Sweeping{Place: place, Plan: plan, DryRun: dryRun, Key: grounds.Key(), ID: id})
	if err != nil {
		return cleanup.Outcome{}, err
	}
	return *cleanup.NewOutcome(result, id), nil
}
