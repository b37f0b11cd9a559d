package check_test

import (
	"strings"
	"testing"

	"stopgate/hook/check"
	"stopgate/hook/inspect"
	"stopgate/hook/judge"
	"stopgate/hook/observe"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/style"
)

const report = `{"task_id": "T-1", "worktree_path": "./trees/T-1", "work_completed": "Did it.", "files_modified": ["a.js"], "unfinished": []}`

// TestMessage: outside of a repository nothing can be checked, and a message without a report is sent back.
func TestMessage(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]rule.Verdict{report: rule.Unknown, "All done.": rule.Rejected, "ERROR: the key is missing": rule.Declined} {
		result := check.Message(t.Context(), observe.Worktrees{}, site.Grounds{}, "", message)
		var text strings.Builder
		if err := result.WriteText(&text, style.Style{}); err != nil || result.Verdict != want || !strings.Contains(text.String(), string(want)) {
			t.Errorf("%s: %s, %v\n%s", message, result.Verdict, err, text.String())
		}
	}
	if !check.HoldsReport(report) || check.HoldsReport("All done.") {
		t.Error("a report is not told from other text")
	}
}

// TestLocated: a finding that counts files gets a note at each file that has no finding of its own.
func TestLocated(t *testing.T) {
	t.Parallel()
	c := judge.Case{Findings: []rule.Finding{rule.New(rule.ChangeUndeclared, rule.Block, "", "2 files"), rule.New(rule.ClaimMissing, rule.Block, "b.js", "it is gone")}}
	c.Files = []inspect.File{{Path: "a.js"}, {Path: "b.js"}, {Path: "c.js", Claimed: true}}
	located := check.New(c).Located()
	if len(located) != 3 || located[2].Path != "a.js" || located[2].Severity != rule.Note {
		t.Errorf("%v", located)
	}
	c.Findings = c.Findings[1:]
	if located := check.New(c).Located(); len(located) != 1 {
		t.Errorf("without a finding that counts: %v", located)
	}
}
