package conduct_test

import (
	"strings"
	"testing"

	"stopgate/hook/conduct"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/trace"
)

// launchFacts returns the facts of a launch with only good worktrees and existing files.
func launchFacts(l launch.Prompt) conduct.LaunchFacts {
	return conduct.LaunchFacts{AgentType: "stopgate:integration-engineer", Sites: make([]site.Site, len(l.Worktrees))}
}

func rules(findings []rule.Finding) string {
	var list []string
	for _, f := range findings {
		list = append(list, string(f.Rule))
	}
	return strings.Join(list, " ")
}

// Examples in the errors.
const (
	taskExample         = "TASK: PROJ-123, DESCRIPTION: Integrate Stripe payment webhooks with retry logic"
	worktreeExample     = "WORKTREE_PATH: ./trees/PROJ-123-integration"
	requirementsExample = "DESCRIPTION: verify the signature of each Stripe webhook, answer 202, retry failed deliveries; or name a file that exists, @docs/plan.md"
)

const inWorktree = "\nWORKTREE_PATH: ./trees/PROJ-123-integration"

// The seed's lists, "TASK Identifier + DESCRIPTION", letter for letter.
func TestLaunchOfTheSeed(t *testing.T) {
	for _, prompt := range []string{
		"TASK: PROJ-123, DESCRIPTION: Integrate Stripe payment webhooks with retry logic",
		"TASK: repo-a3f, DESCRIPTION: Implement GitHub OAuth2 with token refresh",
		"TASK: #456, DESCRIPTION: Add SendGrid email API integration",
		"TASK: integration-slack, DESCRIPTION: Build Slack bot with interactive messages",
	} {
		l := launch.ReadPrompt(prompt + inWorktree)
		if findings := conduct.Launch(l, launchFacts(l)); len(findings) > 0 {
			t.Errorf("valid in the seed, refused: %q: %v", prompt, findings)
		}
		l = launch.ReadPrompt(prompt)
		if got := rules(conduct.Launch(l, launchFacts(l))); got != string(rule.LaunchWorktree) {
			t.Errorf("without a worktree: %q: %q", prompt, got)
		}
	}
	for prompt, says := range map[string]string{
		"TASK: PROJ-123":               `the prompt names the task "PROJ-123" but does not describe it`,
		"DESCRIPTION: add integration": `the only description in the prompt is "add integration"`,
	} {
		l := launch.ReadPrompt(prompt + inWorktree)
		findings := conduct.Launch(l, launchFacts(l))
		if rules(findings) != string(rule.LaunchTask) || findings[0].Severity != rule.Block || !strings.Contains(findings[0].Message, says) {
			t.Errorf("invalid in the seed: %q: %+v, want %s", prompt, findings, says)
		}
	}
}

// The seed's errors, "Pre-Work Validation" 1 to 3, letter for letter, each with an example that passes itself.
func TestLaunchErrors(t *testing.T) {
	tests := []struct {
		prompt string
		rule   rule.Name
		says   []string
	}{
		{"TASK: PROJ-123" + inWorktree, rule.LaunchTask, []string{
			"ERROR: Need task identifier with description OR detailed integration description", "write for example " + taskExample,
		}},
		{taskExample, rule.LaunchWorktree, []string{
			"ERROR: Worktree path required (e.g., ./trees/PROJ-123-integration)", "write for example " + worktreeExample,
		}},
		{"TASK: PROJ-123, DESCRIPTION: see @plan.md" + inWorktree, rule.LaunchRequirements, []string{
			"ERROR: Integration requirements required (provide API specs, authentication flow, data flow)", `"plan.md", which does not exist`, "write for example " + requirementsExample,
		}},
	}
	for _, tt := range tests {
		l := launch.ReadPrompt(tt.prompt)
		facts := launchFacts(l)
		facts.Missing = l.References
		findings := conduct.Launch(l, facts)
		if rules(findings) != string(tt.rule) {
			t.Errorf("%q: %v, want %s", tt.prompt, findings, tt.rule)
			continue
		}
		for _, says := range tt.says {
			if !strings.Contains(findings[0].Message, says) {
				t.Errorf("%q: %s\nwithout %q", tt.prompt, findings[0].Message, says)
			}
		}
	}
	l := launch.ReadPrompt(strings.Join([]string{taskExample, worktreeExample, requirementsExample}, "\n"))
	if findings := conduct.Launch(l, launchFacts(l)); len(findings) > 0 {
		t.Errorf("the examples together: %v", findings)
	}
}

func TestLaunchDescriptions(t *testing.T) {
	const path = " in ./trees/T-1-login"
	tests := []struct {
		name, prompt string
		missing      bool // what it refers to does not exist
		want         string
	}{
		{"free text", "Fix the redirect loop after login" + path, false, ""},
		{"the description behind the task label", "TASK: Fix the redirect loop after login" + inWorktree, false, ""},
		{"a title behind the identifier", "TASK: PROJ-1 - Retry webhooks\nWork" + path, false, ""},
		{"a sprint and no ticket", "TASK: sprint-5-auth, DESCRIPTION: Refresh OAuth tokens" + inWorktree, false, ""},
		{"markdown over many lines", "# PROJ-1: login\n\n## Goal\n\nUsers stay signed in.\n\n- [ ] refresh tokens\n- [ ] `POST /session`\n\n**Worktree:** `./trees/PROJ-1-login`\n", false, ""},
		{"a ticket with acceptance criteria", "TASK: PROJ-123\nAcceptance criteria:\n- Given an expired token, when the client calls, then it is refreshed" + inWorktree, false, ""},
		{"the ticket's own acceptance criteria", "TASK: PROJ-123, use the ticket's acceptance criteria" + inWorktree, false, ""},
		{"a plan file", "TASK: PROJ-123, DESCRIPTION: @plan.md" + inWorktree, false, ""},
		{"a plan file without a mark", "Follow the plan in docs/plans/PROJ-123.md" + path, false, ""},
		{"a plan file and nothing else", "@docs/plan.md" + inWorktree, false, ""},
		{"a link", "TASK: PROJ-123, see https://jira.example.org/browse/PROJ-123" + inWorktree, false, ""},
		{"upper-case label and CRLF", "task: PROJ-123\r\ndescription: Sign outgoing webhooks\r\n" + inWorktree + "\r\n", false, ""},
		{"one line", "TASK: T1 WORKTREE_PATH: ./trees/T1-login DESCRIPTION: Keep users signed in", false, ""},
		{"Chinese", "任务: 集成支付网关回调" + path, false, ""},
		{"Japanese", "決済の再試行を追加" + path, false, ""},
		{"Russian", "Добавить повторные попытки" + path, false, ""},
		{"a short thing that says something", "Add a CSV export" + path, false, ""},
		{"a technical name", "Support UTF-8" + path, false, ""},
		{"a plan that is gone, described all the same", "Sign the webhooks as in @plan.md" + inWorktree, true, ""},
		{"JSON", `{"task": "PROJ-1", "description": "retry failed webhooks", "worktree": "./trees/PROJ-1-x"}`, false, ""},

		{"a brief with its bounds", "TASK: repo-a3f\nWORKTREE: .claude/worktrees/repo-a3f-oauth\nBRIEF: Let people log in with a provider\nSCOPE: src/auth/** tests/auth/**\nRESTRICTION: Do NOT modify the billing module", false, ""},
		{"requirements", "TASK: stripe-webhook-retries\nWORKING_DIR: ./trees/retries\nREQUIREMENTS: retry failed deliveries", false, ""},
		{"a plan's context", "TASK: #456\nWORKTREE_PATH: ./trees/456-x\nPLAN_CONTEXT: mails are sent once", false, ""},

		{"bounds alone", "TASK: repo-a3f\nWORKTREE: .claude/worktrees/repo-a3f-oauth\nSCOPE: src/auth/** tests/auth/**\nRESTRICTION: Do NOT modify the billing module\nTEST_COMMAND: npm test", false, "launch-task"},
		{"an empty brief", "**TASK:** stripe-webhook-retries\n**WORKTREE:** .claude/worktrees/x\n**BRIEF:**\n**FILES:** src/a.js", false, "launch-task"},
		{"nothing", "", false, "launch-task launch-worktree"},
		{"white space", " \n\t ", false, "launch-task launch-worktree"},
		{"an identifier of any format", "TASK: integration-slack" + inWorktree, false, "launch-task"},
		{"an identifier in markdown", "**TASK_ID:** `PROJ-123`" + inWorktree, false, "launch-task"},
		{"an identifier without a label", "Work on PROJ-123" + path, false, "launch-task"},
		{"an empty description", "TASK: PROJ-123, DESCRIPTION: " + inWorktree, false, "launch-task"},
		{"ten characters", "DESCRIPTION: Add Stripe" + inWorktree, false, "launch-task"},
		{"eleven characters", "DESCRIPTION: Add Stripe2" + inWorktree, false, ""},
		{"generic words", "Please implement the new feature and fix all the bugs" + path, false, "launch-task"},
		{"marks", "DESCRIPTION: ---- ???? .... !!!!" + inWorktree, false, "launch-task"},
		{"only the worktree", inWorktree, false, "launch-task"},
		{"a plan that is gone", "TASK: PROJ-123\nFollow the plan in @docs/plan.md" + inWorktree, true, "launch-requirements"},
		{"a plan that is gone, in plain words", "Implement docs/plan.md" + path, true, "launch-requirements"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := launch.ReadPrompt(tt.prompt)
			facts := launchFacts(l)
			if tt.missing {
				facts.Missing = l.References
			}
			if got := rules(conduct.Launch(l, facts)); got != tt.want {
				t.Errorf("%q, want %q; read as %+v", got, tt.want, l)
			}
		})
	}
}

func TestLaunchWorktrees(t *testing.T) {
	const task = "TASK: PROJ-1, DESCRIPTION: Retry failed webhooks\n"
	busy := []trace.OtherAgent{{AgentID: "a1", AgentType: "dev:bug-fixer"}}
	tests := []struct {
		name, prompt string
		sites        []site.Problem
		occupants    []trace.OtherAgent
		want         rule.Severity // "" for none
		says         string
	}{
		{"labelled", "WORKTREE_PATH: ./trees/PROJ-1-x", []site.Problem{site.Found}, nil, "", ""},
		{"in prose", "Work in ./trees/PROJ-1-x.", []site.Problem{site.Found}, nil, "", ""},
		{"a label in prose", "Worktree: use ./trees/PROJ-1-x", []site.Problem{site.Found}, nil, "", ""},
		{"absolute", "WORKTREE_PATH: /repo/trees/PROJ-1-x", []site.Problem{site.Found}, nil, "", ""},
		{"one of two", "Work in ./trees/PROJ-1-x, not in ./trees/PROJ-2-y", []site.Problem{site.Absent, site.Found}, nil, "", ""},
		{"either of two", "Work in ./trees/PROJ-1-x, not in ./trees/PROJ-2-y", []site.Problem{site.Found, site.Found}, busy, "", ""},
		{"not looked for", "Work in ./trees/PROJ-1-x", nil, nil, "", ""},
		{"no repository", "WORKTREE_PATH: ./trees/PROJ-1-x", []site.Problem{site.NoRepository}, nil, rule.Note, "is not in a git repository"},

		{"none", "", nil, nil, rule.Block, "the prompt names none"},
		{"unreadable", "WORKTREE_PATH: ./trees/PROJ-1-x", []site.Problem{site.Unreadable}, nil, rule.Block, "cannot be used: \"./wt/\"; if a folder was moved, run git worktree repair ./trees/PROJ-1-x in the main worktree"},
		{"a word", "Worktree: none", nil, nil, rule.Block, "the prompt names none"},
		{"absent", "WORKTREE_PATH: ./trees/PROJ-1-x", []site.Problem{site.Absent}, nil, rule.Block, `names "./trees/PROJ-1-x", but no such directory exists`},
		{"a template", "WORKTREE_PATH: ./trees/[TASK_ID]-integration", []site.Problem{site.Absent}, nil, rule.Block, "no such directory exists"},
		{"a folder of one", "WORKTREE_PATH: ./trees/PROJ-1-x/web", []site.Problem{site.NotTop}, nil, rule.Block, `that is a folder in the worktree "./wt/"; name that`},
		{"of another repository", "WORKTREE_PATH: ./trees/PROJ-1-x", []site.Problem{site.OtherRepository}, nil, rule.Block, "another repository"},
		{"a dot", "WORKTREE_PATH: ./", []site.Problem{site.Main}, nil, rule.Block, "the main worktree, where no coding agent works"},
		{"a dot where the main worktree is allowed", "WORKING_DIR: .", []site.Problem{site.Found}, nil, "", ""},
		{"the main one", "WORKTREE_PATH: /home/me/repo", []site.Problem{site.Main}, nil, rule.Block, "main worktree"},
		{"elsewhere", "WORKTREE_PATH: ../other/PROJ-1-x", []site.Problem{site.OutsideTrees}, nil, rule.Block, `worktrees stand under ./wt/; move it there with git worktree move, or name another; for one elsewhere, the person can set worktrees.anywhere to true`},

		{"in use", "WORKTREE_PATH: ./trees/PROJ-1-x", []site.Problem{site.Found}, busy, rule.Block, `where "dev:bug-fixer" (agent "a1") is at work`},
		{"in use, in a prompt that names a file", "WORKTREE_PATH: ./trees/PROJ-1-x\nThe retries are in src/retry.js.", []site.Problem{site.Found}, busy, rule.Block, "is at work"},
		{"in use, files assigned by a label", "WORKTREE_PATH: ./trees/PROJ-1-x\nFILES: src/retry.js", []site.Problem{site.Found}, busy, "", ""},
		{"in use, files assigned by a list", "WORKTREE_PATH: ./trees/PROJ-1-x\n## Assigned files:\n- src/retry.js\n- src/queue.js", []site.Problem{site.Found}, busy, "", ""},
		{"in use, files assigned in prose", "WORKTREE_PATH: ./trees/PROJ-1-x\nEdit only src/retry.js and its test.", []site.Problem{site.Found}, busy, "", ""},
		{"in use, files assigned by exclusion", "WORKTREE_PATH: ./trees/PROJ-1-x\nDo not touch src/api/**.", []site.Problem{site.Found}, busy, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := launch.ReadPrompt(task + tt.prompt)
			if tt.sites != nil && len(l.Worktrees) != len(tt.sites) {
				t.Fatalf("reads %q", l.Worktrees)
			}
			facts := conduct.LaunchFacts{Occupants: tt.occupants}
			for _, p := range tt.sites {
				facts.Sites = append(facts.Sites, site.Site{Problem: p, Detail: "./wt/"})
			}
			findings := conduct.Launch(l, facts)
			if tt.want == "" {
				if len(findings) > 0 {
					t.Errorf("refused: %v", findings)
				}
				return
			}
			if rules(findings) != string(rule.LaunchWorktree) || findings[0].Severity != tt.want || !strings.Contains(findings[0].Message, tt.says) {
				t.Errorf("%+v, want %s with %q", findings, tt.want, tt.says)
			}
		})
	}
}

// Few names in a prompt are looked up on disk, whatever the prompt is.
func TestLaunchIsBounded(t *testing.T) {
	var prompt strings.Builder
	for i := range 200_000 {
		prompt.WriteString("./trees/x")
		prompt.WriteString(strings.Repeat("y", i%50))
		prompt.WriteString(" @")
		prompt.WriteString(strings.Repeat("z", i%50))
		prompt.WriteString(".md \x00\xff\x1b[31m\n")
	}
	l := launch.ReadPrompt(prompt.String())
	if len(l.Worktrees) != launch.MaxNamed || len(l.References) != launch.MaxNamed {
		t.Errorf("%d worktrees and %d references", len(l.Worktrees), len(l.References))
	}
	for _, prompt := range []string{"DESCRIPTION: " + strings.Repeat("fix \x1b[31m ", 10_000), "TASK: " + strings.Repeat("9", 10_000), "@" + strings.Repeat("a", 10_000) + ".md"} {
		l := launch.ReadPrompt(prompt + inWorktree)
		for _, f := range conduct.Launch(l, conduct.LaunchFacts{Sites: []site.Site{{}}, Missing: l.References}) {
			if quote.Length(f.Message) > 1000 || f.Message != quote.Line(f.Message) {
				t.Errorf("not one bounded line: %q", f.Message)
			}
		}
	}
}

// TestLaunchSpeaksOfTheAgentsWork: each kind of coding agent is asked for its own kind of requirement.
func TestLaunchSpeaksOfTheAgentsWork(t *testing.T) {
	t.Parallel()
	for agentType, want := range map[string]string{
		"integration-engineer":     "integration",
		"reaper:feature-developer": "feature",
		"bug-fixer":                "bug",
		"x:refactoring-dev":        "refactoring",
		"my-coder":                 "task",
	} {
		bare := launch.ReadPrompt("TASK: PROJ-1" + inWorktree)
		missing := launch.ReadPrompt("TASK: PROJ-1, DESCRIPTION: see @plan.md" + inWorktree)
		for _, findings := range [][]rule.Finding{
			conduct.Launch(bare, conduct.LaunchFacts{AgentType: agentType}),
			conduct.Launch(missing, conduct.LaunchFacts{AgentType: agentType, Missing: missing.References}),
		} {
			text := findings[0].Message
			if len(findings) != 1 || want != "task" && !strings.Contains(strings.ToLower(text), want) || want != "integration" && strings.Contains(strings.ToLower(text), "integrat") {
				t.Errorf("%s: %v", agentType, findings)
			}
		}
	}
}
