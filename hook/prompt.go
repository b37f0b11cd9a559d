package hook

import (
	"cmp"
	"context"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// prompt is UserPromptSubmit: the host's notification that a background agent has ended, or a prompt that may be the person's.
func (r *Runner) prompt(ctx context.Context, ev host.Event) Answer {
	if n, ok := host.ReadNotification(ev.Prompt); ok {
		return r.notified(ctx, r.scene(ev), n)
	}
	if host.ByPerson(ev) {
		said := gates.Fact{Kind: gates.PersonSpoke} // an event without an id is from a client that writes nothing down
		if ev.PromptID != "" {
			said = gates.Fact{Kind: gates.PromptCame, Words: quote.Clip(ev.PromptID, quote.MaxName), Session: ev.SessionID, Said: saidOf(ev.Prompt)}
		}
		return r.spoken(ctx, r.scene(ev), ev.Prompt, said)
	}
	return Answer{}
}

// questionAnswered is PostToolUse of the tool by which the orchestrator asks the person.
func (r *Runner) questionAnswered(ctx context.Context, ev host.Event) Answer {
	if ev.AgentID != "" || ev.ToolInput.Answers == "" || ev.ToolUseID == "" {
		return Answer{}
	}
	return r.spoken(ctx, r.scene(ev), ev.ToolInput.Answers, gates.Fact{
		Kind: gates.PromptCame, Words: quote.Clip(ev.ToolUseID, quote.MaxName), Session: ev.SessionID, Asking: true,
	})
}

// notified delivers the next step with the notification that a background agent has ended. Without a result of the agent the orchestrator
// will hear of it again.
func (r *Runner) notified(ctx context.Context, s *scene, n host.Notification) Answer {
	recorded := s.history(ctx).Agent(n.AgentID)
	if !n.HasResult || recorded.Accounted() {
		r.recoverTold(ctx, s, func(t record.Told) bool { return t.AgentID == n.AgentID })
		return r.deliver(ctx, s, owedFor(n.AgentID))
	}
	agent := gates.Agent{ID: n.AgentID, Type: cmp.Or(recorded.Type(), launchedType(s.ev.TranscriptPath, n.AgentID))}
	return r.unseenReturn(ctx, s, agent, r.peer(ctx, s.ev, n.AgentID))
}

// spoken takes words, whatever they say, as an answer to the tasks that wait for the person: those of this session, those of sessions before
// it, and those that the words name. The plugin's command that approves a task answers that task alone, and its other commands answer none. What the protocol calls for then goes to the orchestrator beside them.
func (r *Runner) spoken(ctx context.Context, s *scene, text string, said gates.Fact) Answer {
	r.takeRefusals(ctx, s)
	r.settleHere(ctx, s, 0)
	own, began := s.tasks(ctx), transcript.Began(s.ev.TranscriptPath)
	command, approved, isCommand := host.PluginCommand(text)
	if isCommand && command != approveCommand {
		return Answer{}
	}
	var batch step.Batch
	var entries []record.Entry
	for _, known := range s.journal.AllTasks(ctx, record.CapsOf(s.config(ctx))).All() {
		name := known.State.Task
		later := !began.IsZero() && began.After(known.State.Since) // than the work on the task
		switch {
		case !waitsForPerson(known.State.Phase):
			continue
		case isCommand:
			if launch.TaskKey(approved) != launch.TaskKey(name) {
				continue
			}
		case own.Find(name) == nil && !later && !launch.Names(text, name):
			continue
		}
		next := updateTask(ctx, s, name, func(t *record.Task) (*step.Step, []record.Entry) {
			if owed := t.State.Owed(); owed.Action == gates.Merge && owed.Why == gates.WordGiven {
				return nil, nil // they have answered already
			}
			fact := record.Fact{Fact: said}
			fact.Fact.Task, fact.Fact.At = name, r.Now().UTC()
			called := t.Take(s.ev.SessionID, fact)
			return t.OwedStep(rule.Ended, called), []record.Entry{fact.Entry()}
		})
		if next != nil && batch.Add(next) { // a step without room is told at the end of the turn
			entries = append(entries, record.Reminded(next.StepID, next.TaskID, s.telling(false)))
		}
	}
	if len(entries) == 0 {
		return Answer{}
	}
	s.append(ctx, entries...)
	return Answer{Output: s.carry(ctx, batch.Steps)}
}

// approveCommand is the plugin's command with which the person approves one task (commands/approve.md).
const approveCommand = "approve"

func waitsForPerson(phase gates.Phase) bool {
	return phase == gates.Authorise || phase == gates.OnBranch || phase == gates.Escalated || phase == gates.Blocked
}
