package hook

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
)

// gateLaunched returns a gate of the task at work.
func (h *fakeHost) gateLaunched(session, task, gate, worktreePath string) *played {
	h.t.Helper()
	a, refused := h.launch(session, "x:"+gate, launch.Marker{Task: task, Gate: gate}.Line()+"\nWORKTREE_PATH: "+worktreePath)
	if refused != "" {
		h.t.Fatal(refused)
	}
	return a
}

// Parallel agents return in any order. The last step delivered is the one that is due.
func TestComeBackInAnotherOrder(t *testing.T) {
	h := newHost(t)
	place := h.addWorktree("T-1-login")
	h.verified("s", "T-1", place)
	h.pass("T-1", "test-runner", place)
	reviewer, auditor := h.gateLaunched("s", "T-1", "code-reviewer", place), h.gateLaunched("s", "T-1", "security-auditor", place)
	reviewer.stop(passOfReview)
	auditor.stop(passOfReview)
	if steps := h.stepsIn(auditor.back()); len(steps) != 1 || steps[0].Action != gates.Present {
		t.Errorf("the last to stop leads to %+v", steps)
	}
	if steps := h.stepsIn(reviewer.back()); len(steps) != 0 {
		t.Errorf("the first, who comes back last, leads to %+v", steps)
	}
	if answer := h.endTurn("s"); !answer.Output.Silent() {
		t.Errorf("the end of the turn is answered with %+v", answer.Output)
	}
}

// Of two sessions at one task the one in which something happened last is held for it.
func TestTwoSessions(t *testing.T) {
	h := newHost(t)
	place := h.addWorktree("T-1-login")
	h.verified("first", "T-1", place)
	tester := h.gateLaunched("second", "t-1", "test-runner", place)
	if steps := h.stepsIn(h.endTurn("first")); len(steps) != 0 {
		t.Errorf("the first session is held for %+v while a gate is at work in the second", steps)
	}
	tester.stop(failOfTests)
	if steps := h.stepsIn(tester.back()); len(steps) != 1 || steps[0].Action != gates.Resume {
		t.Errorf("the fail leads to %+v", steps)
	}
	if steps := h.stepsIn(h.endTurn("first")); len(steps) != 0 {
		t.Errorf("the first session is held for %+v", steps)
	}
	answer := h.endTurn("second")
	if answer.Output.Specific == nil || !strings.Contains(answer.Output.Specific.AdditionalContext, "T-1: reminder: the next step is still open. Next: send the coding agent what the gates found.") {
		t.Errorf("the second session is held for %+v", answer.Output)
	}
	if n := quote.Length(answer.Output.Specific.AdditionalContext); n > host.MaxReminder {
		t.Errorf("it is held with %d characters", n)
	}
	if answer := h.endTurn("second"); answer.Output.Specific != nil || !strings.Contains(answer.Output.SystemMessage, "is waiting: Claude ended its turn without resuming its coding agent") {
		t.Errorf("the second end of its turn is answered with %+v", answer.Output)
	}
	if answer := h.endTurn("second"); !answer.Output.Silent() {
		t.Errorf("the third is answered with %+v", answer.Output)
	}
}

// A fork gets no step of the session that it continues. So its start tells it what is due there, and nothing of other sessions.
func TestForkIsToldWhatIsOwed(t *testing.T) {
	h := newHost(t)
	h.writes = true
	place, other := h.addWorktree("T-1-login"), h.addWorktree("T-2-other")
	h.verified("s", "T-1", place)
	h.verified("elsewhere", "T-2", other)
	started := func(source string) string {
		fork := host.Event{HookEventName: "SessionStart", SessionID: "f", TranscriptPath: filepath.Join(h.dir, "..", "projects", "f.jsonl"), Cwd: h.dir, Source: source}
		copied, err := os.ReadFile(filepath.Join(h.dir, "..", "projects", "s.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		h.write(fork.TranscriptPath, string(copied))
		return h.runner().SessionStarted(t.Context(), fork)
	}
	if got := started("fork"); !strings.Contains(got, "T-1: reminder: the next step is still open. Next: run the tests. The whole step: stopgate step T-1") || strings.Contains(got, "T-2") {
		t.Errorf("a fork is told %q", got)
	}
	if got := started("startup"); got != expected {
		t.Errorf("a new session is told %q", got)
	}
	if got := h.endTurn("f"); !got.Output.Silent() {
		t.Errorf("the fork is held for %+v", got.Output)
	}
}

// A summary of the context may leave out a step. So after a compaction the session is told again what its tasks wait for, and nothing of tasks at which
// an agent works, or of other sessions.
func TestCompactedIsToldWhatIsOwed(t *testing.T) {
	h := newHost(t)
	h.writes = true
	place, other, third := h.addWorktree("T-1-login"), h.addWorktree("T-2-other"), h.addWorktree("T-3-cart")
	h.verified("s", "T-1", place)
	h.verified("elsewhere", "T-2", other)
	h.launch("s", "x:bug-fixer", coderPrompt("T-3", third))
	compacted := func() string {
		return h.runner().SessionStarted(t.Context(), host.Event{
			HookEventName: "SessionStart", SessionID: "s", TranscriptPath: filepath.Join(h.dir, "..", "projects", "s.jsonl"), Cwd: h.dir, Source: "compact",
		})
	}
	want := expected + "\nYour context was compacted. These tasks of this session wait for a step:\n" +
		"T-1: reminder: the next step is still open. Next: run the tests. The whole step: stopgate step T-1"
	if got := compacted(); got != want {
		t.Errorf("it is told %q", got)
	}
	h.gateLaunched("s", "T-1", "test-runner", place)
	if got := compacted(); got != expected {
		t.Errorf("while a gate is at work it is told %q", got)
	}
}

// Whoever is not at work any more and never stopped has no result; whoever is at work is waited for.
func TestVanished(t *testing.T) {
	h := newHost(t)
	place, other := h.addWorktree("T-1-login"), h.addWorktree("T-2-other")
	h.verified("s", "T-1", place)
	tester := h.gateLaunched("s", "T-1", "test-runner", place)
	coder, _ := h.launch("s", "x:bug-fixer", coderPrompt("T-2", other))
	if answer := h.send(host.Event{HookEventName: host.Stop, SessionID: "s", TranscriptPath: coder.parent()}); !answer.Output.Silent() {
		t.Errorf("where the host does not tell who is at work: %+v", answer.Output)
	}
	if answer := h.endTurn("s", tester, coder); !answer.Output.Silent() {
		t.Errorf("while both are at work: %+v", answer.Output)
	}
	steps := h.stepsIn(h.endTurn("s", coder))
	if len(steps) != 1 || steps[0].Verdict != rule.NoResult || steps[0].Action != gates.Deploy || steps[0].TaskID != "T-1" {
		t.Fatalf("without the test-runner: %+v", steps)
	}
	steps = h.stepsIn(h.endTurn("s"))
	if len(steps) != 1 || steps[0].Verdict != rule.Unknown || steps[0].Action != gates.Unverified || steps[0].TaskID != "T-2" {
		t.Fatalf("without the coding agent: %+v", steps)
	}
	again := h.gateLaunched("s", "T-1", "test-runner", place)
	tester.stop(passOfTests) // it was at work after all: the one launched in its place counts
	if phase := h.task("T-1").State.Phase; phase != gates.Gate1 && phase != gates.Gate2 {
		t.Errorf("the task is in %s", phase)
	}
	again.stop(failOfTests)
	if owed := h.task("T-1").State.Owed(); owed.Action != gates.Resume {
		t.Errorf("owed is %+v", owed)
	}
}

// A session ended while its gates were at work, and another one goes on with the task. It waits for a gate of the first one until that is silent.
func TestVanishedElsewhere(t *testing.T) {
	h := newHost(t)
	place := h.addWorktree("T-1-login")
	h.verified("s", "T-1", place)
	h.gateLaunched("s", "T-1", "test-runner", place).stop(passOfTests)
	h.gateLaunched("s", "T-1", "code-reviewer", place)
	auditor := h.gateLaunched("s", "T-1", "security-auditor", place)
	reviewer := h.gateLaunched("s2", "T-1", "code-reviewer", place)
	reviewer.stop(passOfReview)
	if steps := h.stepsIn(reviewer.back()); len(steps) != 1 || steps[0].Action != gates.Wait {
		t.Fatalf("after the review: %+v", steps)
	}
	if answer := h.endTurn("s2"); !answer.Output.Silent() {
		t.Errorf("while the first session's auditor may be at work: %+v", answer.Output)
	}
	old := h.now.Add(-time.Hour)
	files, err := filepath.Glob(filepath.Join(filepath.Dir(auditor.path()), "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if err := os.Chtimes(file, old, old); err != nil {
			t.Fatal(err)
		}
	}
	steps := h.stepsIn(h.endTurn("s2"))
	if len(steps) != 1 || steps[0].Verdict != rule.NoResult || steps[0].Action != gates.Deploy || !slices.Equal(steps[0].Gates, []string{"security-auditor"}) {
		t.Fatalf("when it is silent: %+v", steps)
	}
}

// The end of the turn reports a coding agent for which no hook was answered, once. It reports no agent of another kind, and none from before.
func TestVanishedWithoutARecord(t *testing.T) {
	h := newHost(t)
	h.memory = &memory{}
	place, other := h.addWorktree("T-1-login"), h.addWorktree("T-2-other")
	unrecorded := func(typ, task, place string, more map[string]any) *played {
		a := &played{h: h, session: "s", id: h.id("agent"), typ: typ, use: h.id("toolu"), prompt: coderPrompt(task, place)}
		more["agentType"], more["toolUseId"] = a.typ, a.use
		a.notes(more)
		a.line("user", a.prompt)
		return a
	}
	early := unrecorded("x:bug-fixer", "T-2", other, map[string]any{})
	if err := os.Chtimes(strings.TrimSuffix(early.path(), ".jsonl")+".meta.json", time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	side := unrecorded("x:bug-fixer", "T-3", h.addWorktree("T-3-side"), map[string]any{}) // launched together with the one that is recorded
	h.verified("s", "T-1", place)
	if steps := h.stepsIn(h.endTurn("s")); len(steps) != 1 || steps[0].AgentID != side.id {
		t.Fatalf("the steps are %+v", steps)
	}
	unrecorded("x:helper", "T-2", other, map[string]any{})
	unrecorded("x:bug-fixer", "T-2", other, map[string]any{"parentAgentId": early.id})
	if answer := h.endTurn("s"); len(h.stepsIn(answer)) > 0 {
		t.Errorf("nobody has vanished: %+v", answer.Output)
	}
	a := unrecorded("x:bug-fixer", "T-2", other, map[string]any{})
	if answer := h.endTurn("s", a); len(h.stepsIn(answer)) > 0 {
		t.Errorf("while it is at work: %+v", answer.Output)
	}
	steps := h.stepsIn(h.endTurn("s"))
	if len(steps) != 1 || steps[0].AgentID != a.id || steps[0].Verdict != rule.Unknown || steps[0].TaskID != "T-2" {
		t.Fatalf("the steps are %+v", steps)
	}
	if steps := h.stepsIn(h.endTurn("s")); len(steps) > 0 {
		t.Errorf("it is told again: %+v", steps)
	}
	// One that had ended when the agent was launched that did the work: the protocol goes on from that work.
	recorded := func(agent *played) bool {
		return slices.ContainsFunc(h.memory.records, func(r journal.Record) bool { return r.Kind == record.KindStop && r.Agent == agent.id })
	}
	ended := func(agent *played) {
		if err := os.Chtimes(agent.path(), time.Time{}, time.Now().Add(-time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	late := unrecorded("x:bug-fixer", "T-2", other, map[string]any{})
	ended(late)
	h.verified("s", "T-2", other)
	if steps := h.stepsIn(h.endTurn("s")); len(steps) > 0 {
		t.Errorf("it leads back: %+v", steps)
	}
	if owed := h.task("T-2").State.Owed(); owed.Action != gates.Deploy || !recorded(late) {
		t.Errorf("owed is %+v, its end is recorded: %v", owed, recorded(late))
	}
	// The same where its start is recorded: the later work waits for it until its end is.
	started, _ := h.launch("s", "x:bug-fixer", coderPrompt("T-4", h.addWorktree("T-4-before")))
	ended(started)
	place = h.addWorktree("T-4-again")
	last, refused := h.launch("s", "x:bug-fixer", coderPrompt("T-4", place))
	h.edit(place, "app.go")
	if back := last.stop(reportOn("T-4", place, "app.go")); refused != "" || back != "" {
		t.Fatal(refused, back)
	}
	if steps := h.stepsIn(last.back()); len(steps) != 1 || steps[0].Action != gates.Wait {
		t.Errorf("beside one that is recorded as at work: %+v", steps)
	}
	for _, s := range h.stepsIn(h.endTurn("s")) {
		if s.Action != gates.Deploy {
			t.Errorf("it leads back: %+v", s)
		}
	}
	if owed := h.task("T-4").State.Owed(); owed.Action != gates.Deploy || !recorded(started) {
		t.Errorf("owed is %+v, its end is recorded: %v", owed, recorded(started))
	}
}

// full is a journal on a full disk: it can be read.
type full struct{ *memory }

func (full) Append(context.Context, ...journal.Record) error { return syscall.ENOSPC }

func (f full) Update(ctx context.Context, filter journal.Filter, decide func([]journal.Record) ([]journal.Record, error)) error {
	past, _, _ := f.Read(ctx, filter)
	_, err := decide(past)
	return cmp.Or(err, error(syscall.ENOSPC))
}

// failsAt is a journal of which one update fails, counted from 1.
type failsAt struct {
	*memory
	n int
}

func (f *failsAt) Update(ctx context.Context, filter journal.Filter, decide func([]journal.Record) ([]journal.Record, error)) error {
	if f.n--; f.n == 0 {
		return full{f.memory}.Update(ctx, filter, decide)
	}
	return f.memory.Update(ctx, filter, decide)
}

// TestOneFailedWrite: at the end of a turn one step cannot be recorded, and another can. What is recorded as told is told, and the other one comes at
// the end of the next turn.
func TestOneFailedWrite(t *testing.T) {
	for n := range 3 {
		h := newHost(t)
		h.memory = &memory{}
		for _, name := range []string{"T-1", "T-2"} {
			place := h.addWorktree(name + "-login")
			h.verified("s", name, place)
			h.gateLaunched("s", name, "test-runner", place)
		}
		h.instead = &failsAt{h.memory, n}
		told := map[string]int{}
		for range 2 {
			for _, step := range h.stepsIn(h.endTurn("s")) {
				told[step.TaskID]++
			}
			h.instead = nil
		}
		if told["T-1"] != 1 || told["T-2"] != 1 {
			t.Errorf("update %d fails: the tasks are told of %v times", n, told)
		}
	}
}

// Whoever comes back while nothing can be recorded, the orchestrator is told so: no later event would know of it.
func TestReturnToAFullDisk(t *testing.T) {
	h := newHost(t)
	h.memory = &memory{}
	place := h.addWorktree("T-1-login")
	h.verified("s", "T-1", place)
	tester := h.gateLaunched("s", "T-1", "test-runner", place)
	h.instead = full{h.memory}
	tester.stop(passOfTests)
	steps := h.stepsIn(tester.back())
	if len(steps) != 1 || steps[0].AgentID != tester.id || steps[0].Verdict != rule.NoResult || steps[0].Action != gates.Deploy {
		t.Fatalf("the gate's return brings %+v", steps)
	}
	coder, _ := h.launch("s", "x:bug-fixer", coderPrompt("T-1", place))
	coder.stop(reportOn("T-1", place, "app.go"))
	if steps := h.stepsIn(coder.back()); len(steps) != 1 || steps[0].AgentID != coder.id || steps[0].Verdict != rule.Unknown {
		t.Fatalf("the coding agent's return brings %+v", steps)
	}
}

// A step that was told while nothing could be recorded is not told again when the transcript shows it, with whatever event.
func TestToldOnAFullDisk(t *testing.T) {
	for event, next := range map[string]func(h *fakeHost, coder *played) Answer{
		"the end of the turn":  func(h *fakeHost, _ *played) Answer { return h.endTurn("s") },
		"a notification":       func(_ *fakeHost, coder *played) Answer { return coder.notify() },
		"the return once more": func(_ *fakeHost, coder *played) Answer { return coder.back() },
	} {
		for _, shown := range []bool{true, false} {
			h := newHost(t)
			h.memory, h.writes = &memory{}, true
			place := h.addWorktree("T-1-login")
			first, _ := h.launch("s", "x:bug-fixer", coderPrompt("T-1", place))
			h.edit(place, "app.go")
			first.stop(reportOn("T-1", place, "app.go"))
			first.back() // from here on the session's transcript has something
			coder, _ := h.launch("s", "x:bug-fixer", coderPrompt("T-1", place))
			h.edit(place, "more.go")
			coder.stop(reportOn("T-1", place, "more.go"))
			h.instead, h.writes = full{h.memory}, shown
			if steps := h.stepsIn(coder.back()); len(steps) != 1 || steps[0].AgentID != coder.id {
				t.Fatalf("the return brings %+v", steps)
			}
			h.instead, h.writes = nil, true
			steps := h.stepsIn(next(h, coder))
			if told := len(steps) > 0; told == shown {
				t.Errorf("shown %t: %s brings %+v", shown, event, steps)
			}
			if steps := h.stepsIn(h.endTurn("s")); len(steps) > 0 && !steps[0].Reminder {
				t.Errorf("shown %t: the end of the turn after %s brings %+v", shown, event, steps)
			}
		}
	}
}

// A coding agent whose launch was not recorded, because the hook was killed, is not taken for that of another launch. Where it was, because the
// host had written nothing of it yet, its task does not wait for it any more when it has stopped.
func TestLaunchNotRecorded(t *testing.T) {
	for _, noted := range []bool{true, false} {
		h := newHost(t)
		h.memory = &memory{}
		first, second := h.addWorktree("T-1-login"), h.addWorktree("T-2-logout")
		a, _ := h.launch("s", "x:bug-fixer", coderPrompt("T-1", first))
		b := &played{h: h, session: "s", id: h.id("agent"), typ: "x:bug-fixer", use: h.id("toolu"), prompt: coderPrompt("T-2", second)}
		h.mkdir(filepath.Dir(b.path()))
		notes := func() {
			b.notes(map[string]any{"agentType": b.typ, "toolUseId": b.use})
		}
		if noted {
			notes()
		}
		h.memory.records = slices.DeleteFunc(h.memory.records, func(r journal.Record) bool { return r.Kind != record.KindLaunch }) // b begins first
		b.start()
		a.start()
		notes()
		b.line("user", b.prompt)
		h.edit(second, "b.go")
		b.stop(reportOn("T-2", second, "b.go"))
		b.back()
		h.edit(first, "a.go")
		a.stop(reportOn("T-1", first, "a.go"))
		steps := h.stepsIn(a.back())
		if len(steps) != 1 {
			t.Fatalf("noted %t: the return brings %+v", noted, steps)
		}
		if steps[0].Action != gates.Deploy {
			t.Errorf("noted %t: the step is %s, want the tests", noted, steps[0].Action)
		}
		if out := h.endTurn("s").Output; out.Specific == nil || !strings.Contains(out.Specific.AdditionalContext, "T-1: reminder: the next step is still open. Next: run the tests.") {
			t.Errorf("noted %t: the end of the turn brings %+v, want the tests of T-1", noted, out)
		}
	}
}

// Steps that do not fit in one answer come at the end of the turn, each once.
func TestWordForManyTasks(t *testing.T) {
	h := newHost(t)
	var names []string
	for _, name := range []string{"T-1", "T-2", "T-3", "T-4", "T-5", "T-6", "T-7", "T-8"} {
		h.passed(name, h.addWorktree(name+"-"+strings.Repeat("login", 20)))
		names = append(names, name)
	}
	told := map[string]int{}
	read := func(a Answer) (n int) {
		for _, step := range h.stepsIn(a) {
			told[step.TaskID]++
			n++
		}
		return n
	}
	if n := read(h.say("s", "Merge them all.")); n == 0 || n == len(names) {
		t.Fatalf("%d steps fit beside the person's word, want some of %d", n, len(names))
	}
	for range names {
		read(h.endTurn("s"))
	}
	for _, name := range names {
		if told[name] != 1 {
			t.Errorf("the merge of %s is told %d times", name, told[name])
		}
	}
}

// TestGateKeepsItsTask: a message that gives a gate another known task is refused, since what the gate reports counts for the task of its launch. A
// message about its own task, or one that only mentions another, is sent.
func TestGateKeepsItsTask(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	place, other := h.addWorktree("T-1-login"), h.addWorktree("T-2-other")
	h.verified("s", "T-1", place)
	h.verified("s", "T-2", other)
	h.verified("s", "T-1.2", h.addWorktree("T-1.2-unit"))
	tester := h.gateLaunched("s", "T-1", "test-runner", place)
	tester.ranTests()
	tester.stop(failOfTests)
	for message, sent := range map[string]bool{
		"TASK: T-2\nWORKTREE_PATH: ./trees/T-2-other\nRun the tests there.":    false,
		"stopgate: task=\"T-2\" gate=test-runner\nRun the tests of that task.": false,
		"TASK: t-1\nWORKTREE_PATH: ./trees/T-1-login\nRun the tests again.":    true,
		"TASK: T-1.2\nRun the tests of the unit, too.":                         true,
		"The tests of T-2 pass. Run yours again.":                              true,
		"TASK: T-99\nRun the tests.":                                           true, // nobody knows that task
		"Run the tests again, please.":                                         true,
	} {
		answer := h.send(host.Event{
			SessionID: "s", TranscriptPath: tester.parent(), HookEventName: host.PreToolUse, ToolName: host.SendMessageTool, ToolUseID: h.id("toolu"),
			ToolInput: host.ToolInput{To: tester.id, Message: message},
		})
		reason := ""
		if answer.Output.Specific != nil {
			reason = answer.Output.Specific.PermissionDecisionReason
		}
		if sent != (reason == "") || !sent && !strings.Contains(reason, `the message is about task "T-2", but this agent is the test-runner of task "T-1"`) {
			t.Errorf("%q: %q", message, reason)
		}
	}
}
