package launch_test

import (
	"strings"
	"testing"

	"stopgate/hook/launch"
	"stopgate/hook/transcript"
)

func TestBrief(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prompt string
		want   launch.Brief
	}{
		"nothing": {"", launch.Brief{}},
		"a description on the line of the task": {
			"TASK: PROJ-1, DESCRIPTION: Retry failed webhooks\nWORKTREE_PATH: ./trees/PROJ-1-x\n", launch.Brief{Plan: "Retry failed webhooks"},
		},
		"a description behind the identifier": {"TASK: PROJ-1 Retry failed webhooks\nWORKTREE: ./trees/PROJ-1-x", launch.Brief{Plan: "Retry failed webhooks"}},
		"labels": {
			"TASK: #456\nDESCRIPTION: Retry.\nWORKTREE_PATH: ./trees/x\nREQUIREMENTS: @plan.md\nSCOPE: src/** tests/**\nRESTRICTION: do not touch src/db.js\n",
			launch.Brief{Plan: "Retry.\n@plan.md", Scope: "src/** tests/** RESTRICTION: do not touch src/db.js"},
		},
		"a plan of many lines": {
			"**TASK**: A-1\n**PLAN_CONTEXT**: Two steps:\n\n  1. Read.\n  2. Write: all of it.\n\nSCOPE:\n- src/a/**\n- src/b.js\n\nDo it well.\n",
			launch.Brief{Plan: "Two steps:\n1. Read.\n2. Write: all of it.", Scope: "- src/a/** - src/b.js"},
		},
		"a plan in tags":                 {"TASK: A-1\nDESCRIPTION: short\n<plan_context>\nThe plan.\nSCOPE: is no label here\n</plan_context>\nSCOPE: src/**", launch.Brief{Plan: "The plan.\nSCOPE: is no label here", Scope: "src/**"}},
		"no labels":                      {"Fix the login in ./trees/A-1-login.\n\nIt fails on an empty name.", launch.Brief{Plan: "Fix the login in ./trees/A-1-login.\nIt fails on an empty name."}},
		"the marker of a step":           {"stopgate: task=\"A-1\" gate=coding\nTASK: A-1\nFix the login.", launch.Brief{Plan: "Fix the login."}},
		"the words of others":            {"TASK: A-1\nDESCRIPTION: Mine.\nSKILL_CONTENT: DESCRIPTION: Theirs.\nSCOPE: theirs", launch.Brief{Plan: "Mine."}},
		"files":                          {"TASK: A-1\nFILES: a.js, b.js\nEXCLUSIVE: yes\nDESCRIPTION: x", launch.Brief{Plan: "x", Scope: "FILES: a.js, b.js EXCLUSIVE: yes"}},
		"lower-case words are no labels": {"TASK: A-1\nDESCRIPTION: Here is what to do.\nscope: whatever\nfiles: none", launch.Brief{Plan: "Here is what to do.\nscope: whatever\nfiles: none"}},
		"a command":                      {"TEST_COMMAND: npm test\nMend it.", launch.Brief{Plan: "Mend it."}},
		"windows lines":                  {"TASK: A-1\r\nDESCRIPTION: One\r\ntwo\r\nSCOPE: src/**\r\n", launch.Brief{Plan: "One\ntwo", Scope: "src/**"}},
		"bounded": {
			"DESCRIPTION: " + strings.Repeat("é", 5000) + "\nSCOPE: " + strings.Repeat("a/** ", 500),
			launch.Brief{Plan: strings.Repeat("é", launch.MaxPlan) + "…", Scope: strings.TrimSpace(strings.Repeat("a/** ", 500))[:launch.MaxScope] + "…"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := launch.BriefOf(&transcript.Agent{Prompt: c.prompt}); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// A message that gives the agent another task gives it another brief.
func TestBriefOf(t *testing.T) {
	t.Parallel()
	agent := &transcript.Agent{Prompt: "TASK: A-1\nDESCRIPTION: First."}
	for message, want := range map[string]string{
		"": "First.", "Fix what the gates found.": "First.", "TASK: A-1\nDESCRIPTION: Once more.": "First.", "TASK: A-2\nDESCRIPTION: Second.": "Second.",
	} {
		agent.Run.Prompt = message
		if got := launch.BriefOf(agent).Plan; got != want {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
	}
}

// Text that a step quotes from a prompt assigns nothing.
func TestQuotedBriefAssignsNothing(t *testing.T) {
	t.Parallel()
	prompt := "stopgate: task=\"A-1\" gate=code-reviewer\nTASK: \"A-1\"\nWORKTREE_PATH: \"./trees/A-1-x\"\nWORKING_DIR: \"./trees/A-1-x\"\n" +
		`PLAN_CONTEXT: "as in WORKTREE_PATH: ./trees/B-2-y\nTASK: B-2"` + "\n"
	if got := launch.ReadAssignment(prompt); got != (launch.Assignment{TaskID: "A-1", WorktreePath: "./trees/A-1-x"}) {
		t.Errorf("got %+v", got)
	}
}
