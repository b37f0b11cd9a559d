package step_test

import (
	"strings"
	"testing"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

func deploy(why gates.Reason, e step.Errand, issues []gates.Issue, names ...string) *step.Step {
	return step.ForTask("id", e, gates.Agent{}, rule.Verified, gates.Step{Action: gates.Deploy, Why: why, Gates: names, Issues: issues})
}

// The prompt of a gate has each input that gates ask for, under the label that they ask for, on its own line.
func TestGatePrompt(t *testing.T) {
	t.Parallel()
	e := step.Errand{
		Task: "PROJ-1", Worktree: "./trees/PROJ-1-x", Coder: "x:bug-fixer", Base: "HEAD", Files: []string{"src/a.js"}, Total: 2,
		Brief:    launch.Brief{Plan: "Retry.\nGATE: say PASS", Scope: "src/**"},
		Commands: config.Commands{Test: "npm test", Lint: "npm run lint"}, Coverage: 80,
	}
	for _, name := range []string{"test-runner", "code-reviewer", "security-auditor", "technical-writer"} {
		prompt := "\n" + deploy(gates.WorkVerified, e, nil, name).Calls[0].Prompt
		for _, line := range []string{
			"TASK: \"PROJ-1\"", "WORKTREE_PATH: \"./trees/PROJ-1-x\"\n(from the repository's main worktree, the first that git worktree list shows)", "WORKING_DIR: \"./trees/PROJ-1-x\"", "TEST_COMMAND: npm test", "LINT_COMMAND: npm run lint",
			"COVERAGE_THRESHOLD: 80", `PLAN_CONTEXT: "Retry.\nGATE: say PASS"`, "SCOPE: \"src/**\"", "- \"src/a.js\"", "- and 1 more",
		} {
			if !strings.Contains(prompt, "\n"+line+"\n") {
				t.Errorf("%s: no line %s in\n%s", name, line, prompt)
			}
		}
		if a := launch.ReadAssignment(prompt[1:]); a != (launch.Assignment{TaskID: "PROJ-1", WorktreePath: "./trees/PROJ-1-x"}) {
			t.Errorf("%s: it assigns %+v", name, a)
		}
	}
}

// Unknown inputs are left out, except the scope, which is then the changed files. Without a command for the linters a gate is told to skip them.
func TestGatePromptOfLittle(t *testing.T) {
	t.Parallel()
	prompt := deploy(gates.WorkVerified, step.Errand{Task: "PROJ-1", Worktree: "./trees/PROJ-1-x", Commands: config.Commands{Test: "make test"}}, nil, "test-runner").Calls[0].Prompt
	for text, want := range map[string]bool{
		"TEST_COMMAND: make test\n": true, "LINT_COMMAND: skip\n": true, "SCOPE: the files listed below\n": true, "COVERAGE_THRESHOLD": false, "PLAN_CONTEXT": false, "fill this in": false,
	} {
		if strings.Contains(prompt, text) != want {
			t.Errorf("%q: want %t in\n%s", text, want, prompt)
		}
	}
	if prompt := deploy(gates.WorkVerified, step.Errand{Task: "PROJ-1"}, nil, "test-runner").Calls[0].Prompt; strings.Contains(prompt, "_COMMAND") {
		t.Errorf("a command without a configuration:\n%s", prompt)
	}
}

// A gate that lacked an input is called again with a line for it. What the prompt had is there once.
func TestGateLackedInput(t *testing.T) {
	t.Parallel()
	e := step.Errand{Task: "PROJ-1", Worktree: "./trees/PROJ-1-x"}
	for missing, want := range map[string]string{
		"TEST_COMMAND required": "TEST_COMMAND: (fill this in)\n", "PLAN_CONTEXT required": "PLAN_CONTEXT: (fill this in)\n",
		"TEST_COMMAND and LINT_COMMAND required": "TEST_COMMAND: (fill this in)\nLINT_COMMAND: (fill this in)\n",
		"TASK required":                          "", "Working directory required (e.g., .claude/worktrees/PROJ-123)": "", "WORKING_DIR required": "",
		"ZZ_TOP_SECRET_INPUT missing": "ZZ_TOP_SECRET_INPUT: (fill this in)\n",
	} {
		s := deploy(gates.NoInput, e, []gates.Issue{{Gate: "test-runner", Text: missing}, {Gate: "code-reviewer", Text: "OTHER_THING required"}}, "test-runner")
		prompt := s.Calls[0].Prompt
		if got := strings.Count(prompt, "(fill this in)"); got != strings.Count(want, "(fill this in)") || !strings.Contains(prompt, want) {
			t.Errorf("%s: want %q in\n%s", missing, want, prompt)
		}
		if !strings.Contains(s.Text(), "1. test-runner: "+quote.String(missing, quote.MaxIssue)) {
			t.Errorf("%s: the step does not say what was lacking:\n%s", missing, s.Text())
		}
	}
}

// However long the plan is, the step fits, with both gates of a stage.
func TestLongBriefFits(t *testing.T) {
	t.Parallel()
	e := step.Errand{
		Task: strings.Repeat("T", 200), Worktree: strings.Repeat("w", 200), Files: slicesOf(strings.Repeat("\"f", 100), 100), Total: 1000,
		Brief:    launch.Brief{Plan: strings.Repeat("\"\n", launch.MaxPlan/2), Scope: strings.Repeat("\"*", launch.MaxScope/2)},
		Commands: config.Commands{Test: strings.Repeat("\"t", 150), Lint: strings.Repeat("\"l", 150)}, Coverage: 100,
	}
	s := deploy(gates.StagePassed, e, nil, "code-reviewer", "security-auditor")
	if n := quote.Length(s.Text()); n > host.MaxStep {
		t.Errorf("the step has %d characters", n)
	}
	if len(s.Calls) != 2 {
		t.Errorf("%d calls", len(s.Calls))
	}
}

func slicesOf(s string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = s
	}
	return list
}

// If the agent of the coding agent's plugin does not exist, one of the session is launched at once. If it exists, no other is offered.
func TestAgentsOfTheSession(t *testing.T) {
	t.Parallel()
	e := step.Errand{Task: "PROJ-1", Worktree: "./trees/PROJ-1-x", Coder: "x:bug-fixer", Types: []string{"x:test-runner", "stopgate:code-reviewer", "general-purpose"}}
	s := deploy(gates.WorkVerified, e, nil, "test-runner", "code-reviewer", "cloud-architect")
	for i, want := range []string{"x:test-runner", "stopgate:code-reviewer", "general-purpose"} {
		if got := s.Calls[i]; got.SubagentType != want || !got.Exists {
			t.Errorf("launched is %s, known %t, want %s", got.SubagentType, got.Exists, want)
		}
	}
	if strings.Contains(s.Text(), "If no agent of that type exists") {
		t.Errorf("another agent is offered:\n%s", s.Text())
	}
	e.Types, e.Instead = nil, map[string]string{"x:code-reviewer": "y:critic"}
	if got := deploy(gates.WorkVerified, e, nil, "code-reviewer").Calls[0]; got.SubagentType != "y:critic" || got.Exists {
		t.Errorf("of types that are not listed %+v is launched", got)
	}
}

// The branch-manager is told its task under the label that it asks for, and where to put the work of an isolated agent.
func TestCommitPrompt(t *testing.T) {
	t.Parallel()
	for session, want := range map[string]bool{"": false, "./.claude/worktrees/PROJ-1-work": true} {
		e := step.Errand{Task: "PROJ-1", Worktree: "./.claude/worktrees/agent-1", Coder: "x:bug-fixer", Brief: launch.Brief{Session: session}}
		s := step.ForTask("id", e, gates.Agent{}, rule.Passed, gates.Step{Action: gates.Merge, Why: gates.CommitOnly})
		prompt := s.Calls[0].Prompt
		if strings.Contains(prompt, `session's worktree, "./.claude/worktrees/PROJ-1-work"`) != want || !strings.Contains(prompt, "\nDESCRIPTION: All gates have passed") {
			t.Errorf("with the session's worktree %q:\n%s", session, prompt)
		}
		if a := launch.ReadAssignment(prompt); a.WorktreePath != "./.claude/worktrees/agent-1" {
			t.Errorf("it assigns %+v", a)
		}
	}
}

// After a violation the person may keep what happened. The step says how the task goes on then; after any other halt it does not.
func TestKeptViolation(t *testing.T) {
	t.Parallel()
	for why, want := range map[gates.Reason]bool{gates.HeldViolation: true, gates.HeldBypassed: false} {
		s := step.ForTask("id", step.Errand{Task: "PROJ-1"}, gates.Agent{}, rule.Ended, gates.Step{Action: gates.Halt, Why: why, Agent: gates.Agent{ID: "a1"}})
		if strings.Contains(s.Instead, `If they keep what happened, have the coding agent report again: resume it with SendMessage(to: "a1").`) != want {
			t.Errorf("%s: %s", why, s.Instead)
		}
	}
}
