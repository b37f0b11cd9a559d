package hook

import (
	"context"
	"fmt"
	"time"

	"stopgate/hook/calls"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/journal"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/trace"
)

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
	scene.UpdateTask(ctx, s, name, func(t *record.Task) (struct{}, []record.Entry) {
		fact := record.Fact{Fact: gates.Fact{Kind: gates.Closed, Task: name, At: r.Now().UTC(), Why: quote.Reason(reason)}}
		return struct{}{}, []record.Entry{fact.Entry()}
	})
	if err := s.Journal().Err(); err != nil {
		return "", fmt.Errorf("recording that task %s is closed: %w", quote.String(name, quote.MaxTask), err)
	}
	return name, nil
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
