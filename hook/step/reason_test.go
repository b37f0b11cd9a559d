package step_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

func TestBlockReason(t *testing.T) {
	findings := []rule.Finding{
		{Rule: rule.ClaimUnchanged, Severity: rule.Block, Message: "one"},
		{Rule: rule.ReportReplaced, Severity: rule.Note, Message: "a note is not to mend"},
		{Rule: rule.ClaimMissing, Severity: rule.Block, Message: "two"},
	}
	want := `stopgate: your report is not accepted: 2 findings to fix (sent back 2 of at most 3 times).
1. claim-unchanged: one
2. claim-missing: two
`
	got := step.Reasons(findings, 2, 3)
	if !strings.HasPrefix(got, want) || !strings.Contains(got, "complete corrected JSON report as your whole last message") {
		t.Errorf("got\n%s\nwant it to begin with\n%s", got, want)
	}
}

func TestBlockReasonIsBounded(t *testing.T) {
	for _, size := range []int{1, 100, 700} {
		var findings []rule.Finding
		for i := range 100_000 {
			findings = append(findings, rule.Finding{Rule: rule.ClaimMissing, Severity: rule.Block, Message: fmt.Sprint(i, strings.Repeat("😀", size))})
		}
		reason := step.Reasons(findings, 1, 3)
		shown := strings.Count(reason, "claim-missing")
		if n := quote.Length(reason); n > host.MaxReason || shown == 0 {
			t.Errorf("%d characters with %d findings", n, shown)
		}
		if left := fmt.Sprintf("(%d more findings are left out", len(findings)-shown); !strings.Contains(reason, left) {
			t.Errorf("%q is not said in\n%s", left, reason)
		}
	}
}

func TestContract(t *testing.T) {
	if n := quote.Length(step.Contract); n > 1500 {
		t.Errorf("%d characters", n)
	}
	contract := strings.Fields(step.Contract)
	for _, field := range []string{"task_id", "worktree_path", "work_completed", "files_modified", "unfinished", "artifacts_cleaned", "narrative_report", "ERROR:"} {
		if !slices.ContainsFunc(contract, func(word string) bool { return strings.Contains(word, field) }) {
			t.Errorf("%s is not named", field)
		}
	}
}

// TestOpenWords: a person who is asked about a merge reads no codes.
func TestOpenWords(t *testing.T) {
	got := step.OpenWords([]string{"cap-reached", "merge-failed", "code-reviewer not-run", "x:auditor no-result"})
	want := []string{"the gates have failed as often as allowed, or again on work that the coding agent did not change", "the branch-manager could not do its work", "code-reviewer not run", "x:auditor no result"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
