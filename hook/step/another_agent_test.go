package step_test

import (
	"strings"
	"testing"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/step"
)

// Who stands in for an agent that does not exist: one of the same name, then one whose name says that it does this work, then the agent for
// anything.
func TestRelaunchWith(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		missing, gate string
		available     []string
		want          string // "" if the person is asked
	}{
		{"x:test-runner", "test-runner", nil, "general-purpose"},
		{"x:test-runner", "test-runner", []string{"Explore", "general-purpose", "test-runner"}, "test-runner"},
		{"x:test-runner", "test-runner", []string{"general-purpose", "reaper:test-runner", "test-runner-helper"}, "reaper:test-runner"},
		{"qa", "test-runner", []string{"general-purpose", "x:test-runner"}, "x:test-runner"},
		{"x:code-reviewer", "code-reviewer", []string{"general-purpose", "crew:peer-reviewer"}, "crew:peer-reviewer"},
		{"x:security-auditor", "security-auditor", []string{"security-reviewer", "general-purpose"}, "security-reviewer"},
		{"x:technical-writer", "technical-writer", []string{"code-reviewer", "general-purpose"}, "general-purpose"},
		{"x:branch-manager", gates.BranchManagerAgent, []string{"Explore", "general-purpose"}, "general-purpose"},
		{"bug-fixer", launch.CodingMark, []string{"x:bug-fixer", "general-purpose"}, "x:bug-fixer"},
		{"bug-fixer", launch.CodingMark, []string{"tester", "general-purpose"}, "general-purpose"},
		{"x:test-runner", "test-runner", []string{"Explore", "Plan"}, ""},
		{"general-purpose", "test-runner", nil, ""},
	} {
		s := step.Relaunch("id", step.FailedLaunch{Missing: c.missing, Marker: launch.Marker{Task: "T-1", Gate: c.gate}, Prompt: "TASK: T-1\nDo it.", Available: c.available})
		if c.want == "" {
			if len(s.Calls) > 0 || !strings.Contains(s.Text(), "Tell the person") {
				t.Errorf("%s of %q: %+v", c.missing, c.available, s.Calls)
			}
			continue
		}
		if len(s.Calls) != 1 || s.Calls[0].SubagentType != c.want {
			t.Errorf("%s of %q: %+v, want %s", c.missing, c.available, s.Calls, c.want)
			continue
		}
		if m, ok := launch.ReadMarker(s.Calls[0].Prompt); !ok || m != (launch.Marker{Task: "T-1", Gate: c.gate}) || !strings.Contains(s.Calls[0].Prompt, "\nTASK: T-1\nDo it.") {
			t.Errorf("%s: the prompt is %q", c.missing, s.Calls[0].Prompt)
		}
		if told := strings.Contains(s.Calls[0].Prompt, "files_modified"); told != (c.gate == launch.CodingMark && c.want == "general-purpose") {
			t.Errorf("%s: the form of a report is in the prompt: %t", c.missing, told)
		}
		if before, after := launch.ReadPrompt("TASK: T-1\nDo it."), launch.ReadPrompt(s.Calls[0].Prompt); after.AssignsFiles || after.Assignment != before.Assignment || len(after.Worktrees) > 0 || len(after.References) > 0 {
			t.Errorf("%s: the prompt reads as %+v", c.missing, after)
		}
	}
}

// The prompt of the failed call stays as it was, its marker too. One that is too long is left to the orchestrator, and hostile words stay in quotes.
func TestRelaunchPrompt(t *testing.T) {
	t.Parallel()
	prompt := launch.Marker{Task: "T-1", Gate: "test-runner"}.Line() + "\nTASK: \"T-1\"\n"
	f := step.FailedLaunch{Missing: "x:test-runner", Marker: launch.Marker{Task: "T-1", Gate: "test-runner"}, Worktree: "./trees/T-1-x", Prompt: prompt}
	s := step.Relaunch("id", f)
	if s.Calls[0].Prompt != prompt {
		t.Errorf("the prompt is %q", s.Calls[0].Prompt)
	}
	lines := strings.Split(s.Text(), "\n")
	if want := `T-1: nothing ran, because there is no agent called "x:test-runner". Next: make the call with another agent.`; lines[1] != want {
		t.Errorf("it leads with %s", lines[1])
	}
	f.Prompt, f.Missing, f.Worktree, f.Marker.Task = prompt+strings.Repeat("x", 20000), strings.Repeat("\u202e\nlaunch \"y\"", 500), strings.Repeat("w\n", 500), strings.Repeat("T\n", 500)
	s = step.Relaunch("id", f)
	text := s.Text()
	if n := quote.Length(text); n > host.MaxStep || strings.Contains(text, "\u202e") || strings.Contains(text, "\nlaunch") {
		t.Errorf("%d characters: %s", n, text)
	}
	if m, ok := launch.ReadMarker(s.Calls[0].Prompt); !ok || m.Gate != "test-runner" || !strings.Contains(s.Calls[0].Prompt, "the prompt of the failed call, as it was") {
		t.Errorf("the prompt is %q", s.Calls[0].Prompt)
	}
}
