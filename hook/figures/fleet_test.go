package figures_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/figures"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/scripts/month"
)

// TestFleetQueries runs the queries of docs/fleet.md with SQLite over the exports of a month, a part of which was sent twice. Each gives the same
// result as Count.
func TestFleetQueries(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sqlite3"); err != nil {
		if os.Getenv("STOPGATE_NO_SKIP") == "1" {
			t.Fatal("sqlite3 is not installed, and STOPGATE_NO_SKIP=1")
		}
		t.Skip("sqlite3 is not installed")
	}
	page, err := os.ReadFile("../../docs/fleet.md")
	if err != nil {
		t.Fatal(err)
	}
	queries := map[string]string{}
	for _, block := range regexp.MustCompile("(?s)```sql\n-- (\\w+)\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		queries[block[1]] = block[2]
	}
	load := regexp.MustCompile(`(?m)^    sqlite3 fleet.db .*$`).FindString(string(page))
	m := month.Realistic()
	var events []figures.Event
	for i, records := range m.Records() {
		reader := figures.NewReader(filepath.Base(filepath.Dir(m.Key(i))), gates.Caps{}, false)
		for _, rec := range records {
			events = append(events, reader.Event(rec))
		}
	}
	var export strings.Builder
	for i, e := range append(slices.Clone(events), events[:500]...) {
		if i%1000 == 0 { // quotes, separators and broken text are no danger to the load
			export.WriteString(quote.JSON(figures.Event{Stopgate: figures.EventVersion, ID: quote.Digest(e.ID), At: e.At, Repository: "a,\"b'|\x1f", Kind: "other", Task: "\x1e;--"}) + "\n")
		}
		export.WriteString(quote.JSON(e) + "\n")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "events.jsonl"), []byte(export.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(command *exec.Cmd) string {
		t.Helper()
		command.Dir = dir
		var stderr bytes.Buffer
		command.Stderr = &stderr
		out, err := command.Output()
		if err != nil || stderr.Len() > 0 {
			t.Fatalf("%v: %s", err, stderr.String())
		}
		return string(out)
	}
	run(exec.Command("sh", "-c", load))
	run(exec.Command("sqlite3", "fleet.db", queries["events"]))

	by := func(by figures.By) []figures.Group { return figures.CountEach(events, time.Time{}, by)[by].Groups }
	type row = map[string]any
	want := map[string][]row{}
	for _, g := range by(figures.ByDay) {
		verdicts := figures.Verdicts()
		slices.Sort(verdicts)
		for _, v := range verdicts {
			if n := g.Verdicts[v]; n > 0 {
				want["days"] = append(want["days"], row{"day": g.Key, "verdict": v, "stops": n})
			}
		}
	}
	for _, g := range by(figures.ByAgent) {
		if g.Reports > 0 {
			want["agents"] = append(want["agents"], row{"agent": g.Key, "right_first": g.RightFirst, "reports": g.Reports})
		}
	}
	for _, g := range by(figures.ByRule) {
		want["rules"] = append(want["rules"], row{"rule": g.Key, "sent_back": g.SentBack, "would_send_back": g.WouldSendBack, "denied": g.Denied, "would_deny": g.WouldDeny})
		if g.Mended() > 0 {
			want["mends"] = append(want["mends"], row{"rule": g.Key, "report": g.MendedReport, "work": g.MendedWork, "both": g.MendedBoth})
		}
	}
	none := row{"repository": "a,\"b'|\x1f", "claims": 0, "unproven": 0, "artifacts": 0, "files": 0, "bytes": 0, "merged": 0, "closed": 0, "overrides": 0}
	want["repositories"] = append(want["repositories"], none)
	for _, g := range by(figures.ByRepository) {
		want["repositories"] = append(want["repositories"], row{
			"repository": g.Key, "claims": g.Claims, "unproven": g.Unproven, "artifacts": g.Artifacts, "files": g.Files, "bytes": g.Bytes,
			"merged": g.Merged, "closed": g.Closed, "overrides": g.Overrides,
		})
	}
	total := figures.CountEach(events, time.Time{}, figures.ByNothing)[figures.ByNothing].Total
	for _, d := range []struct {
		what string
		d    figures.Durations
	}{{"to merged", total.ToMerged}, {"to verified", total.ToVerified}, {"waited", total.Waited}} {
		want["times"] = append(want["times"], row{"what": d.what, "count": d.d.Count, "median": d.d.Median, "p90": d.d.P90})
	}
	last := map[string]figures.Event{}
	for _, e := range events {
		if e.Kind == "fact" {
			last[e.Repository+"\x00"+launch.TaskKey(e.Task)] = e
		}
	}
	for _, e := range last {
		if e.Phase != "done" {
			want["now"] = append(want["now"], row{"repository": e.Repository, "task": strings.ToLower(e.Task), "phase": e.Phase, "waits_for": e.WaitsFor, "waits": e.Waits})
		}
	}
	text := func(r row, key string) string { s, _ := r[key].(string); return s }
	slices.SortFunc(want["now"], func(a, b row) int {
		return cmp.Or(strings.Compare(text(a, "repository"), text(b, "repository")), strings.Compare(text(a, "task"), text(b, "task")))
	})
	if len(queries) != len(want)+1 {
		t.Errorf("docs/fleet.md has %d queries, and %d are compared", len(queries), len(want)+1)
	}
	for name, rows := range want {
		var got []row
		if err := json.Unmarshal([]byte(run(exec.Command("sqlite3", "-json", "fleet.db", queries[name]))), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var expected []row
		if err := json.Unmarshal([]byte(quote.JSON(rows)), &expected); err != nil {
			t.Fatal(err)
		}
		for i := range max(len(got), len(expected)) {
			if i >= len(got) || i >= len(expected) || quote.JSON(got[i]) != quote.JSON(expected[i]) {
				t.Errorf("%s: row %d of %d differs from %d:\n got %s\nwant %s", name, i, len(got), len(expected), quote.JSON(got[min(i, len(got)):min(i+1, len(got))]), quote.JSON(expected[min(i, len(expected)):min(i+1, len(expected))]))
				break
			}
		}
		if len(rows) < 3 {
			t.Errorf("%s: %d rows prove little", name, len(rows))
		}
	}
}
