package record

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/inspect"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/transcript"
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
	// beside are the session's tasks when one was first updated, for the steps of others in the same worktree.
	beside *Tasks
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
	return "stopgate: the journal failed, so not everything is recorded and checked: " + quote.Clip(l.err.Error(), quote.MaxReason) +
		"; if that lasts, mend it before you launch or resume an agent, because its work cannot be checked until then (stopgate doctor says how)"
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
	return fold(l.withMoved(ctx, l.read(ctx, l.ofSession()), maxMoves))
}

// maxMoves bounds how many times an agent may have gone over to another session.
const maxMoves = 16

// withMoved returns a session's records with those that other sessions have of agents that it has now, which come first.
func (l *Log) withMoved(ctx context.Context, records []journal.Record, depth int) []journal.Record {
	agents := map[string][]string{} // by the session that had them before
	for _, rec := range records {
		if rec.Kind != KindMoved || depth == 0 {
			continue
		}
		if moved, ok := Data[Moved](rec); ok && moved.From != "" {
			agents[moved.From] = append(agents[moved.From], rec.Agent)
		}
	}
	var before []journal.Record
	for _, from := range slices.Sorted(maps.Keys(agents)) {
		for _, rec := range l.withMoved(ctx, l.read(ctx, journal.Filter{Session: from}), depth-1) {
			if rec.Kind == KindLaunch || rec.Kind == KindDenial || rec.Kind != KindGone && rec.Kind != KindMoved && slices.Contains(agents[from], rec.Agent) {
				before = append(before, rec)
			}
		}
	}
	return append(before, records...)
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
	if l.beside == nil { // decide must not read the journal, and what it records is of its own task
		l.beside = new(l.Tasks(ctx, caps))
	}
	return l.update(ctx, ofTask(key), func(past []journal.Record) []Entry {
		tasks := FoldTasks(past, caps)
		t := tasks.at(key)
		t.beside = l.beside
		return decide(t)
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
		records[i] = journal.Record{Kind: e.kind, At: l.now().UTC(), Session: cmp.Or(e.session, l.session), Agent: e.agent.ID, AgentType: e.agent.Type, Task: task}
		if e.data != nil {
			records[i].Data = json.RawMessage(quote.JSON(e.data))
		}
	}
	return records
}

// kindDone is the kind of a record that is in a checkpoint of all tasks but in no journal. It replaces the facts of the tasks that are done. Its
// data is a finished.
const kindDone = "done"

type finished struct {
	// Tasks are the keys of these tasks, oldest first.
	Tasks []string `json:"tasks"`
	// Instead has the stand-ins, from all facts until then, for types that do not exist.
	Instead standIns `json:"instead,omitempty"`
}

// maxFinished is how many tasks are remembered as done. A task that was done before them counts as new if something happens to it.
const maxFinished = 100_000

// Pending returns the tasks of every session that are not done, and those with words that nobody has yet attributed to a speaker. caps is as for
// Tasks.
func (l *Log) Pending(ctx context.Context, caps gates.Caps) []*Task {
	known, err := l.PendingFacts(ctx, caps)
	if err != nil && l.unopened == nil {
		l.fail(err)
	}
	return slices.DeleteFunc(FoldTasks(known.Facts, caps).All(), func(t *Task) bool { return !t.pending() })
}

// PendingFacts has the facts from which Pending makes its tasks.
type PendingFacts struct {
	// Facts are the facts of pending tasks, and of tasks that were done lately, for each task in the order of the journal.
	Facts []journal.Record
	// Done counts the tasks that are done and have no fact in Facts, up to maxFinished.
	Done int
	// Damaged counts the unreadable lines in the newest part of the journal, which is read each time.
	Damaged int
}

// PendingFacts reads the checkpoint of the pending tasks and the later records. With journal.ErrTooLong some are missing: the next call continues
// from there.
func (l *Log) PendingFacts(ctx context.Context, caps gates.Caps) (known PendingFacts, err error) {
	if l.unopened != nil {
		return known, l.unopened
	}
	// The caps decide whether a task is done, so a checkpoint made with some caps is useless with others.
	keep := &journal.NamedKeep{Name: "tasks " + quote.Digest(quote.JSON(caps)), Keep: l.keepPending(ctx, caps)}
	records, skipped, err := l.journal.Read(ctx, journal.Filter{Kinds: []string{KindFact, kindDone}, Keep: keep})
	known.Facts, known.Damaged = records, skipped.Lines
	if err != nil {
		return known, err
	}
	done, facts, err := l.complete(ctx, records)
	known.Facts, known.Done = facts, len(done.Tasks)
	return known, err
}

// Task returns the task of that name, in any spelling, with the facts of every session; nil if none is known. caps is as for Tasks.
func (l *Log) Task(ctx context.Context, name string, caps gates.Caps) *Task {
	return FoldTasks(l.read(ctx, ofTask(launch.TaskKey(name))), caps).Find(name)
}

// ofTask selects the facts of a task, by its key.
func ofTask(key string) journal.Filter {
	return journal.Filter{Task: key, Kinds: []string{KindFact}}
}

// keepPending keeps the facts of pending tasks, and the names of the others.
func (l *Log) keepPending(ctx context.Context, caps gates.Caps) journal.Keep {
	return func(_ journal.Filter, past []journal.Record) []journal.Record {
		done, facts, err := l.complete(ctx, past)
		if err != nil {
			return past
		}
		tasks := FoldTasks(facts, caps)
		ended, n := map[string]bool{}, map[string]int{}
		facts = slices.DeleteFunc(facts, func(rec journal.Record) bool {
			t := tasks.byKey[rec.Task]
			if t != nil && !t.pending() && !ended[rec.Task] {
				ended[rec.Task], done.Tasks = true, append(done.Tasks, rec.Task)
			}
			n[rec.Task]++
			return ended[rec.Task] || rec.Kind == kindDone
		})
		done.Tasks, done.Instead = done.Tasks[max(0, len(done.Tasks)-maxFinished):], tasks.missing
		var kept []journal.Record
		seen := map[string]int{}
		for _, rec := range facts {
			if seen[rec.Task]++; seen[rec.Task] <= maxKeptFacts || seen[rec.Task] > n[rec.Task]-maxKeptRecords {
				kept = append(kept, rec)
			}
		}
		return append(kept, journal.Record{V: journal.Version, Kind: kindDone, Data: json.RawMessage(quote.JSON(done))})
	}
}

// complete adds the earlier facts of a task that was done, if something has happened to it since.
func (l *Log) complete(ctx context.Context, kept []journal.Record) (done finished, facts []journal.Record, err error) {
	was := map[string]bool{} // tasks that are done, without a fact since then
	for _, rec := range kept {
		switch {
		case rec.Kind == kindDone:
			if err := json.Unmarshal(rec.Data, &done); err != nil {
				return done, kept, err
			}
			for _, key := range done.Tasks {
				was[key] = true
			}
		case was[rec.Task]:
			was[rec.Task] = false
			all, _, err := l.journal.Read(ctx, ofTask(rec.Task))
			if err != nil {
				return done, kept, err
			}
			same := func(r journal.Record) bool { return r.At.Equal(rec.At) && string(r.Data) == string(rec.Data) }
			facts = append(facts, all[:max(0, slices.IndexFunc(all, same))]...)
		}
	}
	done.Tasks = slices.DeleteFunc(done.Tasks, func(key string) bool { return !was[key] })
	return done, append(facts, kept...), nil
}

// Inquiry returns what the records contribute to the inspection of the agent's stop; the other fields are zero. h has the records of the session, and
// launched is the agent's launch; nil if none is recorded.
func (l *Log) Inquiry(ctx context.Context, h History, agentID, sessionTranscript string, launched *Launch) inspect.Inquiry {
	in := h.Inquiry(agentID, launched)
	if launched.Seen() == nil || len(launched.Snapshot.Dirty) == 0 {
		return in // nothing was there that an earlier agent could have left
	}
	var found predecessors
	found.add(ctx, h, agentID, sessionTranscript, launched, l.now())
	sessions := []string(nil)
	if launched.task != "" { // launches that name no task are for the same one in one session only
		sessions = l.sessionsOf(ctx, launched.task)
	}
	for _, session := range sessions {
		if other, path, ok := l.other(ctx, session, sessionTranscript); ok {
			found.add(ctx, other, "", path, launched, l.now())
		}
	}
	if found.first != nil {
		found.Snapshot = found.first.Snapshot
		in.Before = &found.Predecessors
	}
	return in
}

// maxSessions is how many other sessions are searched for the agents before one. The newest are.
const maxSessions = 8

// sessionsOf returns the other sessions that launched an agent for a task, the newest first.
func (l *Log) sessionsOf(ctx context.Context, task string) (ids []string) {
	if l.session == "" {
		return nil
	}
	launches, _, err := l.journal.Read(ctx, journal.Filter{Task: task, Kinds: []string{KindLaunch}})
	if err != nil {
		return nil
	}
	for _, rec := range slices.Backward(launches) {
		if rec.Session != l.session && rec.Session != "" && !slices.Contains(ids, rec.Session) && len(ids) < maxSessions {
			ids = append(ids, rec.Session)
		}
	}
	return ids
}

// predecessors collects the coding agents that were launched before one for the same task, or a unit of its ticket, and the same worktree. In one session,
// launches that name no task are for the same one.
type predecessors struct {
	inspect.Predecessors
	first *Launch
}

// add takes in those of a session. id is the agent that they came before.
func (p *predecessors) add(ctx context.Context, h History, id, sessionTranscript string, own *Launch, now time.Time) {
	for _, other := range h.order {
		a := h.agents[other]
		if other == id || a.began == 0 || a.task != "" && own.task != "" && !launch.SameFamily(a.task, own.task) { // most launches need not be looked for
			continue
		}
		path := transcript.AgentPath(sessionTranscript, other)
		l := h.Launch(path)
		if l == nil || l.Role != launch.CodingRole || !launch.SameFamily(l.task, own.task) || l.Worktree != own.Worktree || !l.At.Before(own.At) {
			continue
		}
		if p.first == nil || l.At.Before(p.first.At) {
			p.first = l
		}
		if a.AtWork() {
			silent, _ := isSilent(path, now)
			p.AtWork = p.AtWork || !silent && !brokeOff(ctx, path)
		}
		for _, stop := range a.stops {
			if stop.Verdict == rule.Verified && stop.Worktree == own.Worktree {
				p.Verified = append(p.Verified, stop.Touched...)
			}
		}
	}
}
