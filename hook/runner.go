// Package hook handles the host's events, with one file for each kind of event. It decides the order in which the packages below it read, look,
// judge and word the answer.
package hook

import (
	"context"
	"fmt"
	"time"

	"stopgate/hook/calls"
	"stopgate/hook/delivery"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
)

// Runner answers the host's events.
type Runner struct {
	scene.World
	// ByHand means that a program inside the client sent the event, not the client itself. The event is answered, but nothing is recorded or
	// removed because of it. Forged means that such an event was made to look like the client's.
	ByHand, Forged bool
}

// Answer is the answer to one event.
type Answer struct {
	Output host.Output
	// Case is the stop that was judged; nil for other events and for a stop that had been judged before.
	Case *judge.Case

	carried delivery.Carried // the steps in Output, by agent
}

// Undeliver records that the steps in Output were not delivered after all. Call it if the output could not be written.
func (a Answer) Undeliver(ctx context.Context) { a.carried.Undo(ctx) }

// delivered returns the answer that carries steps.
func delivered(c delivery.Carried) Answer { return Answer{Output: c.Output, carried: c} }

// Run answers one event. For an event that does not concern stopgate it returns a silent answer before it opens anything.
func (r *Runner) Run(ctx context.Context, ev host.Event) Answer {
	if r.ByHand {
		return r.runByHand(ctx, ev)
	}
	return r.run(ctx, ev)
}

func (r *Runner) run(ctx context.Context, ev host.Event) Answer {
	if meta, err := transcript.ReadMeta(transcript.AgentPath(ev.TranscriptPath, ev.AgentID)); err == nil && meta.Teammate {
		ev.AgentType = meta.AgentType // the event has its name
	}
	s := r.Scene(ev)
	switch ev.HookEventName {
	case host.SubagentStart:
		return subagentStart(ctx, s)
	case host.SubagentStop:
		return subagentStop(ctx, s)
	case host.PreToolUse:
		if host.IsAgentTool(ev.ToolName) {
			return agentLaunch(ctx, s)
		}
		return toolUse(ctx, s)
	case host.PostToolUse:
		switch ev.ToolName {
		case "AskUserQuestion":
			return questionAnswered(ctx, s)
		case "TaskStop":
			return agentStopped(ctx, s)
		}
		return agentReturn(ctx, s)
	case host.PostToolUseFailure:
		return launchFailed(ctx, s)
	case host.UserPromptSubmit:
		return promptSubmitted(ctx, s)
	case host.Stop:
		return turnEnd(ctx, s)
	case host.ConfigChange:
		return configChange(ctx, s)
	case host.SessionEnd:
		if ev.Reason != "clear" && ev.Reason != "resume" {
			takeGone(ctx, s, false, func(string) bool { return true })
		}
	}
	return Answer{}
}

// runByHand answers an event that a program inside the client sent. The answer is the one that the client would get, but nothing is recorded or
// removed because of it. Only the fact that such an event came is recorded. If it was made to look like the client's, that is also reported.
func (r *Runner) runByHand(ctx context.Context, ev host.Event) Answer {
	s := r.Scene(ev)
	whose := ""
	if ev.AgentID != "" {
		whose = " of " + trace.OtherAgent{AgentID: ev.AgentID, AgentType: ev.AgentType}.String()
	}
	name := quote.String(ev.HookEventName, quote.MaxName)
	alarm := record.NewAlarm(fmt.Sprintf("an event %s%s was given to stopgate hook by hand, from inside the client; it is ignored", name, whose), r.Now().UTC().Format(time.RFC3339Nano))
	if r.Forged {
		alarm = record.NewAlarm(fmt.Sprintf("an event %s%s was made to look like the client's, and the client did not send it; it is ignored. An agent of this session may have forged it: look at what its commands did.",
			name, whose), r.Now().UTC().Format(time.RFC3339Nano))
	}
	entries := []record.Entry{alarm.Entry()}
	if !r.Forged {
		entries = append(entries, record.Reminded(alarm.ID, "", record.Delivery{Via: ev.HookEventName})) // it is only in the log
	}
	s.Append(ctx, entries...)
	in := *r
	in.Sweep, in.Announce = nil, func(calls.Call, string) {}
	in.OpenJournal = func(key string) (record.Journal, error) {
		open, err := r.OpenJournal(key)
		if err != nil {
			return nil, err
		}
		return record.Unwritten(open), nil
	}
	return in.run(ctx, ev)
}

// Close ends an open task of the repository at dir because a person says so, whatever the task waits for. It returns the task's name
// as recorded, and whether a coding agent has begun to work on it and has not reported.
func (r *Runner) Close(ctx context.Context, dir, task, reason string) (name string, working bool, err error) {
	r.GivenGrounds = new(site.GroundsOf("", dir))
	s := r.Scene(host.Event{})
	known := s.Journal().Task(ctx, task, record.CapsOf(s.Config(ctx)))
	if err := s.Journal().Err(); err != nil {
		return "", false, fmt.Errorf("reading the journal: %w", err)
	}
	switch {
	case known == nil || known.State.Phase == "":
		return "", false, fmt.Errorf("no task is called %s", quote.String(task, quote.MaxTask))
	case known.State.Phase == gates.Done:
		return "", false, fmt.Errorf("task %s is done already", quote.String(known.State.Task, quote.MaxTask))
	}
	name = known.State.Task
	takeFact(ctx, s, record.Fact{Fact: gates.Fact{Kind: gates.Closed, Task: name, At: r.Now().UTC(), Why: quote.Reason(reason)}})
	if err := s.Journal().Err(); err != nil {
		return "", false, fmt.Errorf("recording that task %s is closed: %w", quote.String(name, quote.MaxTask), err)
	}
	return name, known.State.Working, nil
}
