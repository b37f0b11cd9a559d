package record_test

import (
	"slices"
	"testing"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/inspect"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/worktree"
)

// TestCoderFact: the gates are asked for by all that is in the worktree, listed or not, and by what earlier runs brought in.
func TestCoderFact(t *testing.T) {
	c := judge.Case{
		Verdict: rule.Verified, StepID: "s1", AgentID: "a1", TaskName: "./trees/T-1-x",
		Evidence: inspect.Evidence{
			Base: inspect.BaseLaunch, Worktree: "./trees/T-1-x",
			Proven:  []string{"README.md"},
			Changed: []string{"README.md", "docs/new.md", "src/app.js", "db/migrations/1_users.sql"},
			Survey:  worktree.Survey{Fingerprint: "f"},
		},
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	d := record.CoderFact(c, launch.Defaults(), at)
	if d.Fact.Task != "./trees/T-1-x" || d.Fact.Tree != "f" || d.Fact.Stop != "s1" || d.Fact.Verdict != gates.Verified || !d.Fact.At.Equal(at) {
		t.Errorf("fact %+v", d.Fact)
	}
	if !slices.Equal(d.Files, []string{"README.md"}) || d.FilesTotal != 1 {
		t.Errorf("proven %q of %d", d.Files, d.FilesTotal)
	}
	var names []string
	for _, g := range d.Fact.Needs {
		names = append(names, g.Name)
	}
	for _, want := range []string{"test-runner", "technical-writer", "code-reviewer", "database-architect", "security-auditor"} {
		if !slices.Contains(names, want) {
			t.Errorf("the gates are %q, without %s", names, want)
		}
	}
	c.Changed = c.Proven
	if d := record.CoderFact(c, launch.Defaults(), at); len(d.Fact.Needs) != 1 || d.Fact.Needs[0].Name != "technical-writer" || len(d.Asked) != 1 {
		t.Errorf("documentation alone needs %+v because of %+v", d.Fact.Needs, d.Asked)
	}
	c.Verdict = rule.Incomplete
	if d := record.CoderFact(c, launch.Defaults(), at); d.Fact.Needs != nil || d.Fact.Verdict != gates.Incomplete {
		t.Errorf("fact %+v", d.Fact)
	}
	c.Verdict, c.Observed = rule.Rejected, true
	if d := record.CoderFact(c, launch.Defaults(), at); d.Fact.Verdict != gates.Capped {
		t.Errorf("a rejected agent that nobody sends back is %s to the protocol", d.Fact.Verdict)
	}
}
