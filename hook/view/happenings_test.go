package view

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // so that the test needs no files of the system

	"stopgate/hook/gates"
	"stopgate/hook/inspect"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/step"
	"stopgate/hook/style"
)

// passedTask returns the records of a task that passes its gates and is merged, as the hook writes them.
func passedTask(t *testing.T) []journal.Record {
	t.Helper()
	var records []journal.Record
	minute := 0
	add := func(kind, agent, agentType string, data any) {
		rec := newRecord(t, kind, data)
		rec.At = time.Date(2026, 3, 1, 9, minute, 0, 0, time.UTC)
		rec.Agent, rec.AgentType = agent, agentType
		records = append(records, rec)
		minute++
	}
	fact := func(agent, agentType string, f gates.Fact) {
		f.Task, f.Agent, f.AgentType, f.At = "PROJ-1", agent, agentType, time.Date(2026, 3, 1, 9, minute, 0, 0, time.UTC)
		add(record.KindFact, agent, agentType, record.Fact{Fact: f, FilesTotal: 2})
	}
	deploy := func(names ...string) *step.Step {
		s := &step.Step{StepID: "0123456789", Action: gates.Deploy}
		for _, name := range names {
			s.Calls = append(s.Calls, step.Call{SubagentType: name})
		}
		return s
	}
	const coder, tester, merger = "x:bug-fixer", "x:test-runner", "x:branch-manager"
	add(record.KindLaunch, "", coder, record.Launch{Role: launch.CodingRole, Baseline: inspect.Baseline{Worktree: "./trees/PROJ-1"}})
	add(record.KindStart, "a1", coder, nil)
	fact("a1", coder, gates.Fact{Kind: gates.CoderStarted})
	add(record.KindStop, "a1", coder, record.Stop{Verdict: rule.Rejected, FindingsTotal: 1, Findings: []rule.Finding{{Rule: rule.ClaimUnchanged}}})
	fact("a1", coder, gates.Fact{Kind: gates.CoderStopped, Verdict: gates.Verified, Tree: "t1", Needs: []gates.Gate{{Name: "test-runner", Blocking: true}}})
	add(record.KindStop, "a1", coder, record.Stop{Verdict: rule.Verified, Attempts: 1, Step: deploy("x:test-runner")})
	add(record.KindDelivery, "a1", coder, record.Delivery{StepID: "0123456789", Via: "PostToolUse"})
	fact("", "", gates.Fact{Kind: gates.TreeSeen, Tree: "t1"})
	fact("", "", gates.Fact{Kind: gates.GateLaunched, Gate: "test-runner"})
	add(record.KindLaunch, "", tester, record.Launch{Role: launch.GateRole, Baseline: inspect.Baseline{Worktree: "./trees/PROJ-1"}})
	fact("g1", tester, gates.Fact{Kind: gates.GateResult, Gate: "test-runner", Outcome: gates.Pass, Tree: "t1"})
	add(record.KindStop, "g1", tester, record.Stop{Verdict: rule.Passed, Step: &step.Step{StepID: "11111111", Action: gates.Present}})
	add(record.KindDelivery, "g1", tester, record.Delivery{StepID: "11111111", Via: "PostToolUse"})
	fact("", "", gates.Fact{Kind: gates.PromptCame})
	fact("", "", gates.Fact{Kind: gates.MergeAsked})
	fact("", "", gates.Fact{Kind: gates.MergeAnswered, Outcome: gates.Pass})
	fact("", "", gates.Fact{Kind: gates.BranchManagerLaunched})
	add(record.KindLaunch, "", merger, record.Launch{Role: launch.MergeRole, Baseline: inspect.Baseline{Worktree: "./trees/PROJ-1"}})
	fact("m1", merger, gates.Fact{Kind: gates.BranchManagerDone, Outcome: gates.Pass})
	add(record.KindStop, "m1", merger, record.Stop{Verdict: rule.Ended})
	return records
}

func happened(records []journal.Record) []happening {
	h := newHappenings(newLogWords(gates.Caps{}))
	var list []happening
	for _, rec := range records {
		list = append(list, h.Take(rec)...)
	}
	return append(list, h.Rest()...)
}

// A task that passes has a line for each thing that happened, whatever number of records tell of it.
func TestHappenings(t *testing.T) {
	var b strings.Builder
	if err := writeByTask(&b, happened(passedTask(t)), style.Style{}); err != nil {
		t.Fatal(err)
	}
	const want = `PROJ-1
  2026-03-01 UTC
  09:00:00  bug-fixer                   is launched as a coding agent in ./trees/PROJ-1
  09:03:00  bug-fixer a1                rejected, sent back (the first time); claim-unchanged
  09:05:00  bug-fixer a1                verified, 2 files; next: launch x:test-runner [coding -> gate-1]
  09:09:00  test-runner                 is launched as a gate in ./trees/PROJ-1
  09:11:00  test-runner g1              passed; next: present [gate-1 -> authorise]
  09:14:00  -                           the person is asked whether to merge
  09:15:00  -                           the person agreed to the merge
  09:17:00  branch-manager              is launched to merge in ./trees/PROJ-1
  09:19:00  branch-manager m1           done [branch-manager -> done]
`
	if got := b.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// While a journal is followed, each line has its task, and no line is wider than the terminal.
func TestHappeningLine(t *testing.T) {
	stop := happened(passedTask(t))[2]
	for width, want := range map[int]string{
		0:  "2026-03-01 09:05:00Z  bug-fixer a1                PROJ-1          verified, 2 files; next: launch x:test-runner [coding -> gate-1]",
		80: "2026-03-01 09:05:00Z  bug-fixer a1                PROJ-1          \x1b[32mverified\x1b[0m, 2 f…",
	} {
		if got := stop.Line(style.Style{Width: width, Colour: width > 0}); got != want {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
}

// Nothing is lost: a record that cannot be joined with another one stands alone.
func TestHappeningsOfOneRecord(t *testing.T) {
	quiet := map[string]bool{record.KindDelivery: true}
	for _, kind := range declaredKinds(t, "../record/kinds.go", "Kind", "-") {
		if got := happened([]journal.Record{newRecord(t, kind, struct{}{})}); len(got) == 0 && !quiet[kind] && kind != record.KindFact {
			t.Errorf("%s: nothing happened", kind)
		}
	}
	// Each of these changes the phase, or is a word of somebody.
	for _, kind := range []gates.Kind{
		gates.CoderStopped, gates.OpsStopped, gates.GateResult, gates.LaunchFailed, gates.PromptRefuted, gates.MergeAsked, gates.MergeAnswered, gates.Closed, gates.PersonAgreed,
		gates.BranchManagerDone, gates.NotCoder,
	} {
		rec := newRecord(t, record.KindFact, record.Fact{Fact: gates.Fact{Kind: kind, Task: "PROJ-1", Gate: "test-runner"}})
		if got := happened([]journal.Record{rec}); len(got) != 1 {
			t.Errorf("%s: %+v", kind, got)
		}
	}
	if got := happened([]journal.Record{{V: 3, Kind: "moon-phase"}, {V: 1, Kind: record.KindStop, Data: []byte(`[]`)}, {V: 1, Kind: record.KindFact}}); len(got) != 3 {
		t.Errorf("%+v", got)
	}
}

// The selections: by agent, by verdict, by time, by task.
func TestChosen(t *testing.T) {
	records := passedTask(t)
	for _, test := range []struct {
		only Selection
		task string
		want int
	}{
		{Selection{Agent: "bug-fixer"}, "", 3},
		{Selection{Agent: "bug-fixer", Verdicts: []rule.Verdict{rule.Rejected}}, "", 1},
		{Selection{Verdicts: []rule.Verdict{rule.Verified, rule.Passed}}, "proj-1", 2},
		{Selection{Since: time.Date(2026, 3, 1, 9, 17, 0, 0, time.UTC)}, "", 2},
		{Selection{}, "PROJ-2", 0},
	} {
		if got := test.only.chosen(happened(records), test.task); len(got) != test.want {
			t.Errorf("%+v: %d, want %d: %+v", test.only, len(got), test.want, got)
		}
	}
}

// TestNightOfAChange: when the clock is set back, the same hour appears twice, below two headings.
func TestNightOfAChange(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	first := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)
	var b strings.Builder
	list := []happening{{At: first, Task: "T-1", Text: "summer"}, {At: first.Add(time.Hour), Task: "T-1", Text: "winter"}}
	if err := writeByTask(&b, list, style.Style{Zone: berlin}); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	if summer, winter := strings.Index(text, "2026-10-25 +02:00\n"), strings.Index(text, "2026-10-25 +01:00\n"); summer < 0 || winter < summer || strings.Count(text, "02:30:00") != 2 {
		t.Errorf("no two headings in\n%s", text)
	}
}
