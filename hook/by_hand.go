package hook

import (
	"context"
	"fmt"
	"io"
	"time"

	"stopgate/hook/artifact"
	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// Clean removes the artifacts of a worktree because a person asks for it, whoever left them and however old they are. Tracked files and
// other protected ones stay. It fails if the worktree cannot be searched completely.
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
	id := "clean-" + now.UTC().Format("20060102-150405") // the ids of steps have no hyphen
	plan := artifact.MakePlan(cleanup.Seen(survey.Candidates), artifact.Protected{Rules: rules, Kept: cleanup.ProtectedChanges(rules, survey.States)})
	result, err := sweep(ctx, cleanup.Sweeping{Place: place, Plan: plan, DryRun: dryRun, Key: grounds.Key(), ID: id})
	if err != nil {
		return cleanup.Outcome{}, err
	}
	done := *cleanup.NewOutcome(result, id)
	if dryRun {
		done.Trash = "" // nothing was put there
	}
	return done, nil
}

// Close ends an open task of the repository at dir because a person says so, whatever it waits for. It returns the task's own name.
func (r *Runner) Close(ctx context.Context, dir, task, reason string) (name string, err error) {
	grounds := site.GroundsOf("", dir)
	r.GivenGrounds = &grounds
	s := r.Scene(host.Event{})
	known := s.Journal().AllTasks(ctx, record.CapsOf(s.Config(ctx))).Find(task)
	if err := s.Journal().Err(); err != nil {
		return "", fmt.Errorf("reading the journal: %w", err)
	}
	switch {
	case known == nil || known.State.Phase == "":
		return "", fmt.Errorf("no task is called %s", quote.String(task, quote.MaxTask))
	case known.State.Phase == gates.Done:
		return "", fmt.Errorf("task %s is done already", quote.String(known.State.Task, quote.MaxTask))
	}
	name = known.State.Task
	scene.UpdateTask(ctx, s, name, func(t *record.Task) (struct{}, []record.Entry) {
		fact := record.Fact{Fact: gates.Fact{Kind: gates.Closed, Task: name, At: r.Now().UTC(), Why: quote.Reason(reason)}}
		return struct{}{}, []record.Entry{fact.Entry()}
	})
	if err := s.Journal().Err(); err != nil {
		return "", fmt.Errorf("recording that task %s is closed: %w", quote.String(name, quote.MaxTask), err)
	}
	return name, nil
}
