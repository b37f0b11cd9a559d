package hook

import (
	"cmp"
	"context"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// prompt is UserPromptSubmit: the host's notification that a background agent has ended, or a prompt of the person.
func (r *Runner) prompt(ctx context.Context, ev host.Event) Answer {
	if n, ok := host.ReadNotification(ev.Prompt); ok {
		return r.notified(ctx, r.scene(ev), n)
	}
	if host.ByPerson(ev) {
		return r.personSpoke(ctx, r.scene(ev))
	}
	return Answer{}
}

// notified delivers the next step with the notification that a background agent has ended. Without a result of the agent the orchestrator
// will hear of it again.
func (r *Runner) notified(ctx context.Context, s *scene, n host.Notification) Answer {
	recorded := s.history(ctx).Agent(n.AgentID)
	if !n.HasResult || recorded.Accounted() {
		return r.deliver(ctx, s, owedFor(n.AgentID))
	}
	agent := gates.Agent{ID: n.AgentID, Type: cmp.Or(recorded.Type(), launchedType(s.ev.TranscriptPath, n.AgentID))}
	return r.unseenReturn(ctx, s, agent, r.peer(ctx, s.ev, n.AgentID))
}

// personSpoke takes a prompt of the person, whatever it says, as their answer to every task that waits for them. What the protocol calls
// for then goes to the orchestrator beside the prompt.
func (r *Runner) personSpoke(ctx context.Context, s *scene) Answer {
	var batch step.Batch
	var entries []record.Entry
	for _, known := range s.tasks(ctx).All() {
		if !waitsForPerson(known.State.Phase) {
			continue
		}
		name := known.State.Task
		next := updateTask(ctx, s, name, func(t *record.Task) (*step.Step, []record.Entry) {
			if t.State.Owed().Action == gates.Merge {
				return nil, nil // they have answered already
			}
			fact := record.Fact{Fact: gates.Fact{Kind: gates.PersonSpoke, Task: name, At: r.Now().UTC()}}
			called := t.Take(s.ev.SessionID, fact)
			return s.taskStep(t, rule.Ended, called), []record.Entry{fact.Entry()}
		})
		if next != nil && batch.Add(next) { // a step without room is told at the end of the turn
			entries = append(entries, record.Reminded(next.StepID, next.TaskID, s.ev.HookEventName))
		}
	}
	if len(entries) == 0 {
		return Answer{}
	}
	s.append(ctx, entries...)
	return Answer{Output: s.carry(ctx, batch.Steps)}
}

func waitsForPerson(phase gates.Phase) bool {
	return phase == gates.Authorise || phase == gates.Escalated || phase == gates.Blocked
}
