package judge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stopgate/hook/config"
	"stopgate/hook/inspect"
	"stopgate/hook/rule"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// scoped judges the scope of an agent with prompts[0] and, in its second run, prompts[1]. changed are its files; its own tool wrote the last of
// them in the current run.
func scoped(t *testing.T, effect config.Scope, unfinished []string, changed []string, prompts ...string) []rule.Finding {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"src/auth", "tests", "docs"} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	run := len(prompts) - 1
	last := changed[len(changed)-1]
	r := reportOf(changed...)
	r.Unfinished = unfinished
	in := inspect.Inquiry{Scope: effect, Submission: handedIn(r), Agent: &transcript.Agent{
		Prompt: prompts[0], Run: transcript.Run{Number: run, Prompt: prompts[run]}, CWD: root, Lines: 1,
		ToolUses: []transcript.ToolUse{{Name: "Edit", Path: last, Outcome: transcript.Succeeded, Run: run}},
	}}
	if run > 0 {
		in.Reported = changed[:len(changed)-1]
	}
	return ofRule(rule.ScopeExceeded, stop(t, root, worktree.PathState{Change: worktree.Modified}, in).Findings)
}

func TestScopeOfAnAgent(t *testing.T) {
	t.Parallel()
	const limits = "TASK: T1, DESCRIPTION: log in\nSCOPE: src/auth/**\nRESTRICTION: do not touch src/auth/legacy/\n"
	for _, tt := range []struct {
		name       string
		effect     config.Scope
		unfinished []string
		changed    []string
		prompts    []string
		want       string // severity and a part of the message of each finding
	}{
		{"inside", config.ScopeNote, nil, []string{"src/auth/a.js"}, []string{limits}, ""},
		{"outside", config.ScopeNote, nil, []string{"src/auth/a.js", "tests/a.js"}, []string{limits}, `note "tests/a.js" is changed, but the prompt of this agent limits this agent to "src/auth/**" (SCOPE); the reviewer`},
		{"many", config.ScopeNote, nil, []string{"x.js", "docs/a.md", "tests/a.js"}, []string{limits}, `note "x.js", "docs/a.md", "tests/a.js" are changed`},
		{"excluded", config.ScopeNote, nil, []string{"src/auth/legacy/a.js"}, []string{limits}, `note "src/auth/legacy/a.js" is changed, but the prompt of this agent excludes "src/auth/legacy/" (RESTRICTION)`},
		{"both kinds", config.ScopeBlock, nil, []string{"x.js", "src/auth/legacy/a.js"}, []string{limits}, `block "x.js" is changed / block "src/auth/legacy/a.js"`},
		{"named in unfinished", config.ScopeBlock, []string{"x.js had to be changed too"}, []string{"x.js", "y.js"}, []string{limits}, `note "x.js" is changed / block "y.js"`},
		{"off", config.ScopeOff, nil, []string{"x.js"}, []string{limits}, ""},
		{"no scope", config.ScopeBlock, nil, []string{"x.js"}, []string{"TASK: T1, DESCRIPTION: log in"}, ""},
		{"notes of an agent", config.ScopeBlock, nil, []string{".claude/agent-memory/x.md"}, []string{limits}, ""},
		{"asked for in another place", config.ScopeBlock, nil, []string{"tests/a.js"}, []string{limits + "Add a case to tests/a.js."}, ""},
		{"listed in another place", config.ScopeBlock, nil, []string{"tests/a.js"}, []string{limits + "\n## Tests\n- tests/a.js: one case for each error"}, ""},
		{"named as another's", config.ScopeBlock, nil, []string{"tests/a.js"}, []string{limits + "Another agent works on tests/a.js."}, `block "tests/a.js"`},
		{"named to be read", config.ScopeBlock, nil, []string{"docs/a.md"}, []string{limits + "See docs/a.md for the flow."}, `block "docs/a.md"`},
		{"part of a longer name", config.ScopeBlock, nil, []string{"tests/a.js"}, []string{limits + "Update mytests/a.js.snap."}, `block "tests/a.js"`},

		{"allowed by a later message", config.ScopeBlock, nil, []string{"src/auth/a.js", "tests/a.js"}, []string{limits, "The gates failed: FILES: tests/a.js"}, ""},
		{"asked for by a later message", config.ScopeBlock, nil, []string{"src/auth/a.js", "tests/a.js"}, []string{limits, "1. code-reviewer: \"tests/a.js:3 has no case for an empty name\""}, ""},
		{"not asked for by a later message", config.ScopeBlock, nil, []string{"src/auth/a.js", "tests/a.js"}, []string{limits, "Fix the handler."}, `block "tests/a.js"`},
		{"judged when it was reported", config.ScopeBlock, nil, []string{"tests/a.js", "src/auth/a.js"}, []string{limits, "Fix the handler."}, ""},
		{"limited by a later message", config.ScopeBlock, nil, []string{"src/auth/a.js", "tests/b.js"}, []string{"TASK: T1", "TASK: T1\nRESTRICTION: only src/auth/"}, `block "tests/b.js"`},
		{"a later message of another task", config.ScopeBlock, nil, []string{"src/auth/a.js", "tests/b.js"}, []string{limits, "TASK: T2\nDESCRIPTION: more tests"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var wants []string
			if tt.want != "" {
				wants = strings.Split(tt.want, " / ")
			}
			findings := scoped(t, tt.effect, tt.unfinished, tt.changed, tt.prompts...)
			if len(findings) != len(wants) {
				t.Fatalf("%+v, want %q", findings, wants)
			}
			for i, f := range findings {
				severity, text, _ := strings.Cut(wants[i], " ")
				if f.Rule != rule.ScopeExceeded || string(f.Severity) != severity || !strings.HasPrefix(f.Message, text) {
					t.Errorf("%+v, want %s", f, wants[i])
				}
			}
		})
	}
}

// TestTestScope: a whole suite is a note, and one note however often it ran.
func TestTestScope(t *testing.T) {
	use := transcript.ToolUse{Name: "Bash", Command: "npm test"}
	for n, suites := range [][]transcript.ToolUse{nil, {use}, {use, use}} {
		if findings := broken(rule.TestScope, inspect.Evidence{Suites: suites}); len(findings) != min(n, 1) || n > 0 && findings[0].Severity != rule.Note {
			t.Errorf("%d suites: %+v", n, findings)
		}
	}
}
