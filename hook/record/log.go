package record

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
)

// Log is the journal as one event uses it. A journal that fails does not fail the event: the first error is kept and logged, and whoever
// blocks or delivers asks for it.
type Log struct {
	journal Journal // nil where none could be opened
	session string
	Now     func() time.Time
	Out     io.Writer
	Err     error
}

// Entry is a record without what every record of the event has in common.
type Entry struct {
	Kind, Agent, AgentType, Task string
	Data                         any // nil: nothing but the kind
}

// Open opens the journal of what key names, for a session; "" stands for a person who only reads. Accidents are written to out.
func Open(open func(key string) (Journal, error), key, session string, now func() time.Time, out io.Writer) *Log {
	l := &Log{session: session, Now: now, Out: out}
	j, err := open(key)
	if err != nil {
		l.fail(err)
		return l
	}
	l.journal = patientJournal{j}
	return l
}

// patientJournal gives each journal call its own deadline, so that a slow look at a worktree cannot keep a decision from being recorded.
type patientJournal struct{ Journal }

// recordWithin bounds one use of the journal. It is short of what the host gives an event beyond the program's own deadline.
const recordWithin = 8 * time.Second

func ownTime(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), recordWithin)
}

func (p patientJournal) Read(ctx context.Context, f journal.Filter) ([]journal.Record, journal.Skipped, error) {
	ctx, done := ownTime(ctx)
	defer done()
	return p.Journal.Read(ctx, f)
}

func (p patientJournal) Append(ctx context.Context, records ...journal.Record) error {
	ctx, done := ownTime(ctx)
	defer done()
	return p.Journal.Append(ctx, records...)
}

func (p patientJournal) Update(ctx context.Context, f journal.Filter, decide func(past []journal.Record) ([]journal.Record, error)) error {
	ctx, done := ownTime(ctx)
	defer done()
	return p.Journal.Update(ctx, f, decide)
}

func (l *Log) fail(err error) {
	if l.Err == nil {
		l.Err = err
	}
	fmt.Fprintf(l.Out, "stopgate: %v\n", err)
}

// Hold keeps other processes from judging the same agent meanwhile. Where that fails, both judge: better twice than never.
func (l *Log) Hold(ctx context.Context, agent string) (release func()) {
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

// History is what is recorded of this session; empty where nothing is or nothing can be read.
func (l *Log) History(ctx context.Context) History {
	if l.journal == nil {
		return Fold(nil)
	}
	records, _, err := l.journal.Read(ctx, l.filter())
	if err != nil {
		l.fail(err)
	}
	return Fold(records)
}

// Read returns all records of those kinds, of every session. It fails where the journal could not be opened, too.
func (l *Log) Read(ctx context.Context, kinds ...string) ([]journal.Record, journal.Skipped, error) {
	if l.journal == nil {
		return nil, journal.Skipped{}, l.Err
	}
	return l.journal.Read(ctx, journal.Filter{Kinds: kinds})
}

func (l *Log) filter() journal.Filter { return journal.Filter{Session: l.session} }

// Append records entries; a failure is kept in l.err.
func (l *Log) Append(ctx context.Context, entries ...Entry) {
	if l.journal == nil {
		return
	}
	if err := l.journal.Append(ctx, l.Records(entries)...); err != nil {
		l.fail(err)
	}
}

// Update appends what decide makes of the history, under the journal's lock, so that of several processes one alone decides.
func (l *Log) Update(ctx context.Context, decide func(History) []Entry) {
	l.decide(ctx, l.filter(), func(past []journal.Record) []Entry { return decide(Fold(past)) })
}

// UpdateTask appends what decide makes of a task, under the journal's lock. It has the facts of every session. caps bound how often the
// gates may send work back.
func (l *Log) UpdateTask(ctx context.Context, name string, caps gates.Caps, decide func(*Task) []Entry) {
	l.decide(ctx, journal.Filter{Task: launch.TaskKey(name), Kinds: []string{KindFact}}, func(past []journal.Record) []Entry {
		tasks := FoldTasks(past, caps)
		return decide(tasks.Task(name))
	})
}

// decide appends what made makes of the records that f selects. It is made of what can be read, or of nothing, where that cannot be
// recorded.
func (l *Log) decide(ctx context.Context, f journal.Filter, made func([]journal.Record) []Entry) {
	if l.journal == nil {
		made(nil)
		return
	}
	decided := false
	err := l.journal.Update(ctx, f, func(past []journal.Record) ([]journal.Record, error) {
		decided = true
		return l.Records(made(past)), nil
	})
	if err != nil {
		l.fail(err)
	}
	if !decided {
		past, _, err := l.journal.Read(ctx, f)
		if err != nil {
			l.fail(err)
		}
		made(past)
	}
}

// Tasks are those to which something happened in this session, with the facts of every session.
func (l *Log) Tasks(ctx context.Context, caps gates.Caps) Tasks {
	if l.journal == nil || l.session == "" {
		return Tasks{}
	}
	here, _, err := l.journal.Read(ctx, journal.Filter{Session: l.session, Kinds: []string{KindFact}})
	if err != nil {
		l.fail(err)
	}
	var keys []string
	for _, rec := range here {
		if !slices.Contains(keys, rec.Task) {
			keys = append(keys, rec.Task)
		}
	}
	var all []journal.Record
	for _, key := range keys { // a search by task passes over all others
		facts, _, err := l.journal.Read(ctx, journal.Filter{Task: key, Kinds: []string{KindFact}})
		if err != nil {
			l.fail(err)
		}
		all = append(all, facts...)
	}
	if len(all) == 0 {
		return Tasks{}
	}
	return FoldTasks(all, caps)
}

// FactEntry is the record of a fact. Every spelling of one task has the same.
func FactEntry(d Fact) Entry {
	return Entry{Kind: KindFact, Agent: d.Fact.Agent, AgentType: d.Fact.AgentType, Task: launch.TaskKey(d.Fact.Task), Data: d}
}

func (l *Log) Records(entries []Entry) []journal.Record {
	records := make([]journal.Record, len(entries))
	for i, e := range entries {
		records[i] = journal.Record{
			Kind: e.Kind, At: l.Now().UTC(), Session: l.session, Agent: e.Agent, AgentType: e.AgentType, Task: launch.ShortTask(e.Task),
		}
		if e.Data != nil {
			records[i].Data = json.RawMessage(quote.JSON(e.Data))
		}
	}
	return records
}

// OtherSessions tells whether agents of another session have begun or ended in this repository since then.
func (l *Log) OtherSessions(ctx context.Context, since time.Time) bool {
	records, _, err := l.Read(ctx, KindStart, KindStop)
	if err != nil && l.journal != nil {
		l.fail(err)
	}
	return slices.ContainsFunc(records, func(rec journal.Record) bool { return rec.Session != l.session && !rec.At.Before(since) })
}

// Journal is what lasts between events; journal.Journal says what each method promises.
type Journal interface {
	Read(ctx context.Context, f journal.Filter) ([]journal.Record, journal.Skipped, error)
	Append(ctx context.Context, records ...journal.Record) error
	Update(ctx context.Context, f journal.Filter, decide func(past []journal.Record) ([]journal.Record, error)) error
	Hold(ctx context.Context, name string) (release func(), err error)
}
