package record_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/inspect"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/transcript"
)

// given is a journal that has these records.
type given struct {
	record.Memory
	records []journal.Record
}

func (g *given) Read(context.Context, journal.Filter) ([]journal.Record, journal.Skipped, error) {
	return g.records, journal.Skipped{}, nil
}

// historyOf returns the history that the records make.
func historyOf(t *testing.T, records []journal.Record) record.History {
	t.Helper()
	open := func(string) (record.Journal, error) { return &given{records: records}, nil }
	return record.Open(open, "", "s", time.Now, io.Discard).History(t.Context())
}

// TestStarting: which launch an agent that begins a run comes from, as far as the journal tells.
func TestStarting(t *testing.T) {
	launched := func(agentType, task string, role launch.Role) journal.Record {
		return journal.Record{Kind: record.KindLaunch, AgentType: agentType, Task: task, Data: []byte(quote.JSON(record.Launch{ToolUseID: task, Role: role, Baseline: inspect.Baseline{Worktree: "./trees/" + task}}))}
	}
	start := func(agent, agentType string) journal.Record {
		return journal.Record{Kind: record.KindStart, Agent: agent, AgentType: agentType}
	}
	stop := func(agent, agentType, task string, verdict rule.Verdict) journal.Record {
		return journal.Record{Kind: record.KindStop, Agent: agent, AgentType: agentType, Task: task, Data: []byte(quote.JSON(record.Stop{Verdict: verdict, Worktree: "./trees/" + task}))}
	}
	for _, tt := range []struct {
		name           string
		records        []journal.Record
		task, worktree string
		coding         bool
		certain        bool
	}{
		{"by its name alone", nil, "", "", true, false},
		{"the one launch", []journal.Record{launched("bug-fixer", "T-1", launch.CodingRole)}, "T-1", "./trees/T-1", true, true},
		{"the second of two", []journal.Record{launched("bug-fixer", "T-1", launch.CodingRole), launched("bug-fixer", "T-2", launch.CodingRole), start("a9", "bug-fixer")}, "T-2", "./trees/T-2", true, false},
		{"either of two", []journal.Record{launched("bug-fixer", "T-1", launch.CodingRole), launched("bug-fixer", "T-2", launch.CodingRole)}, "", "", true, false},
		{"either of two for one task", []journal.Record{launched("bug-fixer", "T-1", launch.CodingRole), launched("bug-fixer", "T-1", launch.CodingRole)}, "T-1", "./trees/T-1", true, true},
		{"launched as a gate", []journal.Record{launched("bug-fixer", "T-1", launch.GateRole)}, "T-1", "./trees/T-1", false, true},
		{"behind a gate that has stopped", []journal.Record{launched("bug-fixer", "T-1", launch.GateRole), stop("a9", "bug-fixer", "T-1", rule.Passed), launched("bug-fixer", "T-2", launch.CodingRole)}, "T-2", "./trees/T-2", true, false},
		{"another type's launch", []journal.Record{launched("feature-developer", "T-1", launch.CodingRole)}, "", "", true, false},
		{"resumed", []journal.Record{launched("bug-fixer", "T-2", launch.CodingRole), stop("a1", "bug-fixer", "T-1", rule.Verified)}, "T-1", "./trees/T-1", true, true},
		{"a gate, resumed", []journal.Record{stop("a1", "bug-fixer", "T-1", rule.Failed)}, "T-1", "./trees/T-1", false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := historyOf(t, tt.records).Starting(gates.Agent{ID: "a1", Type: "bug-fixer"}, "", launch.Defaults())
			if want := (record.Beginning{Coding: tt.coding, Task: tt.task, Worktree: tt.worktree, Certain: tt.certain}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// TestLaunchOfTeammate: the host's notes on a teammate name no tool use. The last launch of its type under its name is its own, if that is a gate's or a
// branch-manager's; the launch of a coding agent is recorded again at its first use.
func TestLaunchOfTeammate(t *testing.T) {
	launched := func(call, agentType, name string, role launch.Role) journal.Record {
		return journal.Record{Kind: record.KindLaunch, AgentType: agentType, Data: []byte(quote.JSON(record.Launch{ToolUseID: call, Name: name, Role: role}))}
	}
	history := historyOf(t, []journal.Record{
		launched("t1", "x:tester", "tina", launch.GateRole),
		launched("t2", "x:tester", "tina", launch.GateRole),
		launched("t3", "x:tester", "tom", launch.GateRole),
		launched("t4", "x:tester", "", launch.GateRole),
		launched("t5", "x:merger", "tina", launch.MergeRole),
		launched("t6", "x:coder", "carl", launch.CodingRole),
		launched(record.Unannounced("a7"), "x:coder", "", launch.CodingRole),
	})
	for _, tt := range []struct{ id, notes, call string }{
		{"a1", `{"agentType": "tina", "customAgentType": "x:tester", "requestShape": "background"}`, "t2"},
		{"a2", `{"agentType": "tom", "customAgentType": "x:tester", "requestShape": "background"}`, "t3"},
		{"a3", `{"agentType": "tina", "customAgentType": "x:merger", "requestShape": "background"}`, "t5"},
		{"a4", `{"agentType": "tina-2", "customAgentType": "x:tester", "requestShape": "background"}`, ""},
		{"a5", `{"agentType": "x:tester", "spawnDepth": 1}`, ""},
		{"a6", `{"agentType": "carl", "customAgentType": "x:coder", "requestShape": "background"}`, ""},
		{"a7", `{"agentType": "carl", "customAgentType": "x:coder", "requestShape": "background"}`, record.Unannounced("a7")},
		{"a8", `{"agentType": "x:tester", "toolUseId": "t1", "spawnDepth": 1}`, "t1"},
	} {
		path := filepath.Join(t.TempDir(), "agent-"+tt.id+".jsonl")
		if err := os.WriteFile(transcript.MetaPath(path), []byte(tt.notes), 0o644); err != nil {
			t.Fatal(err)
		}
		got := ""
		if l := history.Launch(path); l != nil {
			got = l.ToolUseID
		}
		if got != tt.call {
			t.Errorf("%s: the launch is %q, want %q", tt.notes, got, tt.call)
		}
	}
}
