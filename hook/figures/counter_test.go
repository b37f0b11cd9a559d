package figures_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"stopgate/hook/figures"
	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/quote"
	"stopgate/hook/record"
)

// bookOf returns a journal with the records.
func bookOf(t *testing.T, records []journal.Record) *journal.Journal {
	t.Helper()
	book, err := journal.Open(t.TempDir(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	for batch := range slicesOf(records, 4000) {
		if err := book.Append(t.Context(), batch...); err != nil {
			t.Fatal(err)
		}
	}
	return book
}

func slicesOf(records []journal.Record, n int) func(yield func([]journal.Record) bool) {
	return func(yield func([]journal.Record) bool) {
		for len(records) > 0 {
			part := records[:min(n, len(records))]
			if records = records[len(part):]; !yield(part) {
				return
			}
		}
	}
}

// TestCounterReadsAsCountDoes: counted one by one from the journal, events give the figures that they give all together.
func TestCounterReadsAsCountDoes(t *testing.T) {
	t.Parallel()
	records := append(randomJournal(rand.New(rand.NewPCG(7, 7)), 400), story()...)
	book := bookOf(t, records)
	for _, by := range append(figures.Groupings(), figures.ByNothing) {
		for _, since := range []time.Time{{}, start.Add(30 * time.Minute)} {
			var read figures.Journals
			if err := read.Read(t.Context(), book, gates.Caps{}, false); err != nil {
				t.Fatal(err)
			}
			want := figures.CountEach(read.Events, since, by)[by]
			want.Damaged = read.Damaged
			counter := figures.NewCounter(by, since)
			if err := counter.Read(t.Context(), book, gates.Caps{}); err != nil {
				t.Fatal(err)
			}
			if got := counter.Figures(); quote.JSON(got) != quote.JSON(want) {
				t.Errorf("by %q:\n%s, want\n%s", by, quote.JSON(got), quote.JSON(want))
			}
		}
	}
}

// TestCounterHoldsNoEvents: the space for a journal does not grow with its stops.
func TestCounterHoldsNoEvents(t *testing.T) {
	stop := randomJournal(rand.New(rand.NewPCG(1, 1)), 1)[0]
	stop.Kind, stop.Data = record.KindStop, data(record.Stop{Verdict: "verified", Fingerprint: "f"})
	records := make([]journal.Record, 100_000)
	for i := range records {
		records[i] = stop
	}
	book := bookOf(t, records)
	counter := figures.NewCounter(figures.ByAgent, time.Time{})
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if err := counter.Read(t.Context(), book, gates.Caps{}); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("%d MiB are held", grown>>20)
	}
	if got := counter.Figures().Total.Stops; got != 100_000 {
		t.Errorf("%d stops", got)
	}
}

// TestTooManyTasks: a journal with more tasks than any work has ends with the reason, before it fills the memory.
func TestTooManyTasks(t *testing.T) {
	t.Parallel()
	records := make([]journal.Record, 50_002)
	for i := range records {
		task := fmt.Sprint("X-", i)
		records[i] = journal.Record{
			Kind: record.KindFact, At: start, Session: "s", Task: task,
			Data: data(record.Fact{Fact: gates.Fact{Kind: gates.CoderStarted, Task: task, At: start}}),
		}
	}
	book := bookOf(t, records)
	counter := figures.NewCounter(figures.ByNothing, time.Time{})
	if err := counter.Read(t.Context(), book, gates.Caps{}); err == nil || !strings.Contains(err.Error(), "more than 50000 tasks") {
		t.Errorf("got %v", err)
	}
	var read figures.Journals
	if err := read.Read(t.Context(), book, gates.Caps{}, false); err == nil {
		t.Error("the page reads it")
	}
}
