package step_test

import (
	"strings"
	"testing"

	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// One line tells the person what a stop came to. It is short, whatever an agent calls itself.
func TestHeadline(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		step     step.Step
		sentBack int
		want     string
	}{
		{step.Step{TaskID: "PAY-1", Verdict: rule.Verified, Files: []string{"a", "b"}, FilesOmitted: 1, Calls: []step.Call{{SubagentType: "stopgate:test-runner"}}}, 0, "stopgate: PAY-1: work verified, 3 files. Next: test-runner."},
		{step.Step{TaskID: "PAY-1", Verdict: rule.Verified, Files: []string{"a"}, Calls: []step.Call{{SubagentType: "code-reviewer"}, {SubagentType: "security-auditor"}}}, 2, "stopgate: PAY-1: work verified, 1 file, sent back 2 times before. Next: code-reviewer and security-auditor."},
		{step.Step{TaskID: "PAY-1", AgentType: "x:test-runner", Verdict: rule.Failed, Issues: []step.Issue{{}, {}}, Calls: []step.Call{{To: "a1"}}}, 0, "stopgate: PAY-1: test-runner failed, 2 issues. Next: the coding agent."},
		{step.Step{TaskID: "PAY-1", AgentType: "test-runner", Verdict: rule.Passed}, 0, "stopgate: PAY-1: test-runner passed."},
		{step.Step{TaskID: "PAY-1", Verdict: rule.Incomplete}, 0, "stopgate: PAY-1: work is incomplete."},
		{step.Step{TaskID: "a\nb\x1b[31m", Verdict: rule.Declined}, 0, "stopgate: a b [31m: the agent lacks an input."},
		{step.Step{TaskID: "PAY-1", WorktreePath: "./trees/x", Verdict: rule.Capped, Action: step.Escalate}, 1, `stopgate: task "PAY-1" in "./trees/x" is waiting for your decision. Verdict: capped.`},
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
