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

// Remind reminds the orchestrator of steps that it was told and has not done. If a second turn ends without the step, the person is told instead.
// There is no reminder for a task that waits for the person or for a working agent, or whose last event was in another session. If the merge that
// the person's prompt asks for did not fit into the answer to the prompt, it is told here; and so is a question for the person that was told before
// and is not in the transcript.
func Remind(ctx context.Context, s *scene.Scene) host.Output {
	if len(s.Event.BackgroundTasks) > 0 || !s.Enforces(ctx) {
		return host.Output{}
	}
	batch := step.Batch{Event: s.Event.HookEventName}
	var notices []string
	for _, t := range s.Tasks(ctx).All() {
		owed, due := t.DueIn(s.Event.SessionID)
		if !due && !t.AsksIn(s.Event.SessionID) {
			continue
		}
		next := t.Reminder(owed)
		if !due && !s.History(ctx).TakenBack(next.StepID) {
			continue
		}
		switch remindOnce(ctx, s, t, owed, next, batch.Fits(next)) {
		case tellOrchestrator:
			batch.Add(next)
		case tellPerson:
			notices = append(notices, step.Waiting(t.State.Task, t.Worktree, owed))
		case tellNobody:
		}
	}
	out := Carry(ctx, s, batch.Steps)
	if len(notices) > 0 {
		out.SystemMessage = strings.TrimPrefix(out.SystemMessage+"\n"+strings.Join(notices, "\n"), "\n")
	}
	return out
}

// reminder is who is told of a step that is not done.
type reminder int

const (
	tellNobody reminder = iota
	tellOrchestrator
	tellPerson
)

// remindOnce decides who is told of a step, and records it. fits reports whether the step fits into the answer. A step that does not is told at the
// end of the turn that this answer starts, and one that cannot be recorded is not told: it would be told at the end of every turn.
func remindOnce(ctx context.Context, s *scene.Scene, t *record.Task, owed gates.Step, next *step.Step, fits bool) reminder {
	who, recorded := scene.Update(ctx, s, func(h record.History) (reminder, []record.Entry) {
		switch n := h.Reminded(next.StepID, t.LastAgent(), owed); {
		case n == 0 && fits:
			return tellOrchestrator, []record.Entry{record.Reminded(next.StepID, next.TaskID, crosscheck.Telling(s, false))}
		case n == 1 && !owed.IsWord():
			return tellPerson, []record.Entry{record.Reminded(next.StepID, next.TaskID, crosscheck.Telling(s, true))}
		}
		return tellNobody, nil
	})
	if !recorded {
		return tellNobody
	}
	return who
}
