package judge

import (
	"slices"
	"strings"
	"testing"

	"stopgate/hook/launch"
	"stopgate/hook/reportname"
	"stopgate/hook/submission"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

func TestAsksFor(t *testing.T) {
	tests := []struct {
		prompt, name string
		want         bool
	}{
		{"Write the outcome into docs/integration-report.md", "docs/integration-report.md", true},
		{"Write it to INTEGRATION_REPORT.MD, please", "integration_report.md", true},
		{"Save a summary of the API as a markdown file", "SUMMARY.md", true},
		{"Produce coverage-analysis.json", "coverage-analysis.json", true},
		{"Produce coverage-analysis.json", "INTEGRATION_REPORT.md", false},
		{"Add retries to the client", "SUMMARY.md", false},
		{"Write no report files. Add retries", "INTEGRATION_REPORT.md", false},
		{"Add a report page to the admin", "REPORT_SUMMARY.md", true}, // in doubt it is asked for
	}
	for _, tt := range tests {
		if got := reportname.AskedFor([]string{"", tt.prompt}, tt.name); got != tt.want {
			t.Errorf("%s, %s: %t", tt.prompt, tt.name, got)
		}
	}
}

// Listed, edited or left by a command: a new report is found once, and whose it is must be known.
func TestReportFiles(t *testing.T) {
	state := func(name string, change worktree.Change) worktree.PathState {
		return worktree.PathState{Path: name, Name: name, Change: change}
	}
	seen := Evidence{
		Base: BaseLaunch,
		States: []worktree.PathState{
			state("src/a.js", worktree.Added), state("INTEGRATION_REPORT.md", worktree.Added), state("OLD_REPORT.md", worktree.Modified),
		},
		UnclaimedEdits: []UnclaimedEdit{
			{State: state("api-analysis.json", worktree.Added)}, {Where: "./trees/T-2", State: state("SUMMARY.md", worktree.Added)}, {State: state("INTEGRATION_REPORT.md", worktree.Added)},
		},
		Undeclared: []worktree.PathState{state("validation-report.md", worktree.Added)},
	}
	if got, want := reportFiles(seen), []string{"INTEGRATION_REPORT.md", "api-analysis.json", "validation-report.md"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	seen.Others = []trace.OtherAgent{{AgentID: "a2"}}
	seen.prompts = []string{"write api-analysis.json"}
	if got, want := reportFiles(seen), []string{"INTEGRATION_REPORT.md"}; !slices.Equal(got, want) {
		t.Errorf("with others at work, and one asked for: got %q, want %q", got, want)
	}
}

// An agent is told one thing of one file.
func TestReportFileIsNotToBeListed(t *testing.T) {
	report := worktree.PathState{Path: "INTEGRATION_REPORT.md", Name: "INTEGRATION_REPORT.md", Change: worktree.Added}
	work := worktree.PathState{Path: "src/a.js", Name: "src/a.js", Change: worktree.Added}
	seen := Evidence{Base: BaseLaunch, Undeclared: []worktree.PathState{report, work}}
	s := submission.Submission{Kind: submission.ReportHandedIn}
	s.Report.Unfinished = []string{"x"}
	var broken []string
	for _, f := range verify(s, launch.Assignment{}, seen) {
		broken = append(broken, string(f.Rule))
	}
	if got, want := strings.Join(broken, " "), "change-undeclared report-file-written"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
