package record_test

import (
	"strings"
	"testing"
	"time"

	"stopgate/hook/journal"
	"stopgate/hook/judge"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
)

// TestJudgedBefore: which stop counts as one that was judged before, that long ago.
func TestJudgedBefore(t *testing.T) {
	reply := record.StopID{Reply: "m1", Said: "x"}
	for _, tt := range []struct {
		name         string
		before, stop record.StopID
		apart        time.Duration
		want         bool
	}{
		{"the same reply, however late", reply, record.StopID{Reply: "m1", Said: "y"}, time.Hour, true},
		{"another reply with the same words", reply, record.StopID{Reply: "m2", Said: "x"}, 0, false},
		{"one hook was too early for the reply", reply, record.StopID{Said: "x"}, time.Second, true},
		{"the same words long after", reply, record.StopID{Said: "x"}, time.Minute, false},
		{"the same words with the clock set back", record.StopID{Said: "x"}, record.StopID{Said: "x"}, -time.Hour, false},
		{"other words", record.StopID{Said: "x"}, record.StopID{Said: "y"}, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			stop := journal.Record{Kind: record.KindStop, Agent: "a1", At: at, Data: []byte(quote.JSON(record.Stop{Stop: tt.before, Verdict: rule.Rejected, Reason: "because"}))}
			judged, ok := historyOf(t, []journal.Record{stop}).Agent("a1").Judged(tt.stop, at.Add(tt.apart))
			if ok != tt.want || ok && judged.Reason != "because" {
				t.Errorf("got %+v, %t", judged, ok)
			}
			start := journal.Record{Kind: record.KindStart, Agent: "a1", At: at}
			if _, ok := historyOf(t, []journal.Record{stop, start}).Agent("a1").Judged(tt.stop, at.Add(tt.apart)); ok {
				t.Error("a stop of an earlier run counts as a stop of this one")
			}
		})
	}
}

// TestLongReportIsNotKept: a report that the journal would not take is left to the transcript, and the head of the message is kept instead.
func TestLongReportIsNotKept(t *testing.T) {
	c := judge.Case{Verdict: rule.Verified}
	const limit = 1 << 20
	for n, kept := range map[int]bool{limit: true, limit + 1: false} {
		c.Submission.Report.Raw = []byte(strings.Repeat(" ", n))
		stop := record.CoderStop(c, record.StopID{}, "the message")
		if (stop.Report != nil) != kept || (stop.Message == "") != kept {
			t.Errorf("%d bytes: the report has %d, the message is %q", n, len(stop.Report), stop.Message)
		}
	}
}
