package month_test

import (
	"testing"
	"time"

	"stopgate/hook/figures"
	"stopgate/hook/gates"
	"stopgate/hook/quote"
	"stopgate/scripts/month"
)

// TestRealistic: the month has what pictures and tests of figures need, and is the same each time.
func TestRealistic(t *testing.T) {
	t.Parallel()
	m := month.Realistic()
	all, again := m.Records(), m.Records()
	if quote.JSON(all) != quote.JSON(again) {
		t.Fatal("the same seed makes another month")
	}
	var events []figures.Event
	for i, records := range all {
		reader := figures.NewReader(m.Key(i), gates.Caps{}, false)
		for _, rec := range records {
			events = append(events, reader.Event(rec))
		}
	}
	tasks, phases := map[string]bool{}, map[string]bool{}
	for _, e := range events {
		tasks[e.Task], phases[e.Phase] = true, true
		if e.Unreadable {
			t.Fatalf("%s cannot be read", quote.JSON(e))
		}
	}
	f := figures.CountEach(events, time.Time{}, figures.ByNothing)[figures.ByNothing]
	for _, v := range figures.Verdicts() {
		if f.Total.Verdicts[v] == 0 && v != figures.Other {
			t.Errorf("no stop is %s", v)
		}
	}
	for _, l := range f.Total.Lines() {
		t.Logf("%-24s %s", l.Name, l.Value)
	}
	for name, n := range map[string]int{
		"tasks": len(tasks) - 399, "repositories": f.Repositories - 4, "phases": len(phases) - 6, "sent back": f.Total.SentBack, "would be sent back": f.Total.WouldSendBack,
		"mended in the report": f.Total.MendedReport, "mended in the work": f.Total.MendedWork, "mended in both": f.Total.MendedBoth, "refused": f.Total.Denied,
		"would be refused": f.Total.WouldDeny, "voided": f.Total.Voided, "overrides": f.Total.Overrides, "merged": f.Total.Merged, "closed": f.Total.Closed,
		"unproven": f.Total.Unproven, "waited": f.Total.Waited.Count, "merged in time": f.Total.ToMerged.Count, "bytes": int(f.Total.Bytes),
	} {
		if n <= 0 {
			t.Errorf("too few %s: %d", name, n)
		}
	}
}
