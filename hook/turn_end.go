package hook

import (
	"context"
	"strings"

	"stopgate/hook/crosscheck"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/step"
)

// turnEnd is Stop: the orchestrator ends its turn. It gets every step that no other event will bring: of agents that have ended, of agents
// that vanished, and of tasks whose step it has not taken.
func turnEnd(ctx context.Context, s *scene.Scene) Answer {
	crosscheck.TakeRefusals(ctx, s)
	crosscheck.SettleWords(ctx, s, 0)
	crosscheck.RecoverTold(ctx, s, func(record.Told) bool { return true })
	if answer := deliver(ctx, s, owedAtTurnEnd(ctx, s)); !answer.Output.Silent() || s.Event.SessionID == "" {
		return answer
	}
	if steps := answeredLate(ctx, s); len(steps) > 0 && s.Journal().Err() == nil {
		return Answer{Output: carry(ctx, s, steps)}
	}
	if told := alarms(ctx, s); !told.Output.Silent() {
		return told
	}
	if steps := vanished(ctx, s); len(steps) > 0 && s.Journal().Err() == nil {
		return Answer{Output: carry(ctx, s, steps)}
	}
	release(ctx, s)
	return remind(ctx, s)
}

// owedAtTurnEnd picks what is owed for the agents that have ended. An agent that still runs in the background has a notification of its own.
func owedAtTurnEnd(ctx context.Context, s *scene.Scene) picker {
	running := map[string]bool{}
	for _, task := range s.Event.BackgroundTasks {
		running[task.ID] = true
	}
	unrecorded := unrecorded(ctx, s, running)
	return func(h record.History) []record.OwedStep {
		var list []record.OwedStep
		for _, id := range h.Agents() {
			if running[id] {
				continue
			}
			list = append(list, h.Owed(id)...)
			if a := h.Agent(id); a.AtWork() && s.Event.BackgroundTasks != nil { // it is not at work any more
				asked := launch.AssignmentOf(session.Peer(ctx, s, id))
				list = append(list, h.Unseen(gates.Agent{ID: id, Type: a.Type()}, asked, s.Config(ctx), s.Now()))
			}
		}
		for _, agent := range unrecorded {
			if !h.Knows(agent.ID) { // meanwhile
				list = append(list, h.Unseen(agent, launch.AssignmentOf(session.Peer(ctx, s, agent.ID)), s.Config(ctx), s.Now()))
			}
		}
		return list
	}
}

// remind reminds the orchestrator of steps that it was told and has not taken. At the second end of a turn without the step, the person is
// told instead. Nobody is reminded of a task that waits for the person or for an agent at work, or in another session than the one in which
// something last happened to it. The merge that the person's prompt calls for is told here if there was no room beside the prompt.
func remind(ctx context.Context, s *scene.Scene) Answer {
	if len(s.Event.BackgroundTasks) > 0 || !s.Enforces(ctx) {
		return Answer{}
	}
	var batch step.Batch
	var notices []string
	for _, t := range s.Tasks(ctx).All() {
		owed := t.State.Owed()
		if t.LastIn != s.Event.SessionID || !owed.IsToBeTaken() {
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
		return Answer{} // reminders that cannot be counted would never end
	}
	out := carry(ctx, s, batch.Steps)
	if len(notices) > 0 {
		out.SystemMessage = strings.TrimPrefix(out.SystemMessage+"\n"+strings.Join(notices, "\n"), "\n")
	}
	return Answer{Output: out}
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
