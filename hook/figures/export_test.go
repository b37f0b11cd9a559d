package figures_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"stopgate/hook/figures"
	"stopgate/hook/gates"
	"stopgate/hook/journal"
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

// What is no export ends the reading of it with a reason.
func TestNoExport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	event := `{"stopgate":"event/1","id":"a:1","at":"2026-03-01T09:00:00Z","repository":"a","kind":"start"}` + "\n"
	for name, path := range map[string]string{
		"a folder": dir, "empty lines": write("empty", strings.Repeat("\n", 20_000)), "other lines": write("other", strings.Repeat("{}\n", 20_000)),
		"a long line": write("long", strings.Repeat("x", 2*journal.MaxAppend)), "a device": "/dev/zero",
	} {
		if runtime.GOOS == "windows" && name == "a device" {
			continue
		}
		if _, err := figures.ReadExports([]string{path}, false); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	read, err := figures.ReadExports([]string{write("some", "{}\n"+event+strings.Repeat("\n", 20_000)+event+"torn")}, false)
	if err != nil || len(read.Events) != 2 || read.Damaged != 2 {
		t.Errorf("events %d, damaged %d, %v", len(read.Events), read.Damaged, err)
	}
}
