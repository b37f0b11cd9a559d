package record_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/quote"
	"stopgate/hook/record"
)

// hurried is a journal that fails when it is given no time.
type hurried struct{ record.Memory }

func (h *hurried) Read(ctx context.Context, f journal.Filter) ([]journal.Record, journal.Skipped, error) {
	if ctx.Err() != nil {
		return nil, journal.Skipped{}, ctx.Err()
	}
	return h.Memory.Read(ctx, f)
}

func (h *hurried) Append(ctx context.Context, records ...journal.Record) error {
	return errors.Join(ctx.Err(), h.Memory.Append(ctx, records...))
}

func (h *hurried) Update(ctx context.Context, f journal.Filter, decide func([]journal.Record) ([]journal.Record, error)) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return h.Memory.Update(ctx, f, decide)
}

func openLog(j record.Journal) *record.Log {
	return record.Open(func(string) (record.Journal, error) { return j, nil }, "key", "s", time.Now, io.Discard)
}

// TestLogOutlastsItsEvent: the decision is recorded although the event's own time is over.
func TestLogOutlastsItsEvent(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	j := &hurried{}
	log := openLog(j)
	agent := gates.Agent{ID: "a1", Type: "bug-fixer"}
	log.Append(ctx, record.Started(agent, nil))
	log.UpdateTask(ctx, "T-1", gates.Caps{}, func(*record.Task) []record.Entry {
		return []record.Entry{record.Fact{Fact: gates.Fact{Kind: gates.CoderStarted, Task: "T-1"}}.Entry()}
	})
	if !log.History(ctx).Agent("a1").HasRun() {
		t.Error("the start is not recorded")
	}
	if records := remembered(t, &j.Memory); len(records) != 2 || log.Err() != nil {
		t.Errorf("%d records, %v", len(records), log.Err())
	}
}

// TestLogWithoutJournal: nothing is recorded and nothing fails, but the error is kept, and decisions are made.
func TestLogWithoutJournal(t *testing.T) {
	failure := errors.New("no room left")
	var out strings.Builder
	log := record.Open(func(string) (record.Journal, error) { return nil, failure }, "key", "s", time.Now, &out)
	decided := 0
	log.Update(t.Context(), func(record.History) []record.Entry { decided++; return nil })
	log.UpdateTask(t.Context(), "T-1", gates.Caps{}, func(*record.Task) []record.Entry { decided++; return nil })
	log.Append(t.Context(), record.Started(gates.Agent{ID: "a1"}, nil))
	log.Hold(t.Context(), "a1")()
	if decided != 2 || log.History(t.Context()).Agent("a1").HasRun() || len(log.Tasks(t.Context(), gates.Caps{}).All()) > 0 {
		t.Errorf("%d decisions", decided)
	}
	if !errors.Is(log.Err(), failure) || out.String() != "stopgate: no room left\n" {
		t.Errorf("the error is %v, written as %q", log.Err(), out.String())
	}
}

// TestRecordedTaskIsBounded: the journal takes no record of any length.
func TestRecordedTaskIsBounded(t *testing.T) {
	j := &record.Memory{}
	openLog(j).Append(t.Context(), record.Launch{}.Entry("bug-fixer", strings.Repeat("x", 5<<20)))
	if records := remembered(t, j); len(records) != 1 || len(records[0].Task) > 2*quote.MaxTask {
		t.Errorf("the records are %+v", records)
	}
}

// TestManyTasks: the tasks of a session are the same whether the journal is searched for each or read at once.
func TestManyTasks(t *testing.T) {
	for _, n := range []int{3, 40} {
		folder := t.TempDir()
		open := func(key string) (record.Journal, error) { return journal.Open(folder, key) }
		log := record.Open(open, "/r", "s", time.Now, io.Discard)
		var entries []record.Entry
		for i := range n {
			name := fmt.Sprint("T-", i)
			entries = append(entries, record.Fact{Fact: gates.Fact{Kind: gates.CoderStarted, Task: name, Agent: "a"}}.Entry())
		}
		log.Append(t.Context(), entries...)
		other := record.Open(open, "/r", "other", time.Now, io.Discard)
		other.Append(t.Context(), record.Fact{Fact: gates.Fact{Kind: gates.CoderStarted, Task: "T-other", Agent: "b"}}.Entry(),
			record.Fact{Fact: gates.Fact{Kind: gates.CoderStopped, Task: "t-1", Agent: "a", Verdict: gates.Capped}}.Entry())
		tasks := log.Tasks(t.Context(), gates.Caps{})
		if got := len(tasks.All()); got != n || tasks.Find("T-1").State.Phase != gates.Escalated {
			t.Errorf("%d tasks, of which T-1 is %+v; want %d", got, tasks.Find("T-1"), n)
		}
		if log.Heard(t.Context()) {
			t.Error("words are heard that nobody said")
		}
		log.Append(t.Context(), record.Fact{Fact: gates.Fact{Kind: gates.PromptCame, Task: "T-1", Words: "w", Session: "s"}}.Entry())
		if !log.Heard(t.Context()) || other.Heard(t.Context()) {
			t.Error("words are not heard where they were said")
		}
	}
}
