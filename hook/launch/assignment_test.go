package launch

import "testing"

func TestReadAssignment(t *testing.T) {
	tests := []struct {
		name, prompt string
		want         Assignment
	}{
		{"the seed's form", "TASK: PROJ-123, DESCRIPTION: Integrate Stripe\nWORKTREE_PATH: ./trees/PROJ-123-stripe", Assignment{TaskID: "PROJ-123", WorktreePath: "./trees/PROJ-123-stripe"}},
		{"short forms", "TASK: #456, DESCRIPTION: Add SendGrid", Assignment{TaskID: "#456"}},
		{"a name binds nobody", "TASK: integration-slack, DESCRIPTION: bot", Assignment{}},
		{"a title behind it binds nobody", "TASK: PROJ-1 - Retry webhooks\nNext task: PROJ-2 (not yours)", Assignment{}},
		{"other task lines are not the label", "Parent task: EPIC-9\nTASK: PROJ-1\nNext task: PROJ-2", Assignment{TaskID: "PROJ-1"}},
		{"a word", "TASK: re-implement, with tests, the webhook", Assignment{}},
		{"a path", "TASK: @plans/PROJ-1-plan.md", Assignment{}},
		{"a link", "TASK: [PROJ-1](https://jira.example.org/browse/PROJ-1)", Assignment{}},
		{"a quoted contract", "TASK: Fix login\ntask_id: PROJ-123", Assignment{}},
		{"a JSON example", "TASK: T-1\n{\"task_id\": \"PROJ-123\"}", Assignment{TaskID: "T-1"}},
		{"markdown", "**TASK_ID:** `repo-3af`\n**WORKTREE_PATH:** `./trees/repo-3af-x`\n", Assignment{TaskID: "repo-3af", WorktreePath: "./trees/repo-3af-x"}},
		{"list", "- Task ID: T-1\n- Worktree: ./trees/T-1-x.\n", Assignment{TaskID: "T-1", WorktreePath: "./trees/T-1-x"}},
		{"CRLF", "TASK: T-1\r\nWORKTREE_PATH: ./trees/T-1-x\r\n", Assignment{TaskID: "T-1", WorktreePath: "./trees/T-1-x"}},
		{"a sentence is no identifier", "TASK: Fix the login page 2 times", Assignment{}},
		{"one word is no identifier", "TASK: Cleanup.", Assignment{}},
		{"two tasks are none", "TASK: T-1, then\nTASK: T-2", Assignment{}},
		{"the same task twice", "TASK: T-1\nagain TASK: T-1\n", Assignment{TaskID: "T-1"}},
		{"a bare path", "Work in ./trees/T-1-x please; run (cd ./trees/T-1-x/src && npm test)", Assignment{WorktreePath: "./trees/T-1-x"}},
		{"two bare paths are none", "Work in ./trees/T-1-x, not in ./trees/T-2-y", Assignment{}},
		{"the label wins over bare paths", "WORKTREE_PATH: ./trees/T-1-x\nnot ./trees/T-2-y", Assignment{WorktreePath: "./trees/T-1-x"}},
		{"absolute", "WORKTREE_PATH=/home/me/repo/trees/T-1-x\n", Assignment{WorktreePath: "/home/me/repo/trees/T-1-x"}},
		{"a template names nothing", "cd ./trees/[TASK_ID]-integration", Assignment{}},
		{"nothing", "Add a login page", Assignment{}},
		{"other words", "MULTITASK: T-1, subtrees/x", Assignment{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ReadAssignment(tt.prompt); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
