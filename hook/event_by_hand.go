package hook

import (
	"context"
	"fmt"
	"time"

	"stopgate/hook/calls"
	"stopgate/hook/host"
	"stopgate/hook/journal"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/trace"
)

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
