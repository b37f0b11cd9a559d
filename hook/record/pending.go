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
