// Package hook is the story: a file for each event of the host, from what stands on stdin to what the host is answered. The packages
// below it read, look, judge and word; what happens in which order is decided here.
package hook

import (
	"context"
	"fmt"
	"time"

	"stopgate/hook/calls"
	"stopgate/hook/delivery"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/journal"
	"stopgate/hook/judge"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/trace"
)

// Runner answers the host's events.
type Runner struct {
	scene.World
	// ByHand: something inside the client gave the event, and not the client. It is answered as by hand: what follows from it is not recorded,
	// so that it counts for nothing, and takes nothing away. Forged: it looks like the client's.
	ByHand, Forged bool
}

// Answer is the answer to one event.
type Answer struct {
	Output host.Output
	// Case is the stop that was judged; nil for other events and for a stop that had been judged before.
	Case *judge.Case

	carried delivery.Carried // the agents' steps in Output
}

// Undeliver takes back that the steps in Output were delivered. Call it if the output could not be written.
func (a Answer) Undeliver(ctx context.Context) { a.carried.Undo(ctx) }

// delivered is the answer that carries steps.
func delivered(c delivery.Carried) Answer { return Answer{Output: c.Output, carried: c} }

// Run answers one event. An event that does not concern stopgate gets a silent answer before anything is opened.
func (r *Runner) Run(ctx context.Context, ev host.Event) Answer {
	if r.ByHand {
		return r.runByHand(ctx, ev)
	}
	return r.run(ctx, ev)
}

func (r *Runner) run(ctx context.Context, ev host.Event) Answer {
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
		if ev.ToolName == "AskUserQuestion" {
			return questionAnswered(ctx, s)
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
	}
	return Answer{}
}

// runByHand answers an event that something inside the client gave. The answer is the same as the client would get, but nothing that follows
// from it is recorded or removed. That somebody gave the event is recorded and, if it was made to look like the client's, told.
func (r *Runner) runByHand(ctx context.Context, ev host.Event) Answer {
	s := r.Scene(ev)
	whose := ""
	if ev.AgentID != "" {
		whose = " of " + trace.OtherAgent{AgentID: ev.AgentID, AgentType: ev.AgentType}.String()
	}
	name := quote.String(ev.HookEventName, quote.MaxName)
	alarm := record.NewAlarm(fmt.Sprintf("an event %s%s was given to stopgate hook by hand, from inside the client; it counts for nothing", name, whose), r.Now().UTC().Format(time.RFC3339Nano))
	if r.Forged {
		alarm = record.NewAlarm(fmt.Sprintf("an event %s%s was made to look like the client's, and the client did not send it; it counts for nothing. An agent of this session may have forged it: look at what its commands did.",
			name, whose), r.Now().UTC().Format(time.RFC3339Nano))
	}
	entries := []record.Entry{alarm.Entry()}
	if !r.Forged {
		entries = append(entries, record.Reminded(alarm.ID, "", record.Delivery{Via: ev.HookEventName})) // it is in the log
	}
	s.Append(ctx, entries...)
	in := *r
	in.Sweep, in.Announce = nil, func(calls.Call, string) {}
	in.OpenJournal = func(key string) (record.Journal, error) {
		open, err := r.OpenJournal(key)
		if err != nil {
			return nil, err
		}
		return unwritten{open}, nil
	}
	return in.run(ctx, ev)
}

// unwritten is a journal that is read and not written.
type unwritten struct{ record.Journal }

// Append records nothing.
func (unwritten) Append(context.Context, ...journal.Record) error { return nil }

// Update lets decide see what is recorded, and records nothing.
func (u unwritten) Update(ctx context.Context, f journal.Filter, decide func([]journal.Record) ([]journal.Record, error)) error {
	past, _, err := u.Read(ctx, f)
	if err != nil {
		return err
	}
	_, err = decide(past)
	return err
}

// Close ends an open task of the repository at dir because a person says so, whatever it waits for. It returns the task's own name.
func (r *Runner) Close(ctx context.Context, dir, task, reason string) (name string, err error) {
	grounds := site.GroundsOf("", dir)
	r.GivenGrounds = &grounds
	s := r.Scene(host.Event{})
	known := s.Journal().Task(ctx, task, record.CapsOf(s.Config(ctx)))
	if err := s.Journal().Err(); err != nil {
		return "", fmt.Errorf("reading the journal: %w", err)
	}
	switch {
	case known == nil || known.State.Phase == "":
		return "", fmt.Errorf("no task is called %s", quote.String(task, quote.MaxTask))
	case known.State.Phase == gates.Done:
		return "", fmt.Errorf("task %s is done already", quote.String(known.State.Task, quote.MaxTask))
	}
	name = known.State.Task
	takeFact(ctx, s, record.Fact{Fact: gates.Fact{Kind: gates.Closed, Task: name, At: r.Now().UTC(), Why: quote.Reason(reason)}})
	if err := s.Journal().Err(); err != nil {
		return "", fmt.Errorf("recording that task %s is closed: %w", quote.String(name, quote.MaxTask), err)
	}
	return name, nil
}
