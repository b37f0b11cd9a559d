package delivery

import (
	"context"
	"fmt"

	"stopgate/hook/actor"
	"stopgate/hook/crosscheck"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/step"
)

// Vanished records the end of gates and branch-managers that are no longer at work although no stop was seen. An API error or the person ended them, and
// then the host sends no event. See record.Task.Vanished. It returns the steps that follow.
func Vanished(ctx context.Context, s *scene.Scene) []*step.Step {
	var waiting []*record.Task
	for _, t := range s.Tasks(ctx).All() {
		if len(t.Vanished(s.Event.SessionID, s.Event.TranscriptPath, s.Now())) > 0 {
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
			next := scene.UpdateTask(ctx, s, name, func(t *record.Task) (*step.Step, []record.Entry) { return recordVanished(s, t, &batch) })
			if next != nil {
				batch.Add(next)
			}
		}
	}
	return batch.Steps
}

// recordVanished applies the ends of a task's vanished agents to the task.
func recordVanished(s *scene.Scene, t *record.Task, batch *step.Batch) (*step.Step, []record.Entry) {
	var entries []record.Entry
	name := t.State.Task
	for _, end := range t.Vanished(s.Event.SessionID, s.Event.TranscriptPath, s.Now()) {
		end.Task, end.At = name, s.Now().UTC()
		end.Stop = quote.Digest("vanished", s.Event.SessionID, end.Gate, end.Agent, fmt.Sprint(len(t.State.Seen)))
		fact := record.Fact{Fact: end}
		t.Take(s.Event.SessionID, fact)
		entries = append(entries, fact.Entry())
	}
	if len(entries) == 0 {
		return nil, nil // its stop was seen meanwhile
	}
	return takeIn(s, batch, t.OwedStep(rule.NoResult, t.State.Owed()), entries...)
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
		entries := t.Release(ctx, h, s.Event.SessionID, s.Event.TranscriptPath, s.Now())
		return len(entries) > 0, entries
	}
	for _, t := range s.Tasks(ctx).All() {
		if gone, _ := release(t); gone {
			scene.UpdateTask(ctx, s, t.State.Task, release)
		}
	}
}
