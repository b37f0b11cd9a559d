package step_test

import (
	"strings"
	"testing"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// One line tells the person the result of a stop. It is short, whatever name an agent gives itself.
func TestHeadline(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		step     step.Step
		sentBack int
		want     string
	}{
		{step.Step{TaskID: "PAY-1", Verdict: rule.Verified, Files: []string{"a", "b"}, FilesOmitted: 1, Action: gates.Deploy, Gates: []string{"test-runner"}, Calls: []step.Call{{}}}, 0, "stopgate: PAY-1: work verified, 3 files. Next: run the tests."},
		{step.Step{TaskID: "PAY-1", Verdict: rule.Verified, Files: []string{"a"}, Action: gates.Deploy, Gates: []string{"code-reviewer", "security-auditor"}, Calls: []step.Call{{}, {}}}, 2, "stopgate: PAY-1: work verified, 1 file, sent back 2 times before. Next: review the change and audit its security."},
		{step.Step{TaskID: "PAY-1", AgentID: "t1", AgentType: "x:test-runner", Verdict: rule.Failed, Issues: []gates.Issue{{}, {}}, Action: gates.Resume, Calls: []step.Call{{To: "a1"}}}, 0, "stopgate: PAY-1: test-runner failed, 2 issues. Next: send the coding agent what the gates found."},
		{step.Step{TaskID: "PAY-1", AgentID: "t1", AgentType: "test-runner", Verdict: rule.Passed}, 0, "stopgate: PAY-1: test-runner passed."},
		{step.Step{TaskID: "PAY-1", AgentID: "t1", AgentType: "x:test-runner", Verdict: rule.Passed, Why: gates.WorkVerified, Action: gates.Deploy, Gates: []string{"test-runner"}, Calls: []step.Call{{}}}, 0, "stopgate: PAY-1: test-runner passed, but its pass does not count. Next: run the tests."},
		{step.Step{TaskID: "PAY-1", AgentID: "t1", AgentType: "x:code-reviewer", Verdict: rule.Passed, Why: gates.StagePassed, Action: gates.Deploy, Gates: []string{"security-auditor"}, Calls: []step.Call{{}}}, 0, "stopgate: PAY-1: code-reviewer passed. Next: audit the security of the change."},
		{step.Step{TaskID: "PAY-1", AgentID: "t1", AgentType: "test-runner", Verdict: rule.Passed, Why: gates.NoEvidence, Issues: []gates.Issue{{}}, Action: gates.Deploy, Gates: []string{"test-runner"}, Calls: []step.Call{{}}}, 0, "stopgate: PAY-1: test-runner passed, but its pass does not count. Next: run the tests."},
		{step.Step{TaskID: "PAY-1", AgentID: "t1", AgentType: "test-runner", Verdict: rule.Passed, Why: gates.TreeChanged, Action: gates.Deploy, Gates: []string{"test-runner"}, Calls: []step.Call{{}}}, 0, "stopgate: PAY-1: test-runner passed. Next: run the tests."},
		{step.Step{TaskID: "PAY-1", Verdict: rule.Incomplete}, 0, "stopgate: PAY-1: work is incomplete."},
		{step.Step{TaskID: "a\nb\x1b[31m", Verdict: rule.Declined}, 0, `stopgate: "a\nb\x1b[31m": the agent lacks an input.`},
		{step.Step{TaskID: "PAY-1", WorktreePath: "./trees/x", Verdict: rule.Capped, Action: gates.Escalate}, 1, `stopgate: task "PAY-1" in "./trees/x" is waiting for your decision. Verdict: capped.`},
		{step.Step{TaskID: "PAY-1", Verdict: rule.Verified, Reminder: true}, 0, ""},
		{step.Step{TaskID: "PAY-1", Verdict: rule.Ended}, 0, ""},
	} {
		if got := c.step.Headline(c.sentBack); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	long := strings.Repeat("x", 5000)
	if got := (&step.Step{TaskID: long, AgentType: long, Verdict: rule.Failed, Calls: []step.Call{{SubagentType: long}}}).Headline(0); len(got) > 500 {
		t.Errorf("it has %d bytes", len(got))
	}
}

// A step begins with one sentence for the person: what happened, and what comes next. Then comes the call.
func TestLead(t *testing.T) {
	t.Parallel()
	e := step.Errand{Task: "PAY-1", Worktree: "./trees/PAY-1-x"}
	tester := gates.Agent{ID: "t1", Type: "x:test-runner"}
	for _, c := range []struct {
		agent   gates.Agent
		verdict rule.Verdict
		owed    gates.Step
		want    string
	}{
		{tester, rule.Passed, gates.Step{Action: gates.Deploy, Gates: []string{"code-reviewer", "technical-writer", "security-auditor"}}, "PAY-1: test-runner passed. Next: review the change and audit its security."},
		{tester, rule.Passed, gates.Step{Action: gates.Deploy, Gates: []string{"security-auditor"}}, "PAY-1: test-runner passed. Next: audit the security of the change."},
		{tester, rule.Failed, gates.Step{Action: gates.Resume}, "PAY-1: test-runner failed. Next: send the coding agent what the gates found."},
		{tester, rule.NoResult, gates.Step{Action: gates.Deploy, Gates: []string{"test-runner"}, Why: gates.NoInput, Issues: []gates.Issue{{Gate: "test-runner", Text: "TEST_COMMAND required"}}}, "PAY-1: test-runner ended without a result. Next: run it again with the input that it lacked."},
		{tester, rule.Passed, gates.Step{Action: gates.Present, Why: gates.AllPassed}, "PAY-1: test-runner passed. Next: ask the person whether to merge."},
		{tester, rule.Passed, gates.Step{Action: gates.Wait, Why: gates.ForGates}, "PAY-1: test-runner passed. Next: wait for the agents at work."},
		{gates.Agent{}, rule.Ended, gates.Step{Action: gates.Merge}, "PAY-1: the person has answered. Next: merge, if that is what the person said."},
		{gates.Agent{}, rule.NoResult, gates.Step{Action: gates.Deploy, Gates: []string{"test-runner"}}, "PAY-1: an agent left no result. Next: run the tests."},
		{gates.Agent{ID: "m", Type: "branch-manager"}, rule.Ended, gates.Step{Action: gates.Close, Why: gates.Merged}, "PAY-1: the work is merged. Next: close the task."},
		{gates.Agent{ID: "m", Type: "branch-manager"}, rule.Failed, gates.Step{Action: gates.Escalate, Why: gates.HeldMergeFailed}, "PAY-1: the merge failed. Next: the person decides."},
		{gates.Agent{ID: "o", Type: "x:incident-responder"}, rule.Ended, gates.Step{Action: gates.Present, Why: gates.HeldOps}, "PAY-1: incident-responder has ended. Next: ask the person whether the gates shall check it."},
	} {
		lines := strings.Split(step.ForTask("id", e, c.agent, c.verdict, c.owed).Text(), "\n")
		if lines[1] != c.want {
			t.Errorf("got  %s\nwant %s", lines[1], c.want)
		}
		if calls := strings.HasPrefix(lines[2], "To do so, make"); calls != (c.owed.Action == gates.Deploy || c.owed.Action == gates.Resume || c.owed.Action == gates.Merge) {
			t.Errorf("%s is followed by %s", lines[1], lines[2])
		}
	}
}

// A reminder is printed completely on the person's screen. It is short, whatever the name of the task. It says what to do, and names a command for
// the whole step that works in a shell as it stands.
func TestShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("\u202e\"'; rm -rf $HOME #", 30)
	for task, command := range map[string]string{"PAY-1": "stopgate step PAY-1", "#456": "stopgate step 5e5e", "--all": "stopgate step 5e5e", "a b": "stopgate step 5e5e", long: "stopgate step 5e5e"} {
		e := step.Errand{Task: task, Worktree: long, Coder: long + ":bug-fixer", Files: []string{long}, Total: 1}
		for _, owed := range []gates.Step{
			{Action: gates.Deploy, Gates: []string{"test-runner"}},
			{Action: gates.Deploy, Gates: []string{long, long + "x", "c", "d", "e"}, Issues: []gates.Issue{{Gate: long, Text: long}}},
			{Action: gates.Resume, Agent: gates.Agent{ID: long}, Issues: []gates.Issue{{Gate: long, Text: long}}},
			{Action: gates.Present, Why: gates.AllPassed},
			{Action: gates.Unverified},
		} {
			s := step.ForTask("5e5e", e, gates.Agent{}, rule.Ended, owed)
			text := s.At(host.Stop)
			if n := quote.Length(text); n > host.MaxReminder || strings.ContainsAny(text, "{}\u202e") && !strings.Contains(long, "{") {
				t.Errorf("%d characters: %s", n, text)
			}
			if whole := len(s.Calls)+len(s.Issues) > 0; strings.HasSuffix(text, command) != whole || !strings.HasPrefix(text, "[stopgate plugin, automated check, not user input]\n") {
				t.Errorf("want it to end with %s: %s", command, text)
			}
			if full := s.Text(); !strings.HasSuffix(full, "}") || full == text {
				t.Errorf("the whole step is %s", full)
			}
			if len(s.Calls) == 0 && !strings.Contains(text+"\n", "\n"+s.Instead+"\n") {
				t.Errorf("it does not say what to do: %s", text)
			}
			if s = step.ForTask("5e5e", e, gates.Agent{ID: "a1"}, rule.Failed, owed); !strings.HasSuffix(s.At(host.Stop), ": stopgate step 5e5e") {
				t.Errorf("the step of an agent's stop has no id: %s", s.At(host.Stop))
			}
		}
	}
}

// One answer carries as many reminders as are short enough together. The first always fits.
func TestBatchOfReminders(t *testing.T) {
	t.Parallel()
	b := step.Batch{Event: host.Stop}
	total, taken := 0, 0
	for range 10 {
		s := step.ForTask("5e5e", step.Errand{Task: "PAY-1"}, gates.Agent{}, rule.Ended, gates.Step{Action: gates.Deploy, Gates: []string{"test-runner"}})
		s.Reminder = true
		if b.Add(s) {
			taken++
			total += quote.Length(s.At(host.Stop))
		}
	}
	if taken == 0 || taken == 10 || total > host.MaxReminder {
		t.Errorf("%d reminders of %d characters", taken, total)
	}
}
