package hook

import (
	"context"
	"encoding/json"
	"fmt"

	"stopgate/hook/journal"
)

// ledger is the journal as one event uses it. A journal that fails does not fail the event: the first error is kept and
// logged, and whoever blocks or delivers asks for it.
type ledger struct {
	runner  *Runner
	grounds Grounds
	session string
	journal Journal // nil where none could be opened
	err     error
}

// entry is a record without what every record of the event has in common.
type entry struct {
	kind, agent, agentType, task string
	data                         any // nil: nothing but the kind
}

// ledger opens the journal that an event belongs to.
func (r *Runner) ledger(ev Event) *ledger {
	l := &ledger{runner: r, session: ev.SessionID}
	if r.Grounds != nil {
		l.grounds = *r.Grounds
	} else {
		l.grounds = SurveyGrounds(r.ProjectDir, ev.Cwd)
	}
	j, err := r.OpenJournal(l.grounds.Key())
	if err != nil {
		l.fail(err)
		return l
	}
	l.journal = j
	return l
}

func (l *ledger) fail(err error) {
	if l.err == nil {
		l.err = err
	}
	fmt.Fprintf(l.runner.Log, "stopgate: %v\n", err)
}

// hold keeps other processes from judging the same agent meanwhile. Where that fails, both judge: better twice than never.
func (l *ledger) hold(ctx context.Context, agent string) (release func()) {
	if l.journal == nil {
		return func() {}
	}
	release, err := l.journal.Hold(ctx, agent)
	if err != nil {
		l.fail(err)
		return func() {}
	}
	return release
}

// history is what is recorded of this session; empty where nothing is or nothing can be read.
func (l *ledger) history(ctx context.Context) History {
	if l.journal == nil {
		return Fold(nil)
	}
	records, _, err := l.journal.Read(ctx, l.filter())
	if err != nil {
		l.fail(err)
	}
	return Fold(records)
}

func (l *ledger) filter() journal.Filter { return journal.Filter{Session: l.session} }

// append records entries; a failure is kept in l.err.
func (l *ledger) append(ctx context.Context, entries ...entry) {
	if l.journal == nil {
		return
	}
	if err := l.journal.Append(ctx, l.records(entries)...); err != nil {
		l.fail(err)
	}
}

// update appends what decide makes of the history, under the journal's lock, so that of several processes one alone decides.
func (l *ledger) update(ctx context.Context, decide func(History) []entry) {
	if l.journal == nil {
		decide(Fold(nil))
		return
	}
	decided := false
	err := l.journal.Update(ctx, l.filter(), func(past []journal.Record) ([]journal.Record, error) {
		decided = true
		return l.records(decide(Fold(past))), nil
	})
	if err != nil {
		l.fail(err)
	}
	if !decided {
		decide(l.history(ctx))
	}
}

func (l *ledger) records(entries []entry) []journal.Record {
	records := make([]journal.Record, len(entries))
	for i, e := range entries {
		records[i] = journal.Record{
			Kind: e.kind, At: l.runner.Now().UTC(), Session: l.session, Agent: e.agent, AgentType: e.agentType, Task: clip(e.task, maxTaskID),
		}
		if e.data != nil {
			records[i].Data = json.RawMessage(toJSON(e.data))
		}
	}
	return records
}
