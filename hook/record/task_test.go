package record_test

import (
	"testing"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
)

func TestCapsOf(t *testing.T) {
	c := launch.Defaults()
	c.Caps.TestRunner, c.Caps.Reviewer, c.Caps.SecurityAuditor, c.Caps.Total = 4, 5, 6, 7
	caps := record.CapsOf(c)
	for gate, want := range map[string]int{"test-runner": 4, "code-reviewer": 5, "technical-writer": 5, "security-auditor": 6} {
		if caps.Gates[gate] != want {
			t.Errorf("%s may send work back %d times, want %d", gate, caps.Gates[gate], want)
		}
	}
	if caps.Total != 7 {
		t.Errorf("all together %d times, want 7", caps.Total)
	}
}

// TestNeedsNothing: a change that needs no gate differs from a change whose needs are unknown.
func TestNeedsNothing(t *testing.T) {
	if needed, asked := record.Needs(launch.Defaults(), nil); needed == nil || len(needed) > 0 || len(asked) > 0 {
		t.Errorf("needed %#v, asked %v", needed, asked)
	}
	files := make([]string, 150)
	for i := range files {
		files[i] = "src/app.go"
	}
	byGate := map[string]int{}
	_, asked := record.Needs(launch.Defaults(), files)
	for _, a := range asked {
		byGate[a.Gate]++
	}
	for _, gate := range []string{"test-runner", "code-reviewer", "security-auditor"} {
		if byGate[gate] != 50 {
			t.Errorf("%d files are kept that asked for %s, want %d", byGate[gate], gate, 50)
		}
	}
}

// TestFoldTasks: the facts of every session and every spelling of a name belong to one task. Unreadable facts are skipped.
func TestFoldTasks(t *testing.T) {
	fact := func(session, task string, kind gates.Kind, agent string) journal.Record {
		d := record.Fact{Worktree: "./trees/" + task, Fact: gates.Fact{Kind: kind, Task: task, Agent: agent, Stop: agent, Verdict: gates.Verified, Tree: "f"}}
		return journal.Record{Kind: record.KindFact, Session: session, Data: []byte(quote.JSON(d))}
	}
	tasks := record.FoldTasks([]journal.Record{
		fact("s1", "T-1", gates.CoderStopped, "a1"),
		{Kind: record.KindFact, Data: []byte(`"torn"`)},
		{Kind: "future", Data: []byte(`{}`)},
		fact("s2", "t-1", gates.PersonSpoke, ""), fact("s2", "T-2", gates.CoderStopped, "a2"), fact("s1", "T-3", gates.PersonSpoke, ""),
	}, gates.Caps{Total: 9})
	all := tasks.All()
	if len(all) != 2 || all[0].State.Task != "T-1" || all[1].State.Task != "T-2" {
		t.Fatalf("%d tasks, want T-1 and T-2", len(all))
	}
	first := all[0]
	if first.LastIn != "s2" || first.Worktree == "" || first.State.Caps.Total != 9 || len(first.State.History) != 1 {
		t.Errorf("%+v", first)
	}
	if open := tasks.Open(); len(open) != 2 {
		t.Errorf("%d tasks are open, want 2", len(open))
	}
}

// TestWorkStopped: the clock may be set back after a coding agent's stop. What is recorded later then has an earlier time, and so have the commands of
// the gates that follow: the work had stopped by then.
func TestWorkStopped(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	var task *record.Task
	if !task.WorkStopped().IsZero() {
		t.Error("the work of no task has stopped")
	}
	var records []journal.Record
	for _, c := range []struct {
		kind        gates.Kind
		after, want time.Duration
	}{
		{gates.CoderStopped, 0, 0},
		{gates.GateLaunched, time.Minute, 0},
		{gates.GateLaunched, -3 * time.Hour, -3 * time.Hour},
		{gates.GateResult, -2 * time.Hour, -3 * time.Hour},
		{gates.CoderStarted, -time.Hour, -3 * time.Hour},
		{gates.CoderStopped, -30 * time.Minute, -30 * time.Minute},
		{gates.GateLaunched, 0, -30 * time.Minute},
	} {
		d := record.Fact{Fact: gates.Fact{Kind: c.kind, Task: "T-1", Agent: "a", At: noon.Add(c.after), Gate: "test-runner"}}
		records = append(records, journal.Record{Kind: record.KindFact, At: noon.Add(c.after), Session: "s1", Data: []byte(quote.JSON(d))})
		tasks := record.FoldTasks(records, gates.Caps{})
		if got := tasks.Find("T-1").WorkStopped(); !got.Equal(noon.Add(c.want)) {
			t.Errorf("after %s at %s the work stopped at %s, want %s", c.kind, noon.Add(c.after), got, noon.Add(c.want))
		}
	}
}
