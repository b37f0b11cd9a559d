package record

import (
	"bytes"
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
	"stopgate/hook/worktree"
)

// Log is the journal as one event uses it. If the journal fails, the event continues: Err returns the first error to callers that must not block or
// deliver then, and every error is written out. A Log is not safe for concurrent use.
type Log struct {
	journal Journal
	// unopened is why no journal could be opened; nil if one was.
	unopened error
	session  string
	// ClientGone reports whether the client of a session has ended; nil means that this is not known.
	ClientGone func(session string) bool
	now        func() time.Time
	out        io.Writer
	err        error
}

// Open opens the journal of a repository or folder, which key names, for a session; "" if a person only reads. Errors are written to out.
func Open(open func(key string) (Journal, error), key, session string, now func() time.Time, out io.Writer) *Log {
	l := &Log{session: session, now: now, out: out}
	j, err := open(key)
	if l.unopened = err; err != nil {
		l.fail(err)
		l.journal = Unwritten(&Memory{})
		return l
	}
	l.journal = patientJournal{j}
	return l
}

// Err returns the first error of the journal; nil if everything was read and recorded.
func (l *Log) Err() error { return l.err }

// Warning returns a line for the person if the journal could not be read or written; "" if it could.
func (l *Log) Warning() string {
	if l.err == nil {
		return ""
	}
	return "stopgate: the journal failed, so not everything is recorded and checked: " + quote.Clip(l.err.Error(), quote.MaxReason)
}

func (l *Log) fail(err error) {
	if l.err == nil {
		l.err = err
	}
	fmt.Fprintf(l.out, "stopgate: %v\n", err)
}

// Hold keeps other processes from judging the same agent until release is called. If that fails, both judge, which is better than none.
func (l *Log) Hold(ctx context.Context, agent string) (release func()) {
	release, err := l.journal.Hold(ctx, agent)
	if err != nil {
		l.fail(err)
		return func() {}
	}
	return release
}

// History returns the records of this session; it is empty if there are none, or if they cannot be read.
func (l *Log) History(ctx context.Context) History {
	return fold(l.read(ctx, l.ofSession()))
}

// read returns the selected records. An error is kept for Err.
func (l *Log) read(ctx context.Context, f journal.Filter) []journal.Record {
	records, _, err := l.journal.Read(ctx, f)
	if err != nil {
		l.fail(err)
	}
	return records
}

func (l *Log) ofSession() journal.Filter { return journal.Filter{Session: l.session} }

// Tasks returns the tasks that have a record in this session, with the facts of every session. caps limits how often the gates may send work back.
func (l *Log) Tasks(ctx context.Context, caps gates.Caps) Tasks {
	if l.session == "" {
		return FoldTasks(nil, caps)
	}
	var keys []string
	for _, rec := range l.read(ctx, journal.Filter{Session: l.session, Kinds: []string{KindFact}}) {
		if rec.Task != "" && !slices.Contains(keys, rec.Task) && !bytes.Contains(rec.Data, []byte(`"words":"`)) { // words of this session are heard by every task
			keys = append(keys, rec.Task)
		}
	}
	if len(keys) > maxSearched {
		facts := l.read(ctx, journal.Filter{Tasks: keys, Kinds: []string{KindFact}})
		return FoldTasks(slices.DeleteFunc(facts, func(rec journal.Record) bool { return !slices.Contains(keys, rec.Task) }), caps)
	}
	var all []journal.Record
	for _, key := range keys { // a search by task skips all others
		all = append(all, l.read(ctx, ofTask(key))...)
	}
	return FoldTasks(all, caps)
}

// maxSearched is up to how many tasks are searched one by one. For more tasks, all facts are read at once.
const maxSearched = 16

// Heard reports whether words that may be the person's were recorded in this session.
func (l *Log) Heard(ctx context.Context) bool {
	if l.session == "" {
		return false
	}
	here, _, err := l.journal.Read(ctx, journal.Filter{Session: l.session, Kinds: []string{KindFact}})
	if err != nil {
		l.fail(err)
		return true
	}
	return slices.ContainsFunc(here, func(rec journal.Record) bool { return bytes.Contains(rec.Data, []byte(`"`+gates.PromptCame+`"`)) })
}

// Read returns all records of those kinds, of every session. It also fails if the journal could not be opened.
func (l *Log) Read(ctx context.Context, kinds ...string) ([]journal.Record, journal.Skipped, error) {
	if l.unopened != nil {
		return nil, journal.Skipped{}, l.unopened
	}
	return l.journal.Read(ctx, journal.Filter{Kinds: kinds})
}

// FirstMarks returns the state of git's own files when the first agent was launched into the worktree called name; nil if that cannot be read.
func (l *Log) FirstMarks(ctx context.Context, name string) *worktree.Marks {
	launches, _, err := l.Read(ctx, KindLaunch)
	if err != nil {
		return nil
	}
	return fold(launches).FirstMarks(name)
}

// OtherSessions reports whether agents of another session have begun or ended in this repository since then.
func (l *Log) OtherSessions(ctx context.Context, since time.Time) bool {
	records := l.read(ctx, journal.Filter{Kinds: []string{KindStart, KindStop}, Since: since})
	return slices.ContainsFunc(records, func(rec journal.Record) bool { return rec.Session != l.session && !rec.At.Before(since) })
}

// GitCommands returns the git commands of every session that were recorded since then, in order.
func (l *Log) GitCommands(ctx context.Context, since time.Time) []Git {
	var list []Git
	for _, rec := range l.read(ctx, journal.Filter{Kinds: []string{KindGit}, Since: since}) {
		if g, ok := ReadGit(rec); ok && !g.At.Before(since) {
			list = append(list, g)
		}
	}
	return list
}

// Append records entries.
func (l *Log) Append(ctx context.Context, entries ...Entry) {
	if err := l.journal.Append(ctx, l.records(entries)...); err != nil {
		l.fail(err)
	}
}

// Update calls decide with the history under the journal's lock, so that only one of several processes decides. It appends the returned entries, and
// reports whether they were recorded.
func (l *Log) Update(ctx context.Context, decide func(History) []Entry) (recorded bool) {
	return l.update(ctx, l.ofSession(), func(past []journal.Record) []Entry { return decide(fold(past)) })
}

// UpdateTask is like Update for one task, with the facts of every session. caps limits how often the gates may send work back.
func (l *Log) UpdateTask(ctx context.Context, name string, caps gates.Caps, decide func(*Task) []Entry) (recorded bool) {
	key := launch.TaskKey(name)
	return l.update(ctx, ofTask(key), func(past []journal.Record) []Entry {
		tasks := FoldTasks(past, caps)
		return decide(tasks.at(key))
	})
}

// update calls decide once with the records that f selects, and appends the entries that it returns. If the journal cannot be updated, decide gets
// the records that can be read, or none, and its entries are not recorded.
func (l *Log) update(ctx context.Context, f journal.Filter, decide func([]journal.Record) []Entry) (recorded bool) {
	decided := false
	err := l.journal.Update(ctx, f, func(past []journal.Record) ([]journal.Record, error) {
		decided = true
		return l.records(decide(past)), nil
	})
	if err != nil {
		l.fail(err)
	}
	if !decided {
		decide(l.read(ctx, f))
	}
	return err == nil
}

func (l *Log) records(entries []Entry) []journal.Record {
	records := make([]journal.Record, len(entries))
	for i, e := range entries {
		task := launch.ShortTask(e.task)
		if e.kind == KindFact { // the key makes a search by task find every spelling
			task = gates.Key(task)
		}
		records[i] = journal.Record{Kind: e.kind, At: l.now().UTC(), Session: l.session, Agent: e.agent.ID, AgentType: e.agent.Type, Task: task}
		if e.data != nil {
			records[i].Data = json.RawMessage(quote.JSON(e.data))
		}
	}
	return records
}
