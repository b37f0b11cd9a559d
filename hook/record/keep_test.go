package record_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"stopgate/hook/journal"
	"stopgate/hook/record"
)

// keptAt is when the records of these tests begin.
var keptAt = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)

func keptRecord(kind, agent, task, data string) journal.Record {
	rec := journal.Record{V: 1, Kind: kind, At: keptAt, Session: "s", Agent: agent, AgentType: "team:bug-fixer", Task: task}
	if data != "" {
		rec.Data = json.RawMessage(data)
	}
	return rec
}

// aLongSession has agents that work, are sent back, end and come back, refusals, launches, and facts of tasks.
func aLongSession(r *rand.Rand, n int) []journal.Record {
	var all []journal.Record
	for i := range n {
		agent, task := fmt.Sprint("a", i/50+r.IntN(20)), fmt.Sprint("T-", r.IntN(1+i/400))
		switch r.IntN(8) {
		case 0:
			all = append(all, keptRecord(record.KindLaunch, "", task, fmt.Sprintf(`{"tool_use_id":"u%d","role":"coding","worktree":"./trees/%s"}`, i, task)))
		case 1, 2:
			all = append(all, keptRecord(record.KindStart, agent, task, ""))
		case 3:
			all = append(all, keptRecord(record.KindStop, agent, task, `{"verdict":"rejected","fingerprint":"f"}`))
		case 4:
			all = append(all, keptRecord(record.KindStop, agent, task, fmt.Sprintf(`{"verdict":"verified","step":{"step_id":"s%d","task_id":%q}}`, i, task)))
		case 5:
			all = append(all, keptRecord(record.KindDenial, agent, task, fmt.Sprintf(`{"tool":"Bash","tool_use_id":"d%d"}`, i)))
		case 6:
			all = append(all, keptRecord(record.KindFact, agent, task, fmt.Sprintf(`{"kind":"coder-stopped","task":%q}`, task)))
		case 7:
			if len(all) > 0 {
				for _, rec := range slices.Backward(all[max(0, len(all)-40):]) {
					var stop struct {
						Step struct {
							StepID string `json:"step_id"`
						} `json:"step"`
					}
					if rec.Kind == record.KindStop && json.Unmarshal(rec.Data, &stop) == nil && stop.Step.StepID != "" {
						all = append(all, keptRecord(record.KindDelivery, rec.Agent, rec.Task, fmt.Sprintf(`{"step_id":%q,"via":"Stop"}`, stop.Step.StepID)))
						break
					}
				}
			}
		}
	}
	return all
}

// TestKeep compares what is kept of long sessions, piece by piece, with the complete sessions: the agents that work or whose step is open are the
// same, and so are the newest refusals and launches, and the tasks.
func TestKeep(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	f := journal.Filter{Session: "s"}
	for _, n := range []int{0, 10, 2000, 40_000} {
		all := aLongSession(r, n)
		var kept []journal.Record
		for batch := range slices.Chunk(all, 5000) {
			kept = record.Keep(f, append(kept, batch...))
		}
		if n <= 2000 && len(kept) != len(all) {
			t.Errorf("of %d records %d are kept", len(all), len(kept))
		}
		if len(kept) > 8000 {
			t.Errorf("%d records are kept", len(kept))
		}
		whole, some := historyOf(t, all), historyOf(t, kept)
		denied, stillDenied := whole.Inquiry("", nil).Denied, some.Inquiry("", nil).Denied
		recent := all[max(0, len(all)-2000):]
		for _, rec := range recent {
			a, b := whole.Agent(rec.Agent), some.Agent(rec.Agent)
			if rec.Agent != "" && (a.AtWork() != b.AtWork() || len(whole.Owed(rec.Agent)) != len(some.Owed(rec.Agent)) || len(a.SentBack()) != len(b.SentBack())) {
				t.Errorf("of %d records: %s is at work %t, kept %t; owed %v, kept %v", n, rec.Agent, a.AtWork(), b.AtWork(), whole.Owed(rec.Agent), some.Owed(rec.Agent))
			}
			d, _ := record.Data[record.Denial](rec)
			if rec.Kind == record.KindDenial && denied[d.ToolUseID] != stillDenied[d.ToolUseID] {
				t.Errorf("the refusal of %s is not kept", d.ToolUseID)
			}
		}
		tasks := func(records []journal.Record) map[string]bool {
			found := map[string]bool{}
			for _, rec := range records {
				if rec.Kind == record.KindFact {
					found[rec.Task] = true
				}
			}
			return found
		}
		if a, b := tasks(all), tasks(kept); len(a) != len(b) && len(a) <= 500 {
			t.Errorf("of %d tasks %d are kept", len(a), len(b))
		}
	}
}

// TestKeepOpen has an agent at work from the beginning, and one whose step nothing has delivered, while others fill the journal.
func TestKeepOpen(t *testing.T) {
	all := []journal.Record{
		keptRecord(record.KindLaunch, "", "T-1", `{"tool_use_id":"u1","role":"coding","worktree":"./trees/T-1"}`),
		keptRecord(record.KindStart, "early", "T-1", ""),
		keptRecord(record.KindStart, "undelivered", "T-2", ""),
		keptRecord(record.KindStop, "undelivered", "T-2", `{"verdict":"verified","step":{"step_id":"s1","task_id":"T-2"}}`),
	}
	for i := range 20_000 {
		agent := fmt.Sprint("a", i)
		all = append(all, keptRecord(record.KindStart, agent, "", ""), keptRecord(record.KindStop, agent, "", `{"verdict":"failed"}`))
	}
	var kept []journal.Record
	for batch := range slices.Chunk(all, 3000) {
		kept = record.Keep(journal.Filter{Session: "s"}, append(kept, batch...))
	}
	h := historyOf(t, kept)
	if !h.Agent("early").AtWork() || len(h.Owed("undelivered")) != 1 || h.LaunchOf("u1") == nil {
		t.Errorf("at work: %t, owed: %v, launch: %v", h.Agent("early").AtWork(), h.Owed("undelivered"), h.LaunchOf("u1"))
	}
	if len(kept) > 8000 {
		t.Errorf("%d records are kept", len(kept))
	}
}

// TestKeepTask keeps the facts that a task began with, and the newest.
func TestKeepTask(t *testing.T) {
	var all []journal.Record
	for i := range 20_000 {
		all = append(all, keptRecord(record.KindFact, fmt.Sprint(i), "T-1", `{}`))
	}
	kept := record.Keep(journal.Filter{Task: "T-1"}, all)
	if n := len(kept); n > 8000 || kept[0].Agent != "0" || kept[n-1].Agent != "19999" {
		t.Errorf("%d records are kept, %s to %s", n, kept[0].Agent, kept[n-1].Agent)
	}
}
