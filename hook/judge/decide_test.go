package judge_test

import (
	"testing"

	"stopgate/hook/inspect"
	"stopgate/hook/judge"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/submission"
)

func TestDecide(t *testing.T) {
	mend := rule.Finding{Rule: rule.ClaimUnchanged, Severity: rule.Block, Path: "a", Message: "a is unchanged"}
	other := rule.Finding{Rule: rule.ClaimMissing, Severity: rule.Block, Path: "b", Message: "b is missing"}
	blind := rule.Finding{Rule: rule.Unverifiable, Severity: rule.Halt, Message: "no repository"}
	note := rule.Finding{Rule: rule.ReportReplaced, Severity: rule.Note, Message: "replaced"}
	undo := rule.Finding{Rule: "git-history", Severity: rule.Halt, Message: "committed"}
	idle := rule.Finding{Rule: rule.NothingChanged, Severity: rule.Note, Message: "already done"}
	silent := rule.Finding{Rule: rule.NothingChanged, Severity: rule.Block, Message: "no files"}
	done := submission.Submission{Kind: submission.ReportHandedIn}
	left := submission.Submission{Kind: submission.ReportHandedIn, Report: report.Report{Unfinished: []string{"tests"}}}
	exit := submission.Submission{Kind: submission.ErrorExit, Error: "no worktree"}
	once := func(findings ...rule.Finding) []string { return []string{judge.Fingerprint(findings)} }

	tests := []struct {
		name     string
		handedIn submission.Submission
		findings []rule.Finding
		past     []string
		want     rule.Verdict
	}{
		{"nothing wrong", done, nil, nil, rule.Verified},
		{"a note decides nothing", done, []rule.Finding{note}, nil, rule.Verified},
		{"mendable", done, []rule.Finding{mend}, nil, rule.Rejected},
		{"mendable comes before unknown", done, []rule.Finding{blind, mend}, nil, rule.Rejected},
		{"another finding than before", done, []rule.Finding{mend}, once(other), rule.Rejected},
		{"one finding fewer than before", done, []rule.Finding{mend}, once(mend, other), rule.Rejected},
		{"the same again", done, []rule.Finding{mend}, once(mend), rule.Capped},
		{"the same again, other notes", done, []rule.Finding{note, mend}, once(mend), rule.Capped},
		{"the same as the first, not as the last", done, []rule.Finding{mend}, []string{judge.Fingerprint([]rule.Finding{mend}), judge.Fingerprint([]rule.Finding{other})}, rule.Rejected},
		{"third time back is allowed", done, []rule.Finding{mend}, []string{"1", "2"}, rule.Rejected},
		{"fourth is not", done, []rule.Finding{mend}, []string{"1", "2", "3"}, rule.Capped},
		{"mended at last", done, nil, []string{"1", "2", "3"}, rule.Verified},
		{"work left", left, nil, nil, rule.Incomplete},
		{"work left and a false claim", left, []rule.Finding{mend}, nil, rule.Rejected},
		{"work left and not checkable", left, []rule.Finding{blind}, nil, rule.Unknown},
		{"not checkable", done, []rule.Finding{blind}, nil, rule.Unknown},
		{"not checkable is never the agent's attempt", done, []rule.Finding{blind}, []string{"1", "2", "3"}, rule.Unknown},
		{"nothing to do, and the reason", done, []rule.Finding{idle}, nil, rule.Incomplete},
		{"nothing to do, and an edit that is not listed", done, []rule.Finding{idle, mend}, nil, rule.Rejected},
		{"no files, no reason", done, []rule.Finding{silent}, nil, rule.Rejected},
		{"no files, no reason, again", done, []rule.Finding{silent}, once(silent), rule.Incomplete},
		{"no files after another finding", done, []rule.Finding{silent}, once(mend), rule.Incomplete},
		{"no files at the last attempt", done, []rule.Finding{silent}, []string{"1", "2", "3"}, rule.Incomplete},
		{"exit by protocol", exit, nil, nil, rule.Declined},
		{"exit after being sent back", exit, nil, once(mend), rule.Declined},
		{"only a person can undo it", done, []rule.Finding{undo}, nil, rule.Violation},
		{"a violation comes before all", left, []rule.Finding{mend, undo, blind}, nil, rule.Violation},
		{"no report", submission.Submission{}, []rule.Finding{mend}, nil, rule.Rejected},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := judge.Decide(tt.handedIn, tt.findings, tt.past, 3); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestNothingToDo: a report without files and with a reason goes to the orchestrator, one without a reason back to the agent.
func TestNothingToDo(t *testing.T) {
	t.Parallel()
	for words, severity := range map[string]rule.Severity{
		"Already done in an earlier commit":                       rule.Note,
		"Nothing to change: the handler retries since 2.1":        rule.Note,
		"No changes needed, the validation exists":                rule.Note,
		"No code changes were required.":                          rule.Note,
		"The retries were added by PROJ-100 and work as intended": rule.Note,
		"Could not reproduce the bug on main":                     rule.Note,
		"The requested endpoint is implemented previously":        rule.Note,
		"Fixed upstream; the dependency doesn't need a patch":     rule.Note,
		"The bug cannot be reproduced, so no code was changed":    rule.Note,
		"It couldn't be reproduced with the steps given":          rule.Note,
		"No source files were touched; this is not a bug":         rule.Note,
		"Looked into it, no defect was found":                     rule.Note,
		"Implemented the payment webhooks with retries and tests": rule.Block,
		"Changed the handler so that no error is lost":            rule.Block,
		"Added retry logic to the client":                         rule.Block,
		"done":                                                    rule.Block,
	} {
		s := submission.Submission{Kind: submission.ReportHandedIn, Report: report.Report{WorkCompleted: words}}
		findings := judge.Stop(inspect.Inquiry{Submission: s}, inspect.Evidence{}).Findings
		if len(findings) != 1 || findings[0].Severity != severity {
			t.Errorf("%q: %v, want %s", words, findings, severity)
		}
	}
}
