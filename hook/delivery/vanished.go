package delivery

import (
	"context"
	"fmt"

	"stopgate/hook/actor"
	"stopgate/hook/crosscheck"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/step"
)

// Merged completes the end of a vanished branch-manager with what git shows of its work.
type Merged func(ctx context.Context, s *scene.Scene, t *record.Task, end gates.Fact) record.Fact

// Vanished records the end of gates and branch-managers that are no longer at work although no stop was seen. An API error or the person ended them,
// and then the host sends no event. See record.Task.Vanished. It returns the steps that follow.
func Vanished(ctx context.Context, s *scene.Scene, merged Merged) []*step.Step {
	var waiting []*record.Task
	ends := map[*record.Task][]gates.Fact{}
	for _, t := range s.Tasks(ctx).All() {
		if ends[t] = t.Vanished(ctx, s.Vantage()); len(ends[t]) > 0 {
			waiting = append(waiting, t)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	busy, known := busyTasks(ctx, s)
	if !known {
		return nil
	}
	batch := step.Batch{Event: s.Event.HookEventName}
	for _, t := range waiting {
		if name := t.State.Task; !busy[launch.TaskKey(name)] {
			merge := lookedAfter(ctx, s, t, ends[t], merged)
			next, recorded := scene.UpdateTask(ctx, s, name, func(t *record.Task) (*step.Step, []record.Entry) { return recordVanished(ctx, s, t, merge, &batch) })
			if next != nil && recorded { // otherwise it is found again
				batch.Add(next)
			}
		}
	}
	return batch.Steps
}

// lookedAfter returns what git shows of a task's vanished branch-manager; the zero Fact if no such agent has vanished.
func lookedAfter(ctx context.Context, s *scene.Scene, t *record.Task, ends []gates.Fact, merged Merged) record.Fact {
	for _, end := range ends {
		if end.Kind == gates.BranchManagerDone {
			return merged(ctx, s, t, end)
		}
	}
	return record.Fact{}
}

// recordVanished applies the ends of a task's vanished agents to the task. merge is from lookedAfter.
func recordVanished(ctx context.Context, s *scene.Scene, t *record.Task, merge record.Fact, batch *step.Batch) (*step.Step, []record.Entry) {
	var entries []record.Entry
	var next gates.Step
	name := t.State.Task
	for _, end := range t.Vanished(ctx, s.Vantage()) {
		fact := record.Fact{Fact: end}
		if end.Kind == merge.Fact.Kind && end.Agent == merge.Fact.Agent {
			fact = merge
		}
		fact.Fact.Task, fact.Fact.At = name, s.Now().UTC()
		fact.Fact.Stop = quote.Digest("vanished", s.Event.SessionID, end.Gate, end.Agent, fmt.Sprint(len(t.State.Seen)))
		next = t.Answer(s.Event.SessionID, fact)
		entries = append(entries, fact.Entry())
	}
	if len(entries) == 0 {
		return nil, nil // its stop was seen meanwhile
	}
	return takeIn(s, batch, t.OwedStep(rule.NoResult, next), entries...)
}

// takeIn records what was found at the end of a turn, with the step that follows; next may be nil. If the batch has no room for the step, nothing
// is recorded, and everything is found again at the end of the next turn.
func takeIn(s *scene.Scene, batch *step.Batch, next *step.Step, entries ...record.Entry) (*step.Step, []record.Entry) {
	switch {
	case next == nil:
		return nil, entries
	case !batch.Fits(next):
		return nil, nil
	}
	return next, append(entries, record.Reminded(next.StepID, next.TaskID, crosscheck.Telling(s, false)))
}

// busyTasks returns the keys of the tasks on which background agents are at work. They are unknown if the host does not list its background tasks,
// or if an agent's task cannot be read.
func busyTasks(ctx context.Context, s *scene.Scene) (tasks map[string]bool, known bool) {
	if s.Event.BackgroundTasks == nil {
		return nil, false
	}
	tasks = map[string]bool{}
	for _, b := range s.Event.BackgroundTasks {
		switch b.Type {
		case "shell", "monitor", "MCP task": // not agents
			continue
		}
		agent := session.Peer(ctx, s, b.ID)
		if agent.Prompt == "" {
			return nil, false
		}
		a := actor.FindTask(ctx, s, actor.Agent{Prompt: agent.Prompt}, launch.AssignmentOf(agent))
		tasks[launch.TaskKey(a.Task)] = true
	}
	return tasks, true
}

// Release lets tasks no longer wait for coding agents that are not at work on them any more. See record.Task.Release.
func Release(ctx context.Context, s *scene.Scene) {
	h := s.History(ctx)
	release := func(t *record.Task) (bool, []record.Entry) {
		entries := t.Release(ctx, h, s.Vantage())
		return len(entries) > 0, entries
	}
	for _, t := range s.Tasks(ctx).All() {
		if gone, _ := release(t); gone {
			scene.UpdateTask(ctx, s, t.State.Task, release)
		}
	}
}
