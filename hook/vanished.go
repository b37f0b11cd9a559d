package hook

import (
	"context"
	"fmt"

	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// vanished records the end of the gates and branch-managers that this session launched and that are not at work any more, although no stop
// of them was seen: an API error ended them, or the person did, and the host sends no event. It returns the steps that follow.
func (r *Runner) vanished(ctx context.Context, s *scene) []*step.Step {
	var waiting []*record.Task
	for _, t := range s.tasks(ctx).All() {
		if len(t.Vanished(s.ev.SessionID)) > 0 {
			waiting = append(waiting, t)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	busy, known := r.busyTasks(ctx, s)
	if !known {
		return nil
	}
	var batch step.Batch
	for _, t := range waiting {
		if name := t.State.Task; !busy[launch.TaskKey(name)] {
			next := updateTask(ctx, s, name, func(t *record.Task) (*step.Step, []record.Entry) { return r.recordVanished(s, t, &batch) })
			if next != nil {
				batch.Add(next)
			}
		}
	}
	return batch.Steps
}

// recordVanished takes the ends of a task's vanished agents into the protocol. If the batch has no room for the step that follows, nothing
// is recorded, and the ends are found again at the end of the next turn.
func (r *Runner) recordVanished(s *scene, t *record.Task, batch *step.Batch) (*step.Step, []record.Entry) {
	var entries []record.Entry
	name := t.State.Task
	for _, end := range t.Vanished(s.ev.SessionID) {
		end.Task, end.At = name, r.Now().UTC()
		end.Stop = quote.Digest("vanished", s.ev.SessionID, end.Gate, end.Agent, fmt.Sprint(len(t.State.Seen)))
		fact := record.Fact{Fact: end}
		t.Take(s.ev.SessionID, fact)
		entries = append(entries, fact.Entry())
	}
	if len(entries) == 0 {
		return nil, nil // its stop was seen meanwhile
	}
	next := t.OwedStep(rule.NoResult, t.State.Owed())
	switch {
	case next == nil:
		return nil, entries
	case !batch.Fits(next):
		return nil, nil
	}
	return next, append(entries, record.Reminded(next.StepID, next.TaskID, s.ev.HookEventName))
}

// busyTasks are the tasks that background agents are at work on, by their keys. They are not known if the host does not list its background
// tasks, or an agent's task cannot be read.
func (r *Runner) busyTasks(ctx context.Context, s *scene) (tasks map[string]bool, known bool) {
	if s.ev.BackgroundTasks == nil {
		return nil, false
	}
	tasks = map[string]bool{}
	for _, b := range s.ev.BackgroundTasks {
		switch b.Type {
		case "shell", "monitor", "MCP task": // no agents
			continue
		}
		agent := r.peer(ctx, s.ev, b.ID)
		if agent.Prompt == "" {
			return nil, false
		}
		a := r.findTask(ctx, s, protocolAgent{prompt: agent.Prompt}, launch.AssignmentOf(agent))
		tasks[launch.TaskKey(a.task)] = true
	}
	return tasks, true
}
