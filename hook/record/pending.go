package record

import (
	"context"
	"encoding/json"
	"slices"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
)

// KindDone is the kind of a record that no journal has: in what is kept of all tasks it stands for the facts of those that are done. Its data
// are a finished.
const KindDone = "done"

type finished struct {
	// Tasks are the keys of these tasks, the oldest first.
	Tasks []string `json:"tasks"`
	// Instead is what all facts until then showed of types that do not exist.
	Instead standIns `json:"instead,omitempty"`
}

// maxFinished bounds the tasks that are known to be done. One that was done before them counts as new if something happens to it.
const maxFinished = 100_000

// Pending are the tasks of every session that are not done, and those that have heard words of which nobody has found out who said them. caps
// are as for Tasks.
func (l *Log) Pending(ctx context.Context, caps gates.Caps) []*Task {
	known, err := l.PendingFacts(ctx, caps)
	if err != nil && l.unopened == nil {
		l.fail(err)
	}
	return slices.DeleteFunc(FoldTasks(known.Facts, caps).All(), func(t *Task) bool { return !t.pending() })
}

// PendingFacts are the facts that Pending folds.
type PendingFacts struct {
	// Facts are those of the tasks that are pending, and of tasks that were done lately, in the order of the journal for each task.
	Facts []journal.Record
	// Done counts the tasks that are done and of which Facts has none; the last maxFinished of them.
	Done int
	// Damaged counts the lines that could not be read of the newest part of the journal, which is read each time.
	Damaged int
}

// PendingFacts reads what the journal keeps of the tasks that are pending, and what was recorded since. With journal.ErrTooLong something is
// missing: the next call reads on from there.
func (l *Log) PendingFacts(ctx context.Context, caps gates.Caps) (known PendingFacts, err error) {
	if l.unopened != nil {
		return known, l.unopened
	}
	// Caps decide whether a task is done, so that what is kept under some is of no use under others.
	keep := &journal.NamedKeep{Name: "tasks " + quote.Digest(quote.JSON(caps)), Keep: l.keepPending(ctx, caps)}
	records, skipped, err := l.journal.Read(ctx, journal.Filter{Kinds: []string{KindFact, KindDone}, Keep: keep})
	known.Facts, known.Damaged = records, skipped.Lines
	if err != nil {
		return known, err
	}
	done, facts, err := l.complete(ctx, records)
	known.Facts, known.Done = facts, len(done.Tasks)
	return known, err
}

// Task is the task of that name, in any spelling, with the facts of every session; nil if none is known. caps are as for Tasks.
func (l *Log) Task(ctx context.Context, name string, caps gates.Caps) *Task {
	return FoldTasks(l.read(ctx, ofTask(launch.TaskKey(name))), caps).Find(name)
}

// ofTask selects the facts of a task, by its key.
func ofTask(key string) journal.Filter {
	return journal.Filter{Task: key, Kinds: []string{KindFact}}
}

// keepPending keeps the facts of the tasks that are pending, and the names of the others.
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
			return ended[rec.Task] || rec.Kind == KindDone
		})
		done.Tasks, done.Instead = done.Tasks[max(0, len(done.Tasks)-maxFinished):], tasks.missing
		var kept []journal.Record
		seen := map[string]int{}
		for _, rec := range facts {
			if seen[rec.Task]++; seen[rec.Task] <= maxKeptFacts || seen[rec.Task] > n[rec.Task]-maxKeptRecords {
				kept = append(kept, rec)
			}
		}
		return append(kept, journal.Record{V: journal.Version, Kind: KindDone, Data: json.RawMessage(quote.JSON(done))})
	}
}

// complete adds, for a task that was done and to which something has happened since, the facts that led there.
func (l *Log) complete(ctx context.Context, kept []journal.Record) (done finished, facts []journal.Record, err error) {
	was := map[string]bool{} // done, and nothing has happened since
	for _, rec := range kept {
		switch {
		case rec.Kind == KindDone:
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
