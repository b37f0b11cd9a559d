package view

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// OwedStep is the step that a task owes now, as its orchestrator is given it. name is the task in any spelling, or the id of that step or its
// first four characters; "" is the only open task. The error of an unknown or ambiguous name lists the open tasks.
func (r Reader) OwedStep(ctx context.Context, name string) (*step.Step, error) {
	records, _, err := r.open().Read(ctx, record.KindFact)
	if err != nil {
		return nil, err
	}
	tasks := record.FoldTasks(records, r.Caps(ctx))
	var open []string
	var found []*step.Step
	for _, t := range tasks.Open() {
		s := t.OwedStep(rule.Ended, t.State.Owed())
		open = append(open, t.State.Task)
		if s == nil {
			continue
		}
		if name == "" || launch.TaskKey(t.State.Task) == gates.Key(name) || len(name) >= minCut && strings.HasPrefix(s.StepID, name) {
			s.Reminder = true // it was told when it came to be owed
			found = append(found, s)
		}
	}
	first, omitted := quote.First(open, maxSuggested)
	tasksOpen := "Open: " + shownAll(first) + quote.AndMore(omitted)
	if len(open) == 0 {
		tasksOpen = "No task is open"
	}
	switch known := tasks.Find(name); {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, errors.New("several tasks are open: name one. " + tasksOpen)
	case name == "":
		return nil, errors.New("no task owes a step. " + tasksOpen)
	case known != nil && known.State.Phase != "":
		return nil, fmt.Errorf("%s owes no step. %s", shown(name, quote.MaxTask), tasksOpen)
	}
	return nil, fmt.Errorf("no task is recorded as %s. %s", shown(name, quote.MaxTask), tasksOpen)
}
