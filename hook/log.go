package hook

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
	now     func() time.Time
	out     io.Writer
	err     error
}

// entry is a record without what every record of the event has in common.
type entry struct {
	kind, agent, agentType, task string
	data                         any // nil: nothing but the kind
}

// openLog opens the journal of what key names, for a session; "" stands for a person who only reads. Accidents are written to out.
func openLog(open func(key string) (Journal, error), key, session string, now func() time.Time, out io.Writer) *Log {
	l := &Log{session: session, now: now, out: out}
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
	if l.err == nil {
		l.err = err
	}
	fmt.Fprintf(l.out, "stopgate: %v\n", err)
}

// hold keeps other processes from judging the same agent meanwhile. Where that fails, both judge: better twice than never.
func (l *Log) hold(ctx context.Context, agent string) (release func()) {
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
func (l *Log) history(ctx context.Context) History {
	if l.journal == nil {
		return Fold(nil)
	}
	records, _, err := l.journal.Read(ctx, l.filter())
	if err != nil {
		l.fail(err)
	}
	return Fold(records)
}

// read returns all records of those kinds, of every session. It fails where the journal could not be opened, too.
func (l *Log) read(ctx context.Context, kinds ...string) ([]journal.Record, journal.Skipped, error) {
	if l.journal == nil {
		return nil, journal.Skipped{}, l.err
	}
	return l.journal.Read(ctx, journal.Filter{Kinds: kinds})
}

func (l *Log) filter() journal.Filter { return journal.Filter{Session: l.session} }

// append records entries; a failure is kept in l.err.
func (l *Log) append(ctx context.Context, entries ...entry) {
	if l.journal == nil {
		return
	}
	if err := l.journal.Append(ctx, l.records(entries)...); err != nil {
		l.fail(err)
	}
}

// update appends what decide makes of the history, under the journal's lock, so that of several processes one alone decides.
func (l *Log) update(ctx context.Context, decide func(History) []entry) {
	l.decide(ctx, l.filter(), func(past []journal.Record) []entry { return decide(Fold(past)) })
}

// updateTask appends what decide makes of a task, under the journal's lock. It has the facts of every session. caps bound how often the
// gates may send work back.
func (l *Log) updateTask(ctx context.Context, name string, caps gates.Caps, decide func(*Task) []entry) {
	l.decide(ctx, journal.Filter{Task: launch.TaskKey(name), Kinds: []string{kindFact}}, func(past []journal.Record) []entry {
		tasks := FoldTasks(past, caps)
		return decide(tasks.task(name))
	})
}

// decide appends what made makes of the records that f selects. It is made of what can be read, or of nothing, where that cannot be
// recorded.
func (l *Log) decide(ctx context.Context, f journal.Filter, made func([]journal.Record) []entry) {
	if l.journal == nil {
		made(nil)
		return
	}
	decided := false
	err := l.journal.Update(ctx, f, func(past []journal.Record) ([]journal.Record, error) {
		decided = true
		return l.records(made(past)), nil
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

// tasks are those to which something happened in this session, with the facts of every session.
func (l *Log) tasks(ctx context.Context, caps gates.Caps) Tasks {
	if l.journal == nil || l.session == "" {
		return Tasks{}
	}
	here, _, err := l.journal.Read(ctx, journal.Filter{Session: l.session, Kinds: []string{kindFact}})
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
		facts, _, err := l.journal.Read(ctx, journal.Filter{Task: key, Kinds: []string{kindFact}})
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

// fact is the record of a fact. Every spelling of one task has the same.
func fact(d factData) entry {
	return entry{kind: kindFact, agent: d.Fact.Agent, agentType: d.Fact.AgentType, task: launch.TaskKey(d.Fact.Task), data: d}
}

func (l *Log) records(entries []entry) []journal.Record {
	records := make([]journal.Record, len(entries))
	for i, e := range entries {
		records[i] = journal.Record{
			Kind: e.kind, At: l.now().UTC(), Session: l.session, Agent: e.agent, AgentType: e.agentType, Task: launch.ShortTask(e.task),
		}
		if e.data != nil {
			records[i].Data = json.RawMessage(quote.JSON(e.data))
		}
	}
	return records
}

// otherSessions tells whether agents of another session have begun or ended in this repository since then.
func (l *Log) otherSessions(ctx context.Context, since time.Time) bool {
	records, _, err := l.read(ctx, kindStart, kindStop)
	if err != nil && l.journal != nil {
		l.fail(err)
	}
	return slices.ContainsFunc(records, func(rec journal.Record) bool { return rec.Session != l.session && !rec.At.Before(since) })
}
