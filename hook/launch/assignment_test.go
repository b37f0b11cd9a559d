package launch

import (
	"strings"
	"testing"
)

func TestReadAssignment(t *testing.T) {
	tests := []struct {
		name, prompt string
		want         Assignment
	}{
		{"the seed's form", "TASK: PROJ-123, DESCRIPTION: Integrate Stripe\nWORKTREE_PATH: ./trees/PROJ-123-stripe", Assignment{TaskID: "PROJ-123", WorktreePath: "./trees/PROJ-123-stripe"}},
		{"a path with spaces", "TASK: T-1\nWORKTREE_PATH: /home/me/my own projects/shop/.claude/worktrees/T-1-x on branch feature/x", Assignment{TaskID: "T-1", WorktreePath: "/home/me/my own projects/shop/.claude/worktrees/T-1-x"}},
		{"a path with spaces, in one line", "TASK: T-1, WORKTREE: C:/My Code/shop/trees/T-1-x, FILES: a b/trees/c", Assignment{TaskID: "T-1", WorktreePath: "C:/My Code/shop/trees/T-1-x"}},
		{"a path with a number in brackets", "TASK: T-1\nWORKTREE_PATH: /home/me/My Projects (2)/shop/trees/T-1-x (made for you)", Assignment{TaskID: "T-1", WorktreePath: "/home/me/My Projects (2)/shop/trees/T-1-x"}},
		{"a path of Windows", `TASK: T-1, WORKTREE_PATH: C:\Program Files (x86)\My Code\shop\trees\T-1-x on branch a/trees/b`, Assignment{TaskID: "T-1", WorktreePath: `C:\Program Files (x86)\My Code\shop\trees\T-1-x`}},
		{"a short path of Windows", `TASK: T-1, WORKTREE_PATH: .\trees\T-1-x on branch a/trees/b`, Assignment{TaskID: "T-1", WorktreePath: `.\trees\T-1-x`}},
		{"a remark in brackets", "TASK: T-1\nWORKTREE_PATH: ./wt/T-1 (see trees/T-9)", Assignment{TaskID: "T-1", WorktreePath: "./wt/T-1"}},
		{"a path with spaces in quotes", "TASK: T-1\nWORKTREE: `/srv/my shop/wt/T 1`", Assignment{TaskID: "T-1", WorktreePath: "/srv/my shop/wt/T 1"}},
		{"a path and more words", "WORKTREE: /srv/wt/T-1 for the work in trees/T-2 and later ./trees/T-3", Assignment{WorktreePath: "/srv/wt/T-1"}},
		{"a path and another", "WORKTREE: /srv/wt/T-1 (see /home/me/shop/trees/T-2)", Assignment{WorktreePath: "/srv/wt/T-1"}},
		{"a JSON object", `{"task_id": "PROJ-1", "worktree_path": "./trees/PROJ-1-x", "description": "Retry. Then see ./trees/PROJ-2-y"}`, Assignment{TaskID: "PROJ-1", WorktreePath: "./trees/PROJ-1-x"}},
		{"a JSON object in a block, in other words", "```json\n{\n  \"taskId\": \"PROJ-1\",\n  \"worktree\": \"./trees/PROJ-1-x\"\n}\n```\n", Assignment{TaskID: "PROJ-1", WorktreePath: "./trees/PROJ-1-x"}},
		{"a JSON object with two tasks", `{"task": "PROJ-1", "task": "PROJ-2"}`, Assignment{}},
		{"an example of a report", "Do it in ./trees/PROJ-1-x and answer with\n{\"task_id\": \"PROJ-9\", \"worktree_path\": \"./trees/PROJ-1-x\"}", Assignment{WorktreePath: "./trees/PROJ-1-x"}},
		{"a path deep in a JSON object", `{"assignment": {"path": "./trees/PROJ-1-x"}}`, Assignment{WorktreePath: "./trees/PROJ-1-x"}},
		{"broken JSON", `{"task_id": "PROJ-1", `, Assignment{}},
		{"short forms", "TASK: #456, DESCRIPTION: Add SendGrid", Assignment{TaskID: "#456"}},
		{"a name", "TASK: integration-slack, DESCRIPTION: bot", Assignment{TaskID: "integration-slack"}},
		{"a title behind it", "TASK: PROJ-1 - Retry webhooks\nNext task: PROJ-2 (not yours)", Assignment{TaskID: "PROJ-1"}},
		{"a title behind a colon", "TASK: PROJ-1: Retry webhooks", Assignment{TaskID: "PROJ-1"}},
		{"a name without digits", "TASK: stripe-webhook-retries\nWORKTREE: .claude/worktrees/stripe-webhook-retries-work\nBRIEF: Retry them", Assignment{TaskID: "stripe-webhook-retries", WorktreePath: ".claude/worktrees/stripe-webhook-retries-work"}},
		{"a name in markdown", "- **Task:** `stripe-webhook-retries`", Assignment{TaskID: "stripe-webhook-retries"}},
		{"one plain word", "TASK: login\nWORKING_DIR: ./trees/login", Assignment{TaskID: "login", WorktreePath: "./trees/login"}},
		{"letters of others", "TASK: ödenmə-3\n", Assignment{TaskID: "ödenmə-3"}},
		{"beads", "TASK: repo-a3f\n", Assignment{TaskID: "repo-a3f"}},
		{"a child of beads", "TASK: reaper-3gv.1\nWORKTREE: /srv/app/.claude/worktrees/agent-a1b2\n", Assignment{TaskID: "reaper-3gv.1", WorktreePath: "/srv/app/.claude/worktrees/agent-a1b2"}},
		{"an issue of a repository", "task: acme/shop#45, description: x", Assignment{TaskID: "acme/shop#45"}},
		{"a sprint", "TASK: sprint-5-auth; BRIEF: log in", Assignment{TaskID: "sprint-5-auth"}},
		{"a plan's context alone", "Invoke the review skill.\n\n<plan_context>\ntask: stripe-webhook-retries\nplanfile: .claude/plans/x.md\n</plan_context>", Assignment{TaskID: "stripe-webhook-retries"}},
		{"a plan with tasks of its own", "TASK: PROJ-7-a\nPLAN_CONTEXT: # Plan\n**Task**: PROJ-9\n- Task: PROJ-10\n", Assignment{TaskID: "PROJ-7-a"}},
		{"a skill's text", "TASK: PROJ-7\nWORKTREE: ./trees/a\nSKILL_CONTENT: # Skill\nTASK: PROJ-1\nWORKTREE: ./trees/b", Assignment{TaskID: "PROJ-7", WorktreePath: "./trees/a"}},
		{"an identifier beside a title", "TASK: Retry the webhooks\nTASK_ID: PROJ-4\n", Assignment{TaskID: "PROJ-4"}},
		{"the folder of all worktrees is none", "TASK: PROJ-4\nWORKTREE_BASE_PATH: .claude/worktrees\nTREE_FLAG: FLAT_TREE", Assignment{TaskID: "PROJ-4"}},
		{"two labelled worktrees are none", "Agent worktree: /r/.claude/worktrees/agent-1\nSession worktree: .claude/worktrees/PROJ-4-work", Assignment{}},
		{"the main worktree", "WORKTREE_PATH: .\nTASK: PROJ-4", Assignment{TaskID: "PROJ-4", WorktreePath: "."}},
		{"a placeholder", "TASK: [task-id]\nWORKTREE: ", Assignment{}},
		{"a variable", "TASK: $TASK_ID", Assignment{}},
		{"other task lines are not the label", "Parent task: EPIC-9\nTASK: PROJ-1\nNext task: PROJ-2", Assignment{TaskID: "PROJ-1"}},
		{"a word", "TASK: re-implement, with tests, the webhook", Assignment{}},
		{"a path", "TASK: @plans/PROJ-1-plan.md", Assignment{}},
		{"a link", "TASK: [PROJ-1](https://jira.example.org/browse/PROJ-1)", Assignment{TaskID: "PROJ-1"}},
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
		{"a table", "| Field | Value |\n|---|---|\n| **TASK** | ENG-9/api |\n| Worktree path | `trees/eng 9` |\n", Assignment{TaskID: "ENG-9/api", WorktreePath: "trees/eng 9"}},
		{"the heading of a table", "| Task | Owner |\n|:---|---|\n| login | me |\n", Assignment{}},
		{"dashes", "1. TASK — #812\n2) WORKTREE_PATH - .claude/worktrees/fix-812\n", Assignment{TaskID: "#812", WorktreePath: ".claude/worktrees/fix-812"}},
		{"a word and a dash", "Task - clean up the login\n", Assignment{}},
		{"headings", "### Task\nLIN-404\n\n## Working directory:\n\n`/srv/repo/.worktrees/lin-404`\n", Assignment{TaskID: "LIN-404", WorktreePath: "/srv/repo/.worktrees/lin-404"}},
		{"a heading and a sentence", "## Task\nLet people log in again\n\n# Worktree\n## Rules\n", Assignment{}},
		{"boxes", "- [ ] TASK: infra_12\n- [x] Worktree Path: `trees/infra_12`;\n", Assignment{TaskID: "infra_12", WorktreePath: "trees/infra_12"}},
		{"elements", "<task>PAY.3</task>\n<worktree_path>./trees/pay.3</worktree_path>\n", Assignment{TaskID: "PAY.3", WorktreePath: "./trees/pay.3"}},
		{"pictures", "🎯 TASK: T-10\n📁 **WORKTREE:** ./trees/T-10\n", Assignment{TaskID: "T-10", WorktreePath: "./trees/T-10"}},
		{"a link as path", "Task ID: `auth.refresh` (child of `auth`)\nWorktree: [trees/auth](trees/auth)\n", Assignment{TaskID: "auth.refresh", WorktreePath: "trees/auth"}},
		{"a quotation", "> 1. task: gh-77\n> 2. worktree: ./trees/gh-77.\n", Assignment{TaskID: "gh-77", WorktreePath: "./trees/gh-77"}},
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

// TestMergesInto: the branch that a merge is asked for needs the person's word; one that is forbidden needs none.
func TestMergesInto(t *testing.T) {
	t.Parallel()
	for prompt, want := range map[string]string{
		"Merge feature/x into main.":                                                              "main",
		"DESCRIPTION: merge the feature branch to `develop`":                                      "develop",
		"Do not push. Then merge it into the main branch":                                         "main",
		"Do not wait, merge into main":                                                            "main",
		"Commit it. Do not merge it into the main branch, and push nothing.":                      "",
		"Don't merge to main yet":                                                                 "",
		"Commit without merging; never merge into develop":                                        "",
		"Fast-forward the branch of the session's worktree to that commit (git merge --ff-only)":  "",
		"Do not merge into main. Fast-forward merge the agent branch into feature/x when it fits": "feature/x",
	} {
		if got := strings.Join(MergesInto(prompt), " "); got != want {
			t.Errorf("%s: %q, want %q", prompt, got, want)
		}
	}
}
