package judge

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/config"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// scoped judges the scope of an agent that was asked prompts[0] and, in its second run, prompts[1]. changed are its files, the last of which
// its own tool wrote in the current run.
func scoped(t *testing.T, effect config.Scope, unfinished []string, changed []string, prompts ...string) []rule.Finding {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"src/auth", "tests", "docs"} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	run := len(prompts) - 1
	in := Inquiry{Scope: effect, Agent: &transcript.Agent{Prompt: prompts[0], Run: transcript.Run{Number: run, Prompt: prompts[run]}}}
	c := Evidence{Site: site.Site{Place: worktree.Place{Root: root}}, roots: []string{root, "./trees/T1"}, unfinished: unfinished}
	for _, name := range changed {
		c.Files = append(c.Files, File{Path: name, Claimed: true, Change: worktree.Modified, Proof: ByGit})
	}
	c.Edits = []trace.Edit{{Path: changed[len(changed)-1], Run: run}}
	if run > 0 {
		in.Reported = changed[:len(changed)-1]
	}
	c.scope = lookAtScope(in, c)
	return verifyScope(c)
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

// TestOwners: a file that is one agent's by its prompt and another's by its change is a conflict if both were at work.
func TestOwners(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC) }
	const mine, theirs = "FILES: a.js", "EXCLUSIVE: b.js"
	for _, tt := range []struct {
		name             string
		mine, theirs     string
		touched, edited  []string // of the judged agent; what it edited by a tool, at minute 5
		files            []string // of the other
		began, ended     int      // of the other; ended 0: it runs
		earlier, foreign bool
		want             string
	}{
		{"an edit of another's file", mine, theirs, []string{"b.js"}, []string{"b.js"}, nil, 4, 0, false, false, "b.js mine"},
		{"before the other began", mine, theirs, []string{"b.js"}, []string{"b.js"}, nil, 6, 0, false, false, ""},
		{"after the other ended", mine, theirs, []string{"b.js"}, []string{"b.js"}, nil, 2, 3, false, false, ""},
		{"before the other ended", mine, theirs, []string{"b.js"}, []string{"b.js"}, nil, 2, 7, false, false, "b.js mine"},
		{"by a command, beside it all the time", mine, theirs, []string{"b.js"}, nil, nil, 0, 0, false, false, "b.js mine"},
		{"by a command, some time", mine, theirs, []string{"b.js"}, nil, nil, 4, 0, false, false, ""},
		{"without a scope of its own", "TASK: T1", theirs, []string{"b.js"}, []string{"b.js"}, nil, 4, 0, false, false, "b.js mine"},
		{"named by both", "FILES: a.js, b.js", theirs, []string{"b.js"}, []string{"b.js"}, nil, 4, 0, false, false, ""},
		{"only in the other's scope", mine, "SCOPE: b.js", []string{"b.js"}, []string{"b.js"}, nil, 4, 0, false, false, ""},
		{"not certain to be the other's", mine, "FILES: b.js and related files", []string{"b.js"}, []string{"b.js"}, nil, 4, 0, false, false, ""},
		{"its own file, changed by the other", mine, theirs, nil, nil, []string{"a.js"}, 4, 0, false, false, "a.js theirs"},
		{"changed by both", mine, theirs, []string{"b.js"}, []string{"b.js"}, []string{"b.js"}, 4, 0, false, false, ""},
		{"of an earlier run", mine, theirs, []string{"b.js"}, []string{"b.js"}, nil, 4, 0, true, false, ""},
		{"of no coding agent", mine, theirs, []string{"b.js"}, []string{"b.js"}, nil, 4, 0, false, true, ""},
		{"nothing of the other's", mine, theirs, []string{"a.js"}, []string{"a.js"}, []string{"b.js"}, 4, 0, false, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			other := &transcript.Agent{Prompt: tt.theirs, Run: transcript.Run{Time: at(tt.began)}, Replies: []transcript.Reply{{Time: at(tt.ended)}}}
			in := Inquiry{Agent: &transcript.Agent{Prompt: tt.mine, Run: transcript.Run{Time: at(1)}}}
			if !tt.foreign {
				in.Coders = []OtherCoder{{AgentID: "o1"}}
			}
			c := Evidence{Site: site.Site{Place: worktree.Place{Root: t.TempDir()}}, roots: []string{"./trees/T1"}}
			c.Others = []trace.OtherAgent{{AgentID: "o1", Running: tt.ended == 0, Earlier: tt.earlier, Files: tt.files}}
			for _, name := range tt.touched {
				c.Files = append(c.Files, File{Path: name, Claimed: true, Change: worktree.Modified, Proof: ByGit})
			}
			for _, name := range tt.edited {
				c.Edits = append(c.Edits, trace.Edit{Path: name, Time: at(5)})
			}
			c.trespasses = lookAtOwners(t.Context(), oneAgent{other: other}, in, c)
			got := ""
			for _, tr := range c.trespasses {
				got += tr.path + map[bool]string{true: " theirs", false: " mine"}[tr.byOther]
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// oneAgent is a witness of a session with one other agent.
type oneAgent struct {
	noWitness
	other *transcript.Agent
}

func (o oneAgent) Agent(context.Context, string) *transcript.Agent { return o.other }
