package hook

import (
	"context"
	"fmt"
	"strings"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// spoke is a message of the person's own. Whatever it says, it is their word on what waits for them; what the protocol calls for then
// goes to the orchestrator beside it.
func (r *Runner) spoke(ctx context.Context, ev host.Event) Answer {
	if !host.ByPerson(ev) {
		return Answer{}
	}
	ledger := r.ledger(ev)
	var steps []*step.Step
	for _, known := range ledger.tasks(ctx).All() {
		switch known.State.Phase {
		case gates.Authorise, gates.Escalated, gates.Blocked:
		default:
			continue
		}
		name := known.State.Task
		ledger.updateTask(ctx, name, func(t *record.Task) []record.Entry {
			if t.State.Owed().Action == gates.Merge {
				return nil // they have given their word already
			}
			d := record.Fact{Fact: gates.Fact{Kind: gates.PersonSpoke, Task: name, At: r.Now().UTC()}}
			if ordered := t.Take(ev.SessionID, d); ordered.Action != "" {
				steps = append(steps, t.Step(ledger.stepID(t, ordered), gates.Agent{}, rule.Ended, ordered))
			}
			return []record.Entry{record.FactEntry(d)}
		})
	}
	if len(steps) == 0 {
		return Answer{}
	}
	var told []record.Entry
	for _, d := range record.FitInOne(dues(steps)) {
		told = append(told, reminder(ev, d.Step))
	}
	ledger.Append(ctx, told...)
	return Answer{Output: ledger.tell(ctx, ev.HookEventName, steps)}
}

// remind holds the orchestrator at the end of its turn for a step that it was told and has not taken, once; a second time it lets go and
// tells the person. A task that waits for the person, or for somebody at work, holds nobody, and one holds nobody but the session in which
// something happened to it last. The merge that the person's word calls for is told here where it could not be told beside that word.
func (r *Runner) remind(ctx context.Context, ev host.Event, ledger *ledger) Answer {
	if len(ev.BackgroundTasks) > 0 || !ledger.enforces(ctx) {
		return Answer{}
	}
	var steps []*step.Step
	var notices []string
	room := host.MaxStep
	for _, t := range ledger.tasks(ctx).All() {
		owed := t.State.Owed()
		merge := owed.Action == gates.Merge
		if t.LastIn != ev.SessionID || !merge && (owed.Person || owed.Action != gates.Deploy && owed.Action != gates.Resume) {
			continue
		}
		step := t.Step(ledger.stepID(t, owed), gates.Agent{}, rule.Ended, owed)
		step.Reminder = !merge
		ledger.Update(ctx, func(h record.History) []record.Entry {
			told := h.Reminders[step.StepID]
			if h.ToldAtStop(t.LastAgent(), owed) {
				told++
			}
			size := quote.Length(step.Text()) + 2
			switch {
			case told == 0 && (size <= room || len(steps) == 0):
				steps, room = append(steps, step), room-size
			case told == 1 && !merge:
				notices = append(notices, fmt.Sprintf("stopgate: task %s in %s stands still: owed is %s, and the orchestrator ends its turn without it",
					quote.String(t.State.Task, quote.MaxTask), quote.String(t.Worktree, quote.MaxPath), quote.Line(string(owed.Action)+" "+strings.Join(owed.Gates, ", "))))
			default: // what has no room now comes at the end of the turn that this begins
				return nil
			}
			return []record.Entry{reminder(ev, step)}
		})
	}
	if ledger.Err != nil {
		return Answer{} // what cannot be counted would hold the orchestrator at every turn
	}
	out := ledger.tell(ctx, ev.HookEventName, steps)
	if len(notices) > 0 {
		out.SystemMessage = strings.TrimPrefix(out.SystemMessage+"\n"+strings.Join(notices, "\n"), "\n")
	}
	return Answer{Output: out}
}

// reminder is the record that a step which belongs to no agent's return was told.
func reminder(ev host.Event, step *step.Step) record.Entry {
	return record.Entry{Kind: record.KindReminder, Task: step.TaskID, Data: record.Delivery{StepID: step.StepID, Via: ev.HookEventName}}
}

// stepID names what a task owes at this point of its history.
func (l *ledger) stepID(t *record.Task, g gates.Step) string {
	return quote.Digest("owed", gates.Key(t.State.Task), string(g.Action), string(g.Why), strings.Join(g.Gates, " "), fmt.Sprint(len(t.State.History), len(t.State.Seen)))
}

// tell is the answer that brings steps to the orchestrator which belong to no agent's return, as far as they fit.
func (l *ledger) tell(ctx context.Context, event string, steps []*step.Step) host.Output {
	if len(steps) == 0 {
		return host.Output{}
	}
	return l.carry(ctx, event, record.FitInOne(dues(steps)))
}

func dues(steps []*step.Step) []record.OwedStep {
	list := make([]record.OwedStep, len(steps))
	for i, s := range steps {
		list[i] = record.OwedStep{AgentID: s.AgentID, Step: s}
	}
	return list
}
