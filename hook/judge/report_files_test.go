package judge_test

import (
	"slices"
	"strings"
	"testing"

	"stopgate/hook/inspect"
	"stopgate/hook/judge"
	"stopgate/hook/rule"
	"stopgate/hook/submission"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// reported returns the files that an agent is sent back for because they are reports.
func reported(seen inspect.Evidence) (names []string) {
	for _, f := range broken(rule.ReportFileWritten, seen) {
		names = append(names, f.Path)
	}
	return names
}

// Listed, edited or left by a command: a new report is found once, and whose it is must be known.
func TestReportFiles(t *testing.T) {
	state := func(name string, change worktree.Change) worktree.PathState {
		return worktree.PathState{Path: name, Name: name, Change: change}
	}
	seen := inspect.Evidence{
		Base: inspect.BaseLaunch,
		States: []worktree.PathState{
			state("src/a.js", worktree.Added), state("INTEGRATION_REPORT.md", worktree.Added), state("OLD_REPORT.md", worktree.Modified),
		},
		UnclaimedEdits: []inspect.UnclaimedEdit{
			{State: state("api-analysis.json", worktree.Added)}, {Where: "./trees/T-2", State: state("SUMMARY.md", worktree.Added)}, {State: state("INTEGRATION_REPORT.md", worktree.Added)},
		},
		Undeclared: []worktree.PathState{state("validation-report.md", worktree.Added)},
	}
	if got, want := reported(seen), []string{"INTEGRATION_REPORT.md", "api-analysis.json", "validation-report.md"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	seen.Others = []trace.OtherAgent{{AgentID: "a2"}}
	seen.Prompts = []string{"write api-analysis.json"}
	if got, want := reported(seen), []string{"INTEGRATION_REPORT.md"}; !slices.Equal(got, want) {
		t.Errorf("with others at work, and one asked for: got %q, want %q", got, want)
	}
}

// An agent is told one thing of one file.
func TestReportFileIsNotToBeListed(t *testing.T) {
	report := worktree.PathState{Path: "INTEGRATION_REPORT.md", Name: "INTEGRATION_REPORT.md", Change: worktree.Added}
	work := worktree.PathState{Path: "src/a.js", Name: "src/a.js", Change: worktree.Added}
	seen := inspect.Evidence{Base: inspect.BaseLaunch, Undeclared: []worktree.PathState{report, work}}
	s := submission.Submission{Kind: submission.ReportHandedIn}
	s.Report.Unfinished = []string{"x"}
	var names []string
	for _, f := range judge.Stop(inspect.Inquiry{Submission: s}, seen).Findings {
		names = append(names, string(f.Rule))
	}
	if got, want := strings.Join(names, " "), "change-undeclared report-file-written"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
