package hook

import (
	"testing"

	"stopgate/hook/report"
)

func TestDecide(t *testing.T) {
	mend := Finding{Rule: ClaimUnchanged, Severity: Block, Path: "a", Message: "a is unchanged"}
	other := Finding{Rule: ClaimMissing, Severity: Block, Path: "b", Message: "b is missing"}
	blind := Finding{Rule: Unverifiable, Severity: Halt, Message: "no repository"}
	note := Finding{Rule: ReportReplaced, Severity: Note, Message: "replaced"}
	undo := Finding{Rule: "git-history", Severity: Halt, Message: "committed"}
	done := Submission{Kind: ReportHandedIn}
	left := Submission{Kind: ReportHandedIn, Report: report.Report{Unfinished: []string{"tests"}}}
	exit := Submission{Kind: ErrorExit, Error: "no worktree"}
	once := func(findings ...Finding) []string { return []string{Fingerprint(findings)} }

	tests := []struct {
		name     string
		handedIn Submission
		findings []Finding
		past     []string
		want     Verdict
	}{
		{"nothing wrong", done, nil, nil, Verified},
		{"a note decides nothing", done, []Finding{note}, nil, Verified},
		{"mendable", done, []Finding{mend}, nil, Rejected},
		{"mendable comes before unknown", done, []Finding{blind, mend}, nil, Rejected},
		{"another finding than before", done, []Finding{mend}, once(other), Rejected},
		{"one finding fewer than before", done, []Finding{mend}, once(mend, other), Rejected},
		{"the same again", done, []Finding{mend}, once(mend), Capped},
		{"the same again, other notes", done, []Finding{note, mend}, once(mend), Capped},
		{"the same as the first, not as the last", done, []Finding{mend}, []string{Fingerprint([]Finding{mend}), Fingerprint([]Finding{other})}, Rejected},
		{"third time back is allowed", done, []Finding{mend}, []string{"1", "2"}, Rejected},
		{"fourth is not", done, []Finding{mend}, []string{"1", "2", "3"}, Capped},
		{"mended at last", done, nil, []string{"1", "2", "3"}, Verified},
		{"work left", left, nil, nil, Incomplete},
		{"work left and a false claim", left, []Finding{mend}, nil, Rejected},
		{"work left and not checkable", left, []Finding{blind}, nil, Unknown},
		{"not checkable", done, []Finding{blind}, nil, Unknown},
		{"not checkable is never the agent's attempt", done, []Finding{blind}, []string{"1", "2", "3"}, Unknown},
		{"exit by protocol", exit, nil, nil, Declined},
		{"exit after being sent back", exit, nil, once(mend), Declined},
		{"only a person can undo it", done, []Finding{undo}, nil, Violation},
		{"a violation comes before all", left, []Finding{mend, undo, blind}, nil, Violation},
		{"no report", Submission{}, []Finding{mend}, nil, Rejected},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Decide(tt.handedIn, tt.findings, tt.past, MaxAttempts); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
