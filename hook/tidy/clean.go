// Package tidy removes what tools left in a worktree: when a coding agent or a gate stops, or when a person asks for it.
package tidy

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"stopgate/hook/actor"
	"stopgate/hook/artifact"
	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// AfterStop removes what an agent's tools left in the worktree, if the agent may stop; nil if there was nothing to remove.
func AfterStop(ctx context.Context, s *scene.Scene, c judge.Case) *cleanup.Outcome {
	l := c.Leftovers
	switch {
	case s.Sweep == nil || !c.Verdict.Cleans():
		return nil
	case l.Skipped != "":
		return &cleanup.Outcome{Skipped: l.Skipped, KeptTotal: len(c.Survey.Candidates)}
	case len(l.Plan.Remove) == 0 && len(l.Plan.Kept) == 0:
		return nil
	}
	outcome, err := sweep(ctx, s, cleanup.Sweeping{Place: c.Site.Place, Plan: l.Plan, Key: s.Grounds().Key(), ID: c.StepID})
	switch {
	case err != nil:
		return &cleanup.Outcome{Skipped: err.Error(), KeptTotal: len(c.Survey.Candidates)}
	case outcome.RemovedTotal+outcome.KeptTotal+outcome.FailedTotal == 0:
		return nil
	}
	return outcome
}

// clockTick is how far the time of a file may be behind the clock: the kernel stamps files with the time of its last timer interrupt.
const clockTick = 10 * time.Millisecond

// AfterGate removes what a gate left in the worktree, if git does not ignore it, it is newer than the gate's launch, and the task's reports do not have
// it: artifacts, and by-products that were made while one of the gate's commands ran. A gate writes no file on purpose, and its files would belong to
// the tree that it passes, and void every earlier pass. survey was made by rules, those of [cleanup.GateRules]. While another gate is at work on the
// task, the files may be that gate's. Then they stay until it stops, but do not count as part of the tree, nor does any other new file with which alone
// the tree differs from the one that this gate was launched on. While a coding agent is at work in the worktree, they stay and count. It returns nil if
// there was nothing to remove.
func AfterGate(ctx context.Context, s *scene.Scene, a actor.Agent, agent *transcript.Agent, survey worktree.Survey, rules artifact.Rules, id string) *cleanup.Outcome {
	if s.Sweep == nil || a.Role != launch.GateRole || a.Launch == nil || a.Launch.At.IsZero() || survey.Incomplete != "" {
		return nil
	}
	survey.Candidates = slices.DeleteFunc(slices.Clone(survey.Candidates), func(c worktree.Candidate) bool {
		return c.Ignored || c.Oldest.IsZero() || !c.Oldest.After(a.Launch.At.Add(-clockTick))
	})
	artifacts := cleanup.ByProducts(cleanup.Rules(s.Config(ctx)), survey)
	survey.Candidates = slices.DeleteFunc(survey.Candidates, func(c worktree.Candidate) bool {
		return !slices.Contains(artifacts, c.Path) && (!agent.MayHaveMade(c.Oldest, c.Newest, clockTick) || inEnvironment(a.Place.Root, c.Path))
	})
	task, protected := s.Task(ctx, a.Task), artifact.Protected{Rules: rules}
	if task != nil {
		protected.Claimed = task.Files()
	}
	plan := cleanup.Plan(survey, protected)
	if othersAtWork(task, a.Gate) {
		return besideOthers(survey, plan, task, a)
	}
	if len(plan.Remove) == 0 || coderAtWork(ctx, s, a) {
		return nil
	}
	outcome, err := sweep(ctx, s, cleanup.Sweeping{Place: a.Place, Plan: plan, Key: s.Grounds().Key(), ID: id})
	if err != nil {
		return nil
	}
	return outcome
}

// inEnvironment reports whether a path is in a virtual environment of Python or Conda, whatever its name. Its bin folder is no by-product: without it the
// rest is useless.
func inEnvironment(root, name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		for _, mark := range []string{"pyvenv.cfg", "conda-meta"} {
			if _, err := os.Lstat(filepath.Join(root, filepath.FromSlash(dir), mark)); err == nil {
				return true
			}
		}
	}
	return false
}

// besideOthers is AfterGate while another gate is at work on the task. That gate may still delete what its runs left. If it does not, the tree that
// is merged is another one.
func besideOthers(survey worktree.Survey, plan artifact.Plan, task *record.Task, a actor.Agent) *cleanup.Outcome {
	later := &cleanup.Outcome{}
	for _, remove := range plan.Remove {
		later.Removed = append(later.Removed, cleanup.Removed{Path: remove.Path})
	}
	all := &cleanup.Outcome{Removed: slices.Clone(later.Removed)}
	for _, state := range survey.States {
		whole := filepath.Join(a.Place.Root, filepath.FromSlash(state.Name))
		if state.Change == worktree.Added && !slices.Contains(task.Files(), state.Name) && !trace.WrittenBefore(whole, a.Launch.At) {
			all.Removed = append(all.Removed, cleanup.Removed{Path: state.Name})
		}
	}
	launched := func(g gates.GateState) bool {
		return g.Name == a.Gate && slices.ContainsFunc(g.Runs, func(run gates.Run) bool {
			return run.Call == a.Launch.ToolUseID && run.Tree != "" && run.Tree == cleanup.TreePrint(survey, all)
		})
	}
	if slices.ContainsFunc(task.State.Gates, launched) {
		return all
	}
	return later
}

// othersAtWork reports whether another gate is at work on a task; t may be nil.
func othersAtWork(t *record.Task, gate string) bool {
	return t != nil && slices.ContainsFunc(t.State.Gates, func(g gates.GateState) bool {
		return g.Name != gate && slices.ContainsFunc(g.Runs, func(run gates.Run) bool { return !run.Stale })
	})
}

// coderAtWork reports whether a coding agent is at work in the worktree. What looks like a by-product may be its work, which no report has yet.
func coderAtWork(ctx context.Context, s *scene.Scene, a actor.Agent) bool {
	return len(s.History(ctx).Occupants(ctx, s.Grounds().Name(a.Place), s.Event.AgentID, s.Event.TranscriptPath, s.Now())) > 0
}

// sweepWithin is the time limit for cleaning in one event. The rest of its time is for the journal, since every decision must be recorded.
const sweepWithin = 4 * time.Second

func sweep(ctx context.Context, s *scene.Scene, what cleanup.Sweeping) (*cleanup.Outcome, error) {
	ctx, done := context.WithTimeout(ctx, sweepWithin)
	defer done()
	result, err := s.Sweep(ctx, what)
	if err != nil {
		fmt.Fprintf(s.Log, "stopgate: %v\n", err)
		return nil, err
	}
	return cleanup.NewOutcome(result, what.ID), nil
}
