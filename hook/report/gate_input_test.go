package report

import "testing"

// TestLacksInput: a gate need not say ERROR to say that it was given too little.
func TestLacksInput(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]bool{
		"Documentation task requires at minimum a task reference and working directory path.": true,
		"I need a task identifier and a worktree to start.":                                   true,
		"Please provide TEST_COMMAND and the working directory.":                              true,
		"The worktree was not given, nor the plan.":                                           true,
		"No worktree path is in the prompt; it is required.":                                  true,

		"The review requires no change: the plan and the scope are met.":        false,
		"Reviewed the task. A description of the branch is missing.":            false,
		"A test of the parser is missing.":                                      false,
		"src/plan.js requires a path and a context.":                            false,
		`{"gate_status": "FAIL", "blocking_issues": ["task and path missing"]}`: false,
		"": false,
	} {
		if got := LacksInput(message); (got != "") != want {
			t.Errorf("%q: %q", message, got)
		}
	}
}

// TestMissingInput: an input that a gate was not given is the orchestrator's matter; the gate's findings on the work are not.
func TestMissingInput(t *testing.T) {
	t.Parallel()
	for issue, want := range map[string]string{
		"ERROR: TEST_COMMAND required":                                                "TEST_COMMAND required",
		"**ERROR:** LINT_COMMAND required":                                            "LINT_COMMAND required",
		"error: PLAN_CONTEXT was not provided.":                                       "PLAN_CONTEXT was not provided.",
		"ERROR: Working directory required (e.g., .claude/worktrees/PROJ-1-security)": "Working directory required (e.g., .claude/worktrees/PROJ-1-security)",
		"ERROR: Need task identifier":                                                 "Need task identifier",
		"ERROR: No TEST_COMMAND given":                                                "No TEST_COMMAND given",
		"ERROR: TEST_COMMAND is empty":                                                "TEST_COMMAND is empty",
		"ERROR: COVERAGE_THRESHOLD unset":                                             "COVERAGE_THRESHOLD unset",
		"ERROR: cannot start without TEST_COMMAND":                                    "cannot start without TEST_COMMAND",
		"ERROR: Provide scope and concerns — what system, what risks matter most?":    "Provide scope and concerns — what system, what risks matter most?",
		"ERROR: Provide the files to review and system context":                       "Provide the files to review and system context",
		"TEST_COMMAND required":                                                       "TEST_COMMAND required",
		"Missing required input: `PLAN_CONTEXT`":                                      "Missing required input: `PLAN_CONTEXT`",
		"TASK is missing.":                                                            "TASK is missing.",

		"ERROR: npm test exited with 1":                                 "",
		"ERROR: the linter is not available":                            "",
		"ERROR: 3 tests fail":                                           "",
		"ERROR: coverage is 71, below COVERAGE_THRESHOLD 80":            "",
		"TypeError: argument required in src/a.js":                      "",
		"The variable DATABASE_URL is required by src/db.js":            "",
		"STRIPE_KEY is read without a check in src/pay.js":              "",
		"ERROR: STRIPE_KEY is required and never checked in src/pay.js": "",
		"TEST_COMMAND failed":                                           "",
		"A test for the missing TASK label is required in parser.go":    "",
		"": "",
	} {
		if got := missingIssue(issue); got != want {
			t.Errorf("%q: %q, want %q", issue, got, want)
		}
	}
}
