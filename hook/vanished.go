package hook

import (
	"context"
	"fmt"
	"slices"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// vanished takes in the gates and branch-managers that this session launched, and that are not at work any more although no stop of them
// was seen: an error of the API ended them, or the person did, and the host tells of neither. It returns what follows.
func (r *Runner) vanished(ctx context.Context, ev host.Event, ledger *ledger) []*step.Step {
	waiting := slices.DeleteFunc(ledger.tasks(ctx).All(), func(t *record.Task) bool { return len(t.Gone(ev.SessionID)) == 0 })
	if len(waiting) == 0 {
		return nil // nor has anybody to read what those in the background are for
	}
	busy, known := r.busy(ctx, ev, ledger)
	if !known {
		return nil
	}
	var steps []*step.Step
	room := host.MaxStep
	for _, w := range waiting {
		name := w.State.Task
		if busy[launch.TaskKey(name)] {
			continue
		}
		ledger.updateTask(ctx, name, func(t *record.Task) []record.Entry {
			var entries []record.Entry
			for _, f := range t.Gone(ev.SessionID) {
				f.Task, f.At = name, r.Now().UTC()
				f.Stop = quote.Digest("vanished", ev.SessionID, f.Gate, f.Agent, fmt.Sprint(len(t.State.Seen)))
				d := record.Fact{Fact: f}
				t.Take(ev.SessionID, d)
				entries = append(entries, record.FactEntry(d))
			}
			owed := t.State.Owed()
			if len(entries) == 0 || owed.Action == "" {
				return entries
			}
			step := t.Step(ledger.stepID(t, owed), gates.Agent{}, rule.NoResult, owed)
			if room -= quote.Length(step.Text()) + 2; room < 0 && len(steps) > 0 {
				return nil // at the end of the turn that this begins
			}
			steps = append(steps, step)
			return append(entries, reminder(ev, step))
		})
	}
	return steps
}

// busy are the tasks that agents in the background are at work on; not known where the host does not tell of them, or nobody can tell what
// one of them is for.
func (r *Runner) busy(ctx context.Context, ev host.Event, ledger *ledger) (tasks map[string]bool, known bool) {
	if ev.BackgroundTasks == nil {
		return nil, false
	}
	tasks = map[string]bool{}
	for _, b := range ev.BackgroundTasks {
		switch b.Type {
		case "shell", "monitor", "MCP task": // no agents
			continue
		}
		agent := r.peer(ctx, ev, b.ID)
		if agent.Prompt == "" {
			return nil, false
		}
		tasks[launch.TaskKey(r.findTask(ctx, ledger, protocolAgent{prompt: agent.Prompt}, launch.AssignmentOf(agent)).task)] = true
	}
	return tasks, true
}
