package hook

import (
	"cmp"
	"context"
	"slices"

	"stopgate/hook/crosscheck"
	"stopgate/hook/delivery"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// promptSubmitted handles UserPromptSubmit: the host's notification that a background agent has ended, or a prompt that may be the person's.
func promptSubmitted(ctx context.Context, s *scene.Scene) Answer {
	if n, ok := host.ReadNotification(s.Event.Prompt); ok {
		return notified(ctx, s, n)
	}
	if host.ByPerson(s.Event) {
		said := gates.Fact{Kind: gates.PersonSpoke} // an event without an id is from a client that does not record who gave a prompt
		if s.Event.PromptID == "" && crosscheck.Scheduled(ctx, s) {
			return Answer{}
		}
		if s.Event.PromptID != "" {
			said = gates.Fact{Kind: gates.PromptCame, Words: quote.Clip(s.Event.PromptID, quote.MaxName), Session: s.Event.SessionID, Said: crosscheck.Said(s.Event.Prompt)}
		}
		return spoken(ctx, s, s.Event.Prompt, said)
	}
	return Answer{}
}

// questionAnswered handles PostToolUse of the tool with which the orchestrator asks the person.
func questionAnswered(ctx context.Context, s *scene.Scene) Answer {
	if s.Event.AgentID != "" || s.Event.ToolInput.Answers == "" || s.Event.ToolUseID == "" {
		return Answer{}
	}
	return spoken(ctx, s, s.Event.ToolInput.Answers, gates.Fact{
		Kind: gates.PromptCame, Words: quote.Clip(s.Event.ToolUseID, quote.MaxName), Session: s.Event.SessionID, Asking: true,
	})
}

// notified delivers the next step with the notification that a background agent has ended, or the steps for the agents of a workflow with that of its
// end.
func notified(ctx context.Context, s *scene.Scene, n host.Notification) Answer {
	if n.HasResult && session.TypeOf(s.Event.TranscriptPath, n.AgentID) == "" {
		if answer := delivered(delivery.Deliver(ctx, s, delivery.OwedForWorkflows(ctx, s))); !answer.Output.Silent() {
			return answer
		}
	}
	return agentEnded(ctx, s, n)
}

// agentEnded delivers the next step for the agent of a notification. If the notification has no result of the agent, another one will follow.
func agentEnded(ctx context.Context, s *scene.Scene, n host.Notification) Answer {
	recorded := s.History(ctx).Agent(n.AgentID)
	if !n.HasResult || recorded.Accounted() {
		return deliverAfter(ctx, s, n.AgentID)
	}
	agent := gates.Agent{ID: n.AgentID, Type: cmp.Or(recorded.Type(), session.TypeOf(s.Event.TranscriptPath, n.AgentID))}
	return unseenReturn(ctx, s, agent, session.Peer(ctx, s, n.AgentID))
}

// spoken takes a prompt, whatever it says, as an answer to the tasks that wait for the person: those of this session, those of earlier sessions,
// and those that the prompt names. The plugin's approve command answers only its task, and the plugin's other commands answer none. The steps that
// follow go to the orchestrator with the prompt.
func spoken(ctx context.Context, s *scene.Scene, text string, said gates.Fact) Answer {
	crosscheck.TakeRefusals(ctx, s)
	crosscheck.SettleWords(ctx, s, 0)
	own, began := s.Tasks(ctx), transcript.Began(s.Event.TranscriptPath)
	command, approved, isCommand := host.PluginCommand(text)
	if isCommand && command != approveCommand {
		return Answer{}
	}
	unasked, batch := crosscheck.NeverAsked(ctx, s), step.Batch{Event: s.Event.HookEventName}
	var entries []record.Entry
	for _, known := range s.Pending(ctx) {
		name := known.State.Task
		later := !began.IsZero() && began.After(known.State.Since) // this session began after the work on the task
		switch {
		case !waitsForPerson(known.State.Phase):
			continue
		case isCommand:
			if launch.TaskKey(approved) != launch.TaskKey(name) {
				continue
			}
		case own.Find(name) == nil && !later && !launch.Names(text, name):
			continue
		case unasked[launch.TaskKey(name)] && !launch.Names(text, name):
			continue
		}
		next, _ := scene.UpdateTask(ctx, s, name, func(t *record.Task) (*step.Step, []record.Entry) {
			if owed := t.State.Owed(); owed.Action == gates.Merge && owed.Why == gates.WordGiven {
				return nil, nil // the person has answered already
			}
			fact := record.Fact{Fact: said}
			fact.Fact.Task, fact.Fact.At = name, s.Now().UTC()
			called := t.Take(s.Event.SessionID, fact)
			return t.OwedStep(rule.Ended, called), []record.Entry{fact.Entry()}
		})
		if next != nil && !mergedWith(batch.Steps, next) && batch.Add(next) { // a step that does not fit is delivered at the end of the turn
			entries = append(entries, record.Reminded(next.StepID, next.TaskID, crosscheck.Telling(s, false)))
		}
	}
	if len(entries) == 0 {
		return Answer{}
	}
	s.Append(ctx, entries...)
	return Answer{Output: delivery.Carry(ctx, s, batch.Steps)}
}

// mergedWith reports whether one of the steps has the same worktree merged. Its branch-manager merges the work of both tasks, and a second one would
// be in its way.
func mergedWith(steps []*step.Step, next *step.Step) bool {
	return next.Action == gates.Merge && next.WorktreePath != "" && slices.ContainsFunc(steps, func(other *step.Step) bool {
		return other.Action == gates.Merge && other.WorktreePath == next.WorktreePath
	})
}

// approveCommand is the plugin's command by which the person approves one task (commands/approve.md).
const approveCommand = "approve"

func waitsForPerson(phase gates.Phase) bool {
	return phase == gates.Authorise || phase == gates.OnBranch || phase == gates.Escalated || phase == gates.Blocked
}
