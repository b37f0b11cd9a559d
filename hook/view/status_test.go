package view

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/site"
)

// factRecords returns the records of facts, one a minute.
func factRecords(t testing.TB, facts ...gates.Fact) []journal.Record {
	t.Helper()
	var records []journal.Record
	for i, f := range facts {
		rec := newRecord(t, record.KindFact, record.Fact{Fact: f, Worktree: "./trees/" + f.Task, FilesTotal: 1, Asked: []record.Asked{{Gate: "test-runner", Kind: "application", Path: "a\x1b[2J.js"}}})
		rec.At = rec.At.Add(time.Duration(i) * time.Minute)
		records = append(records, rec)
	}
	return records
}

// statusOf returns the status of the tasks on a tree that is not scanned.
func statusOf(t testing.TB, now time.Time, facts ...gates.Fact) Status {
	t.Helper()
	status := Status{At: now, Repository: "/repo/.git"}
	for _, trail := range followTasks(factRecords(t, facts...), gates.Caps{}) {
		status.Tasks = append(status.Tasks, trail.status(TreeStatus{Why: "nobody looks"}, now))
	}
	return status
}

func statusText(t testing.TB, s Status) string {
	t.Helper()
	var b strings.Builder
	if err := s.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestOwedInWords: for every state of a task that needs an action, somebody is told in words what to do.
func TestOwedInWords(t *testing.T) {
	coder := func(v gates.Verdict) gates.Fact {
		return gates.Fact{Kind: gates.CoderStopped, Task: "T", Agent: "a1", Stop: string(v), Verdict: v, Tree: "A", Needs: []gates.Gate{{Name: "test-runner", Blocking: true}}}
	}
	result := func(stop string, o gates.Outcome, tree string) gates.Fact {
		return gates.Fact{Kind: gates.GateResult, Task: "T", Gate: "test-runner", Agent: "t" + stop, Stop: stop, Outcome: o, Tree: tree, SentBack: true}
	}
	fact := func(k gates.Kind) gates.Fact { return gates.Fact{Kind: k, Task: "T", Agent: "x"} }
	for _, c := range []struct {
		want  string // who, and what
		facts []gates.Fact
	}{
		{"waiting since 2026-03-01 09:30:00Z (2h): coding agent at work", []gates.Fact{fact(gates.CoderStarted)}},
		{"waiting for the orchestrator since 2026-03-01 09:30:00Z (2h): have a coding agent do the work", []gates.Fact{{Kind: gates.GateLaunched, Task: "T", Gate: "test-runner"}}},
		{"waiting for the orchestrator since 2026-03-01 09:30:00Z (2h): launch test-runner", []gates.Fact{coder(gates.Verified)}},
		{"waiting since 2026-03-01 09:31:00Z (2h): test-runner at work", []gates.Fact{coder(gates.Verified), {Kind: gates.GateLaunched, Task: "T", Gate: "test-runner"}}},
		{"launch test-runner: it ended without a result", []gates.Fact{coder(gates.Verified), result("1", "", "A")}},
		{"launch test-runner: the worktree may have changed", []gates.Fact{coder(gates.Verified), result("1", gates.Pass, "A"), {Kind: gates.TreeSeen, Task: "T"}}},
		{"send 0 issues from test-runner to the coding agent a1", []gates.Fact{coder(gates.Verified), result("1", gates.Fail, "A")}},
		{"decide: a gate ended twice without a result", []gates.Fact{coder(gates.Verified), result("1", "", "A"), result("2", "", "A")}},
		{"waiting for you since 2026-03-01 09:31:00Z (2h): all gates passed. Merge?", []gates.Fact{coder(gates.Verified), result("1", gates.Pass, "A")}},
		{"all gates passed. Launch the branch-manager if", []gates.Fact{coder(gates.Verified), result("1", gates.Pass, "A"), fact(gates.PersonSpoke)}},
		{"branch-manager at work", []gates.Fact{coder(gates.Verified), result("1", gates.Pass, "A"), fact(gates.PersonSpoke), fact(gates.BranchManagerLaunched)}},
		{"decide: the branch-manager was launched before every gate", []gates.Fact{coder(gates.Verified), fact(gates.BranchManagerLaunched)}},
		{"resolve what", []gates.Fact{coder(gates.Incomplete)}},
		{"supply what", []gates.Fact{coder(gates.Declined)}},
		{"decide: the coding agent's report was still wrong", []gates.Fact{coder(gates.Capped)}},
		{"decide: something happened that only a person can undo", []gates.Fact{coder(gates.Violation)}},
		{"decide: the coding agent's report could not be checked", []gates.Fact{coder(gates.Unknown)}},
		{"an ops agent changed files. Run the gates on them?", []gates.Fact{{Kind: gates.OpsStopped, Task: "T", Agent: "o", Changed: true, Tree: "A"}}},
		{"waiting for nothing: the person has taken over", []gates.Fact{coder(gates.Violation), fact(gates.PersonSpoke)}},
	} {
		status := statusOf(t, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), c.facts...)
		if text := statusText(t, status); !strings.Contains(text, c.want) {
			t.Errorf("no %q in\n%s", c.want, text)
		}
	}
}

// TestOwedSince: an open step is as old as the fact that made it due, whatever else has happened to the task since. A clock that was set back gives
// no age.
func TestOwedSince(t *testing.T) {
	start := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	facts := []gates.Fact{
		{Kind: gates.CoderStarted, Task: "T", Agent: "a1"},
		{Kind: gates.CoderStopped, Task: "T", Agent: "a1", Stop: "1", Verdict: gates.Verified, Tree: "A"},
		{Kind: gates.TreeSeen, Task: "T", Tree: "A"},
		{Kind: gates.LaunchAsked, Task: "T", Launch: "branch-manager", Tree: "A"},
	}
	for now, want := range map[time.Time]string{
		start.Add(time.Hour):           "orchestrator since 2026-03-01 09:31:00Z (59m): launch test-runner\n",
		start.Add(90 * time.Second):    "orchestrator since 2026-03-01 09:31:00Z (30s): launch test-runner\n",
		start.Add(30 * time.Hour):      "orchestrator since 2026-03-01 09:31:00Z (29h): launch test-runner\n",
		start.Add(30 * 24 * time.Hour): "orchestrator since 2026-03-01 09:31:00Z (29d): launch test-runner\n",
		start.Add(-time.Hour):          "orchestrator since 2026-03-01 09:31:00Z: launch test-runner\n",
	} {
		if text := statusText(t, statusOf(t, now, facts...)); !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestStatusOnOtherTree: a state that only the present scan shows has no known beginning. A state that the scan does not change keeps its own.
func TestStatusOnOtherTree(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	facts := factRecords(t,
		gates.Fact{Kind: gates.CoderStopped, Task: "T", Agent: "a1", Stop: "1", Verdict: gates.Verified, Tree: "A"},
		gates.Fact{Kind: gates.GateResult, Task: "T", Gate: "test-runner", Agent: "t", Stop: "2", Outcome: gates.Pass, Tree: "A"},
	)
	on := func(tree TreeStatus) TaskStatus { return followTasks(facts, gates.Caps{})[0].status(tree, now) }
	same, other, unseen := on(TreeStatus{Fingerprint: "A", Now: true}), on(TreeStatus{Fingerprint: "B", Now: true}), on(TreeStatus{Why: "nobody looks"})
	if same.Phase != gates.Gate2 || same.Since == nil || same.Owed.Since == nil || same.Gates[0].Standing != gates.StandingPass {
		t.Errorf("on the tree that passed: %+v", same)
	}
	if other.Phase != gates.Gate1 || other.Since != nil || other.Owed.Since != nil || other.Gates[0].Standing != gates.StandingVoid {
		t.Errorf("on another tree: %+v", other)
	}
	if unseen.Tree.Fingerprint != "A" || unseen.Gates[0].Standing != gates.StandingPass || caveat(unseen.Tree, passed(unseen)) == "" {
		t.Errorf("on a tree that nobody looked at: %+v", unseen)
	}
}

// TestStatusIsBounded: whatever tasks, gates and files are called, a line stays a line, and of a length that a person can read.
func TestStatusIsBounded(t *testing.T) {
	long := strings.Repeat("\x1b[31m\u202ex", 2000)
	status := statusOf(
		t, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		gates.Fact{Kind: gates.CoderStopped, Task: long, Agent: long, AgentType: long, Stop: "1", Verdict: gates.Verified, Tree: "A", Needs: []gates.Gate{{Name: long, Blocking: true}}},
		gates.Fact{Kind: gates.GateResult, Task: long, Gate: long, Agent: "t", Stop: "2", Outcome: gates.Fail, Issues: slices.Repeat([]string{long}, 100), Tree: "A"},
		gates.Fact{Kind: gates.CoderStarted, Task: "T2", Agent: "a2"},
	)
	var explained strings.Builder
	if err := status.WriteGates(&explained); err != nil {
		t.Fatal(err)
	}
	text := statusText(t, status)
	for _, line := range strings.Split(text+explained.String(), "\n") {
		if n := quote.Length(line); n > 700 || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%d characters: %q", n, line)
		}
	}
	if n := strings.Count(text, "\n"); n != 5 {
		t.Errorf("%d lines for two tasks:\n%s", n, text)
	}
	if n := quote.Length(quote.JSON(status)); n > 60_000 {
		t.Errorf("%d characters of JSON", n)
	}
}

// TestManyTasks: each task is followed by itself, in whatever case it is spelled.
func TestManyTasks(t *testing.T) {
	var facts []gates.Fact
	for i := range 50 {
		facts = append(facts, gates.Fact{Kind: gates.CoderStarted, Task: fmt.Sprintf("T-%d", i), Agent: "a"})
	}
	facts = append(facts, gates.Fact{Kind: gates.CoderStopped, Task: "t-7", Agent: "a", Stop: "1", Verdict: gates.Verified, Tree: "A"})
	trails := followTasks(factRecords(t, facts...), gates.Caps{})
	if len(trails) != 50 || trails[0].last != 50 || trails[0].State.Task != "T-7" || trails[1].last != 49 || trails[49].last != 0 {
		t.Errorf("%d tasks, the first of them %+v", len(trails), trails[0])
	}
}

// TestOpenTasksOfALongJournal: a status of the open tasks, which reads little of a long journal, equals the one that reads everything.
func TestOpenTasksOfALongJournal(t *testing.T) {
	dir := t.TempDir()
	r := Reader{
		Grounds: site.GroundsOf("", dir), Now: func() time.Time { return time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC) }, Log: t.Output(),
		OpenJournal: func(key string) (record.Journal, error) { return journal.Open(filepath.Join(dir, "state"), key) },
	}
	j, err := journal.Open(filepath.Join(dir, "state"), r.Grounds.Key())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	add := func(worktree string, facts ...gates.Fact) {
		t.Helper()
		var records []journal.Record
		for _, f := range facts {
			n++
			rec := newRecord(t, record.KindFact, record.Fact{Fact: f, Worktree: worktree, Files: []string{strings.Repeat("long/", 800)}})
			rec.At, rec.Task = rec.At.Add(time.Duration(n)*time.Second), launch.TaskKey(f.Task)
			records = append(records, rec)
		}
		if err := j.Append(t.Context(), records...); err != nil {
			t.Fatal(err)
		}
	}
	stopped := func(i int) gates.Fact {
		return gates.Fact{Kind: gates.CoderStopped, Task: fmt.Sprint("T-", i), Agent: "a", Stop: fmt.Sprint(n), Verdict: gates.Verified, Tree: "A"}
	}
	closed := func(i int) gates.Fact {
		return gates.Fact{Kind: gates.Closed, Task: fmt.Sprint("T-", i), Why: "by hand"}
	}
	same := func(step string, open, done int) {
		t.Helper()
		some, err := r.Status(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		all, err := r.Status(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		all.Tasks = slices.DeleteFunc(all.Tasks, func(task TaskStatus) bool { return task.Phase == gates.Done })
		if !reflect.DeepEqual(some.Tasks, all.Tasks) || len(some.Tasks) != open || some.DoneOmitted != done {
			t.Errorf("%s: %d open and %d done, not %d and %d\n%+v\n%+v", step, len(some.Tasks), some.DoneOmitted, open, done, some.Tasks, all.Tasks)
		}
	}
	for i := range 400 {
		switch {
		case i%100 == 7:
			add("./trees/seven", stopped(i))
		default:
			add("./trees/x", stopped(i), closed(i))
		}
	}
	same("grown", 4, 396)
	same("read again", 4, 396)
	add("./trees/x", stopped(20), closed(7))
	same("one taken up again and one closed", 4, 396)
	rec := newRecord(t, record.KindLaunch, map[string]string{"worktree": "./trees/new"})
	rec.Task = "T-NEW"
	if err := j.Append(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	add("", gates.Fact{Kind: gates.CoderStarted, Task: "T-NEW", Agent: "b"})
	same("launched", 5, 396)
	if some, err := r.Standing(t.Context()); err != nil || some.Tasks[0].Worktree != "./trees/new" {
		t.Errorf("%+v, %v", some.Tasks, err)
	}
	if kept, err := filepath.Glob(filepath.Join(j.Folder(), "checkpoints", "*")); err != nil || len(kept) == 0 {
		t.Error("the journal is too short to show anything")
	}
}
