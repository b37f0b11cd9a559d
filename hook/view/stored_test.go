package view

import (
	"encoding/json"
	"strings"
	"testing"

	"stopgate/hook/host"
	"stopgate/hook/journal"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// stops are the records of a short history: one agent is sent back, then done; another works on a task that nobody named.
func storedStops(t testing.TB) []journal.Record {
	t.Helper()
	of := func(agent, task string, stop record.Stop) journal.Record {
		rec := newRecord(t, record.KindStop, stop)
		rec.Agent, rec.Task = agent, task
		return rec
	}
	return []journal.Record{
		of("abcd1111", "PROJ-1", record.Stop{Verdict: rule.Rejected}),
		of("abcd1111", "PROJ-1", record.Stop{Verdict: rule.Verified, Worktree: "./trees/one", Step: &step.Step{StepID: "5e5e0001", TaskID: "PROJ-1"}}),
		of("abcd2222", "", record.Stop{Verdict: rule.Verified, Worktree: "./trees/two", Step: &step.Step{StepID: "5e5e0002", TaskID: ""}}),
		newRecord(t, record.KindDelivery, record.Delivery{StepID: "5e5e0001", Via: host.PostToolUse}),
		newRecord(t, record.KindReturn, record.Delivery{StepID: "5e5e0001", Via: host.PostToolUse}),
		newRecord(t, record.KindDelivery, record.Delivery{StepID: "5e5e0001", Via: host.Stop}),
		of("abcd1111", "PROJ-1", record.Stop{Verdict: rule.Rejected, Attempts: 1}),
		of("ffff3333", "PROJ-3", record.Stop{Verdict: rule.Rejected}),
		{V: 1, Kind: record.KindStop, Agent: "damaged", Data: json.RawMessage(`[]`)},
		{V: 9, Kind: "moon-phase", Agent: "newer"},
	}
}

func TestFindStored(t *testing.T) {
	for name, want := range map[string]string{ // a part of the text, or of the error
		"5e5e0001":        "step      5e5e0001, delivered at PostToolUse 2026-03-01 09:30:00Z, not taken by the host 2026-03-01 09:30:00Z, delivered at Stop",
		"5e5e0002":        "step      5e5e0002, not delivered yet",
		"abcd1111":        "verdict   rejected, sent back 1 time before", // its last stop
		"abcd1":           "verdict   rejected, sent back 1 time before",
		"proj-1":          "step      5e5e0001", // its last step
		" Proj-1 ":        "step      5e5e0001",
		"./trees/two":     "step      5e5e0002",
		"PROJ-3":          "none: the agent was sent back",
		"5e5e":            `error: 5e5e can mean step:5e5e0002, step:5e5e0001: give one of these names`,
		"abcd":            `error: abcd can mean agent:abcd1111, agent:abcd2222: give one of these names`,
		"step:abcd1111":   `error: nothing is recorded as step:abcd1111. Did you mean agent:abcd1111?`,
		"task:abcd1111":   "error: nothing is recorded",
		"agent:abcd2":     "step      5e5e0002",
		"":                "error: nothing is recorded",
		"abc":             `error: nothing is recorded as abc. Did you mean agent:abcd1111, agent:abcd2222?`,
		"damaged":         "error: nothing is recorded",
		"newer":           "error: nothing is recorded",
		"\x1b[2J":         `error: nothing is recorded as "\x1b[2J". Recorded: `,
		"no such a thing": "Recorded: agent:ffff3333, agent:abcd1111, task:./trees/two, agent:abcd2222, task:PROJ-1, task:./trees/one, and 1 more",
	} {
		var b strings.Builder
		stored, err := findStored(storedStops(t), name)
		if err != nil {
			b.WriteString("error: " + err.Error())
		} else if err := stored.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q: no %q in\n%s", name, want, b.String())
		}
	}
	if _, err := findStored(nil, "x"); err == nil || err.Error() != "no stop is recorded for this repository yet" {
		t.Errorf("an empty journal: %v", err)
	}
}

// FuzzStored: whatever a stop record holds, it is shown, and nothing of it moves a cursor.
func FuzzStored(f *testing.F) {
	for _, rec := range storedStops(f) {
		f.Add([]byte(rec.Data), rec.Task)
	}
	f.Add([]byte(`{"verdict":"\u001b[2J","base":"\u0007","worktree":"\n","findings":[{"message":"\u202e"}],"findings_total":9,"message":"a\u001bb","reason":"\r","report":{"a":"\u009b"},"cleanup":{"removed":[{"path":"\u001b"}],"removed_total":1},"step":{"instead":"\u001b","history":["\u001b"],"calls":[{}]}}`), "\u202e")
	f.Fuzz(func(t *testing.T, data []byte, task string) {
		if !json.Valid(data) {
			return
		}
		stored, err := findStored([]journal.Record{{V: 1, Kind: record.KindStop, Agent: "agent", Task: task, Data: data}}, "agent:agent")
		if err != nil {
			return
		}
		var b strings.Builder
		if err := stored.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		if text := b.String(); quote.Lines(text) != text {
			t.Fatalf("%q", text)
		}
	})
}
