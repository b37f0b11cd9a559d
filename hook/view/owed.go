package view

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// OwedStep returns the step that a task owes now, or the one that an agent's stop led to, as its orchestrator is given it. name is the task in any
// spelling, or the id of the step or its first four characters; "" is the only open task. The error of an unknown or ambiguous name lists the open
// tasks.
func (r Reader) OwedStep(ctx context.Context, name string) (*step.Step, error) {
	records, _, err := r.open().Read(ctx, record.KindFact, record.KindStop)
	if err != nil {
		return nil, err
	}
	tasks := record.FoldTasks(records, r.Caps(ctx))
	var open []string
	var found []*step.Step
	for _, t := range tasks.Open() {
		r.presume(ctx, t)
		owed, verdict := t.State.Owed(), rule.Ended
		if owed.Why == gates.NoResult {
			verdict = rule.NoResult
		}
		s := t.OwedStep(verdict, owed)
		open = append(open, t.State.Task)
		if s == nil {
			continue
		}
		if name == "" || launch.TaskKey(t.State.Task) == gates.Key(name) || len(name) >= minCut && strings.HasPrefix(s.StepID, name) {
			s.Reminder = verdict == rule.Ended // the whole step was told before, except for an agent that vanished
			found = append(found, s)
		}
	}
	first, omitted := quote.First(open, maxSuggested)
	tasksOpen := "Open: " + shownAll(first) + quote.AndMore(omitted)
	if len(open) == 0 {
		tasksOpen = "No task is open"
	}
	if found == nil && len(name) >= minCut {
		found = stepsCalled(records, name)
	}
	switch known := tasks.Find(name); {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1 && name != "":
		return nil, fmt.Errorf("several steps have an id that begins with %s: give the whole id", shown(name, quote.MaxTask))
	case len(found) > 1:
		return nil, errors.New("several tasks are open: name one. " + tasksOpen)
	case name == "":
		return nil, errors.New("no task has a next step. " + tasksOpen)
	case known != nil && known.State.Phase != "":
		return nil, fmt.Errorf("%s has no next step: %s. %s", shown(name, quote.MaxTask), settled(known.State), tasksOpen)
	}
	return nil, fmt.Errorf("no task is recorded as %s. %s", shown(name, quote.MaxTask), tasksOpen)
}

// settled returns the reason why a known task has no next step.
func settled(s gates.State) string {
	switch {
	case s.Phase == gates.Done:
		return "it is done"
	case s.InHand:
		return "the person has taken it over, and no agent has begun since; if they want it checked, the next report of a coding agent goes to the gates"
	case s.Committed:
		return "its work is committed on a branch; if the person wants it merged, launch the branch-manager"
	}
	return "nothing is open"
}

// stepsCalled returns the steps of recorded stops whose ids begin with id.
func stepsCalled(records []journal.Record, id string) []*step.Step {
	var found []*step.Step
	for _, rec := range records {
		if rec.Kind != record.KindStop || !bytes.Contains(rec.Data, []byte(id)) {
			continue
		}
		if stop, ok := record.Data[record.Stop](rec); ok && stop.Step != nil && strings.HasPrefix(stop.Step.StepID, id) {
			found = append(found, stop.Step)
		}
	}
	return found
}
