package figures_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"stopgate/hook/figures"
	"stopgate/hook/gates"
	"stopgate/hook/quote"
)

// TestParseEvent: an export reads back unchanged, with the same figures. Foreign texts are bounded.
func TestParseEvent(t *testing.T) {
	t.Parallel()
	for _, reports := range []bool{false, true} {
		events := eventsOf(append(story(), randomJournal(rand.New(rand.NewPCG(5, 5)), 60)...), reports)
		for _, e := range events {
			if back, ok := figures.ParseEvent([]byte(quote.JSON(e)), reports); !ok || quote.JSON(back) != quote.JSON(e) {
				t.Errorf("%s\nreads as %v %s", quote.JSON(e), ok, quote.JSON(back))
			}
		}
	}
	long := strings.Repeat("<b>\x00", 6_000)
	evil := figures.Event{
		Stopgate: figures.EventVersion, ID: long, At: start, Repository: long, Kind: long, Task: long, Verdict: long, Phase: long, Waits: long, WaitsFor: gates.Party(long), Claims: -5, Bytes: -1,
		Findings: []string{long}, Message: long, Report: json.RawMessage(quote.JSON(long)), Words: make([]string, 10_000),
	}
	for range 100 {
		evil.Rules = append(evil.Rules, figures.RuleCount{Rule: long[:500], Severity: long[:500], Count: -1, Path: long[:500]})
		evil.Mended = append(evil.Mended, figures.Mend{Rule: long[:500], In: figures.Where(long[:500])})
		evil.Gates, evil.Voided = append(evil.Gates, figures.Standing{Gate: long[:500], Standing: long[:500]}), append(evil.Voided, long[:500])
	}
	line := []byte(quote.JSON(evil))
	for reports, most := range map[bool]int{false: 40_000, true: 200_000} {
		e, ok := figures.ParseEvent(line, reports)
		if text := quote.JSON(e); !ok || len(text) > most || e.Claims != 0 || e.Bytes != 0 || !reports && (e.Message != "" || len(e.Findings) > 0) {
			t.Errorf("%v: %d bytes of %d", ok, len(text), len(line))
		}
	}
	for _, text := range []string{``, `{}`, `[]`, `{"stopgate":"event/1"}`, `{"stopgate":"event/2","id":"a","kind":"stop","at":"2026-01-01T00:00:00Z"}`, strings.Repeat("[", 100_000)} {
		if _, ok := figures.ParseEvent([]byte(text), true); ok {
			t.Errorf("%.60s is taken for an event", text)
		}
	}
}
