package figures_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"stopgate/hook/cleanup"
	"stopgate/hook/figures"
	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/step"
	"stopgate/hook/style"
	"stopgate/schema"
)

var start = time.Date(2026, 10, 1, 22, 0, 0, 0, time.UTC)

func data(v any) json.RawMessage { return json.RawMessage(quote.JSON(v)) }

// randomJournal returns a journal of stops, starts, denials and damaged records of a few agents.
func randomJournal(rng *rand.Rand, n int) []journal.Record {
	verdicts := append([]string{"rejected", "rejected", "rejected", "verified"}, figures.Verdicts()...)
	rules := []rule.Name{rule.ClaimUnchanged, rule.ClaimMissing, rule.ChangeUndeclared, rule.GitStaged, "a-rule-of-tomorrow"}
	severities := []rule.Severity{rule.Block, rule.Halt, rule.Note}
	var all []journal.Record
	for i := range n {
		agent := rng.IntN(4)
		rec := journal.Record{
			V: 1, At: start.Add(time.Duration(i) * 37 * time.Minute), Session: fmt.Sprint("s", agent%2), Agent: fmt.Sprint("a", agent),
			AgentType: []string{"bug-fixer", "x:bug-fixer", "feature-developer", ""}[agent],
		}
		var findings []rule.Finding
		for range rng.IntN(4) {
			findings = append(findings, rule.Finding{Rule: rules[rng.IntN(len(rules))], Severity: severities[rng.IntN(3)], Path: "src/a.js", Message: "m"})
		}
		switch rng.IntN(8) {
		case 0:
			rec.Kind = record.KindStart
		case 1:
			rec.Kind, rec.Data = record.KindDenial, data(record.Denial{Tool: "Bash", Findings: findings, Observed: rng.IntN(2) == 0})
		case 2:
			rec.Kind, rec.Data = record.KindStop, json.RawMessage(`{"verdict":7}`)
		default:
			s := record.Stop{Verdict: rule.Verdict(verdicts[rng.IntN(len(verdicts))]), Findings: findings, FindingsTotal: len(findings), Fingerprint: []string{"f", "f", "f", ""}[rng.IntN(4)]}
			if s.Verdict != rule.Rejected || rng.IntN(3) == 0 {
				s.Step = &step.Step{StepID: fmt.Sprint(i)}
			}
			if k := rng.IntN(3); k > 0 {
				s.Report = json.RawMessage(fmt.Sprintf(`{"files_modified":["a","b","c%d"]}`, k))
			}
			s.Touched = []string{"a", "b"}[:rng.IntN(3)]
			if rng.IntN(4) == 0 {
				s.Cleanup = &cleanup.Outcome{RemovedTotal: 2, Removed: []cleanup.Removed{{Path: "p", Files: 3, Bytes: 40}, {Path: "q", Files: 1, Bytes: 5}}}
			}
			rec.Kind, rec.Data = record.KindStop, data(s)
		}
		all = append(all, rec)
	}
	return all
}

// bruteForce counts the stops of the records with that key by looking, for each, through the whole journal.
func bruteForce(records []journal.Record, since time.Time, hasKey func(journal.Record, []rule.Finding, figures.Event) bool) figures.Measures {
	m := figures.Measures{Verdicts: map[string]int{}}
	for i, rec := range records {
		if rec.At.Before(since) {
			continue
		}
		var d record.Denial
		if rec.Kind == record.KindDenial && json.Unmarshal(rec.Data, &d) == nil && hasKey(rec, d.Findings, figures.Event{}) {
			if d.Observed {
				m.WouldDeny++
			} else {
				m.Denied++
			}
		}
		var s record.Stop
		if rec.Kind != record.KindStop || json.Unmarshal(rec.Data, &s) != nil {
			continue
		}
		// The stop before it in the same run, if it sent the agent back.
		var before *record.Stop
		for j := i - 1; j >= 0; j-- {
			var earlier record.Stop
			if records[j].Agent != rec.Agent || records[j].Session != rec.Session || records[j].Kind == record.KindDenial ||
				records[j].Kind == record.KindStop && json.Unmarshal(records[j].Data, &earlier) != nil {
				continue
			}
			if records[j].Kind == record.KindStop && earlier.Verdict == "rejected" && earlier.Step == nil {
				before = &earlier
			}
			break
		}
		var seen []rule.Name
		for _, f := range s.Findings {
			if f.Severity == "block" {
				seen = append(seen, f.Rule)
			}
		}
		if before != nil {
			var mended []rule.Name
			for _, f := range before.Findings {
				if f.Severity == "block" && !slices.Contains(seen, f.Rule) && !slices.Contains(mended, f.Rule) {
					mended = append(mended, f.Rule)
				}
			}
			for _, name := range mended {
				if !hasKey(rec, nil, figures.Event{Mended: []figures.Mend{{Rule: string(name)}}}) {
					continue
				}
				switch {
				case before.Report == nil && s.Report == nil:
					m.MendedUnknown++
				case string(before.Report) == string(s.Report):
					m.MendedWork++
				case slices.Equal(before.Touched, s.Touched):
					m.MendedReport++
				default:
					m.MendedBoth++
				}
			}
		}
		if !hasKey(rec, s.Findings, figures.Event{}) {
			continue
		}
		m.Stops++
		m.Verdicts[figures.Known(string(s.Verdict))]++
		if s.Verdict == "rejected" && s.Step == nil {
			m.SentBack++
		} else if s.Verdict == "rejected" {
			m.WouldSendBack++
		}
		if before == nil && s.Fingerprint != "" && slices.Contains([]rule.Verdict{"verified", "incomplete", "rejected", "capped", "violation"}, s.Verdict) {
			m.Reports++
			if s.Verdict == "verified" || s.Verdict == "incomplete" {
				m.RightFirst++
			}
		}
		if s.Report != nil {
			m.Claims += 3
		}
		for _, f := range s.Findings {
			if (f.Rule == rule.ClaimUnchanged || f.Rule == rule.ClaimMissing) && f.Severity != "note" {
				m.Unproven++
			}
		}
		if s.Cleanup != nil {
			m.Artifacts, m.Files, m.Bytes = m.Artifacts+2, m.Files+4, m.Bytes+45
		}
	}
	return m
}

// TestCountIsBruteForce compares every figure and every grouping with a count that has no state.
func TestCountIsBruteForce(t *testing.T) {
	t.Parallel()
	typeOf := map[string]string{"a0": "bug-fixer", "a1": "bug-fixer", "a2": "feature-developer", "a3": figures.Unnamed}
	mended := 0
	for seed := range uint64(24) {
		rng := rand.New(rand.NewPCG(seed, 1))
		records := randomJournal(rng, 5+rng.IntN(80))
		reader := figures.NewReader("shop-1", gates.Caps{}, false)
		var events []figures.Event
		for _, rec := range records {
			events = append(events, reader.Event(rec))
		}
		var since time.Time
		if seed%3 == 0 {
			since = start.Add(30 * time.Hour)
		}
		keyed := map[figures.By]func(key string) func(journal.Record, []rule.Finding, figures.Event) bool{
			figures.ByAgent: func(key string) func(journal.Record, []rule.Finding, figures.Event) bool {
				return func(r journal.Record, _ []rule.Finding, _ figures.Event) bool { return typeOf[r.Agent] == key }
			},
			figures.ByDay: func(key string) func(journal.Record, []rule.Finding, figures.Event) bool {
				return func(r journal.Record, _ []rule.Finding, _ figures.Event) bool {
					return r.At.Format("2006-01-02") == key
				}
			},
			figures.ByRepository: func(key string) func(journal.Record, []rule.Finding, figures.Event) bool {
				return func(journal.Record, []rule.Finding, figures.Event) bool { return key == "shop-1" }
			},
			figures.ByRule: func(key string) func(journal.Record, []rule.Finding, figures.Event) bool {
				return func(_ journal.Record, findings []rule.Finding, e figures.Event) bool {
					return slices.ContainsFunc(findings, func(f rule.Finding) bool { return string(f.Rule) == key }) ||
						slices.ContainsFunc(e.Mended, func(m figures.Mend) bool { return m.Rule == key })
				}
			},
		}
		everything := func(journal.Record, []rule.Finding, figures.Event) bool { return true }
		twice := append(slices.Clone(events), events...) // sent twice, counted once
		for _, by := range figures.Groupings() {
			got := figures.CountEach(twice, since, by)[by]
			if want := bruteForce(records, since, everything); quote.JSON(got.Total) != quote.JSON(want) {
				t.Fatalf("seed %d: total\n got %s\nwant %s", seed, quote.JSON(got.Total), quote.JSON(want))
			}
			mended += got.Total.Mended()
			for _, g := range got.Groups {
				if want := bruteForce(records, since, keyed[by](g.Key)); quote.JSON(g.Measures) != quote.JSON(want) {
					t.Fatalf("seed %d: by %s, %s\n got %s\nwant %s", seed, by, g.Key, quote.JSON(g.Measures), quote.JSON(want))
				}
			}
			if by != figures.ByRule { // every event is in one group
				stops := 0
				for _, g := range got.Groups {
					stops += g.Stops
				}
				if stops != got.Total.Stops {
					t.Fatalf("seed %d: %d stops by %s, %d in total", seed, stops, by, got.Total.Stops)
				}
			}
		}
	}
	if mended < 50 {
		t.Errorf("only %d mends: the journals prove nothing about them", mended)
	}
}

// story returns a task that is launched, sent to the gates, waits for the person and is merged.
func story() []journal.Record {
	at := start
	fact := func(after time.Duration, f gates.Fact) journal.Record {
		at = at.Add(after)
		f.Task, f.At = "T-1", at
		return journal.Record{V: 1, Kind: record.KindFact, At: at, Session: "s", Task: "t-1", Agent: f.Agent, AgentType: f.AgentType, Data: data(record.Fact{Fact: f})}
	}
	launched := journal.Record{V: 1, Kind: record.KindLaunch, At: at, Session: "s", AgentType: "bug-fixer", Task: "T-1", Data: data(record.Launch{Role: launch.CodingRole})}
	tests := []gates.Gate{{Name: "test-runner", Blocking: true}}
	return []journal.Record{
		launched,
		fact(time.Minute, gates.Fact{Kind: gates.CoderStarted, Agent: "a", AgentType: "bug-fixer"}),
		fact(9*time.Minute, gates.Fact{Kind: gates.CoderStopped, Agent: "a", AgentType: "bug-fixer", Verdict: gates.Verified, Tree: "x", Needs: tests, Stop: "1"}),
		fact(time.Minute, gates.Fact{Kind: gates.GateLaunched, Gate: "test-runner", Agent: "g", Tree: "x"}),
		fact(time.Minute, gates.Fact{Kind: gates.GateResult, Gate: "test-runner", Agent: "g", Outcome: gates.Pass, Tree: "x", Stop: "2"}),
		fact(time.Minute, gates.Fact{Kind: gates.TreeSeen, Tree: "y"}),
		fact(time.Minute, gates.Fact{Kind: gates.GateResult, Gate: "test-runner", Agent: "g", Outcome: gates.Pass, Tree: "y", Stop: "3"}),
		fact(time.Hour, gates.Fact{Kind: gates.PersonSpoke}),
		fact(time.Minute, gates.Fact{Kind: gates.BranchManagerLaunched, Agent: "m", Tree: "y"}),
		fact(time.Minute, gates.Fact{Kind: gates.BranchManagerDone, Agent: "m", Stop: "4"}),
	}
}

func eventsOf(records []journal.Record, reports bool) []figures.Event {
	reader := figures.NewReader("shop-1", gates.Caps{}, reports)
	events := make([]figures.Event, len(records))
	for i, rec := range records {
		events[i] = reader.Event(rec)
	}
	return events
}

// TestDurations: from the launch to the verdict, to the merge, and how long the person was waited for.
func TestDurations(t *testing.T) {
	t.Parallel()
	m := figures.CountEach(eventsOf(story(), false), time.Time{}, figures.ByNothing)[figures.ByNothing].Total
	if m.ToVerified.Count != 1 || m.ToVerified.Median != 600 || m.ToMerged.Count != 1 || m.ToMerged.Median != 76*60 {
		t.Errorf("to verified %+v, to merged %+v", m.ToVerified, m.ToMerged)
	}
	if m.Waited.Count != 2 || m.Waited.P90 != 3600 || m.Waited.Median != 60 { // before the tree changed, and after it passed again
		t.Errorf("waited %+v", m.Waited)
	}
	if m.Merged != 1 || m.Voided != 1 || m.GateResults != 2 || m.Launches != 1 || m.Overrides != 0 {
		t.Errorf("%+v", m)
	}
	late := figures.CountEach(eventsOf(story(), false), start.Add(20*time.Minute), figures.ByNothing)[figures.ByNothing].Total
	if late.ToVerified.Count != 0 || late.ToMerged.Median != 76*60 || late.Launches != 0 {
		t.Errorf("since then: %+v", late)
	}
}

// TestEventsAreStable: the same journal has the same events, and equal records have different ids.
func TestEventsAreStable(t *testing.T) {
	t.Parallel()
	records := append(story(), story()...)
	first, again := eventsOf(records, false), eventsOf(records, false)
	ids := map[string]bool{}
	for i := range first {
		if quote.JSON(first[i]) != quote.JSON(again[i]) {
			t.Fatalf("%s is not %s", quote.JSON(again[i]), quote.JSON(first[i]))
		}
		ids[first[i].ID] = true
	}
	if len(ids) != len(records) {
		t.Errorf("%d ids of %d records", len(ids), len(records))
	}
}

// TestEventsKeepSecrets: texts of agents and people are in no event unless they are requested, and nothing is unbounded.
func TestEventsKeepSecrets(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	long := strings.Repeat("<script>x</script>\n\x00", 6000)
	records := []journal.Record{
		{Kind: record.KindStop, Session: long, Agent: long, AgentType: long, Task: long, Data: data(record.Stop{
			Verdict: rule.Verdict(long), Worktree: long, Message: secret + long, Report: json.RawMessage(`{"work_completed":"` + secret + `"}`),
			Reason: secret, Findings: []rule.Finding{{Rule: rule.Name(long), Severity: rule.Severity(long), Path: long, Message: secret}},
		})},
		{Kind: record.KindGit, Data: data(record.Git{Command: "git push https://" + secret + "@host", Outcome: record.Refused})},
		{Kind: record.KindFact, Data: data(record.Fact{Fact: gates.Fact{Kind: gates.GateResult, Task: "T", Gate: long, Outcome: gates.Fail, Issues: []string{secret}}})},
		{Kind: record.KindFact, Data: data(record.Fact{Fact: gates.Fact{Kind: gates.Closed, Task: "T", Why: secret}})},
		{Kind: record.KindDenial, Data: data(record.Denial{Tool: long, Findings: []rule.Finding{{Rule: "r", Message: secret}}})},
		{Kind: long},
		{Kind: record.KindStop, Data: json.RawMessage(`[]`)},
		{Kind: record.KindGit},
		{Kind: record.KindFact, Data: json.RawMessage(`"x"`)},
	}
	unreadable := 0
	for i, e := range eventsOf(records, false) {
		if text := quote.JSON(e); strings.Contains(text, secret) || len(text) > 5000 {
			t.Errorf("record %d: %d bytes: %.300s", i, len(text), text)
		}
		if e.Unreadable {
			unreadable++
		}
	}
	if unreadable != 3 {
		t.Errorf("%d records are unreadable", unreadable)
	}
	for i, e := range eventsOf(records[:5], true) {
		if text := quote.JSON(e); !strings.Contains(text, secret) || len(text) > 100_000 {
			t.Errorf("record %d with reports: %d bytes: %.300s", i, len(text), text)
		}
	}
}

// TestSchemas: the output is valid under the published schemas.
func TestSchemas(t *testing.T) {
	t.Parallel()
	valid := func(name string, v any) {
		var doc any
		if err := json.Unmarshal([]byte(quote.JSON(v)), &doc); err != nil {
			t.Fatal(err)
		}
		if violations, err := schema.Validate(name, doc); err != nil || len(violations) > 0 {
			t.Errorf("%s: %v, %v: %s", name, err, violations, quote.JSON(v))
		}
	}
	records := append(story(), randomJournal(rand.New(rand.NewPCG(3, 3)), 60)...)
	for _, reports := range []bool{false, true} {
		for _, e := range eventsOf(records, reports) {
			valid("event", e)
		}
	}
	for _, by := range append([]figures.By{figures.ByNothing}, figures.Groupings()...) {
		valid("figures", figures.CountEach(eventsOf(records, false), start, by)[by])
	}
	valid("figures", figures.CountEach(nil, time.Time{}, figures.ByNothing)[figures.ByNothing])
}

// TestWriting: the formats say the same, and hostile keys stay one cell on one line.
func TestWriting(t *testing.T) {
	t.Parallel()
	records := randomJournal(rand.New(rand.NewPCG(7, 7)), 80)
	for i := range records {
		if records[i].Agent == "a2" {
			records[i].AgentType = "=cmd()\n\x1b[31m\",x"
		}
	}
	for _, by := range append([]figures.By{figures.ByNothing}, figures.Groupings()...) {
		f := figures.CountEach(eventsOf(records, false), time.Time{}, by)[by]
		var text, table bytes.Buffer
		if err := f.WriteText(&text, style.Style{}); err != nil {
			t.Fatal(err)
		}
		var coloured bytes.Buffer
		if err := f.WriteText(&coloured, style.Style{Colour: true}); err != nil {
			t.Fatal(err)
		}
		if plain := regexp.MustCompile(`\x1b\[\d*m`).ReplaceAllString(coloured.String(), ""); plain != text.String() || plain == coloured.String() {
			t.Errorf("by %s, in colour: %q", by, coloured.String())
		}
		if strings.ContainsAny(text.String(), "\x1b\x00") || by != figures.ByNothing && strings.Count(text.String(), "\n") != len(f.Groups)+1 {
			t.Errorf("by %s: %q", by, text.String())
		}
		if err := f.WriteCSV(&table); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&table).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		at := slices.Index(rows[0], "stops")
		stops := 0
		for _, row := range rows[1:] {
			n, err := strconv.Atoi(row[at])
			if err != nil || strings.HasPrefix(row[0], "=") {
				t.Errorf("%v: %v", row, err)
			}
			stops += n
		}
		if by != figures.ByRule && stops != f.Total.Stops {
			t.Errorf("by %s: the table has %d stops of %d", by, stops, f.Total.Stops)
		}
	}
}
