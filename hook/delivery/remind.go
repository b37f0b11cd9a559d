package delivery

import (
	"context"
	"strings"

	"stopgate/hook/crosscheck"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/step"
)

// Remind reminds the orchestrator of steps that it was told and has not taken. At the second end of a turn without the step, the person is
// told instead. Nobody is reminded of a task that waits for the person or for an agent at work, or in another session than the one in which
// something last happened to it. The merge that the person's prompt calls for is told here if there was no room beside the prompt.
func Remind(ctx context.Context, s *scene.Scene) host.Output {
	if len(s.Event.BackgroundTasks) > 0 || !s.Enforces(ctx) {
		return host.Output{}
	}
	batch := step.Batch{Event: s.Event.HookEventName}
	var notices []string
	for _, t := range s.Tasks(ctx).All() {
		owed, due := t.DueIn(s.Event.SessionID)
		if !due {
			continue
		}
		next := t.Reminder(owed)
		switch remindOnce(ctx, s, t, owed, next, batch.Fits(next)) {
		case tellOrchestrator:
			batch.Add(next)
		case tellPerson:
			notices = append(notices, step.Waiting(t.State.Task, t.Worktree, owed))
		case tellNobody:
		}
	}
	if s.Journal().Err() != nil {
		return host.Output{} // reminders that cannot be counted would never end
	}
	out := Carry(ctx, s, batch.Steps)
	if len(notices) > 0 {
		out.SystemMessage = strings.TrimPrefix(out.SystemMessage+"\n"+strings.Join(notices, "\n"), "\n")
	}
	return out
}

// reminder is who is told of a step that is still owed.
type reminder int

const (
	tellNobody reminder = iota
	tellOrchestrator
	tellPerson
)

// remindOnce decides who is told of a step, and records it. fits reports whether the answer has room for it; otherwise it is told at the end
// of the turn that this answer starts.
func remindOnce(ctx context.Context, s *scene.Scene, t *record.Task, owed gates.Step, next *step.Step, fits bool) reminder {
	return scene.Update(ctx, s, func(h record.History) (reminder, []record.Entry) {
		switch n := h.Reminded(next.StepID, t.LastAgent(), owed); {
		case n == 0 && fits:
			return tellOrchestrator, []record.Entry{record.Reminded(next.StepID, next.TaskID, crosscheck.Telling(s, false))}
		case n == 1 && !owed.IsWord():
			return tellPerson, []record.Entry{record.Reminded(next.StepID, next.TaskID, crosscheck.Telling(s, true))}
		}
		return tellNobody, nil
	})
}
