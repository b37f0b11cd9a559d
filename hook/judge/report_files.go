package judge

import (
	"fmt"
	"slices"

	"stopgate/hook/quote"
	"stopgate/hook/reportname"
	"stopgate/hook/rule"
	"stopgate/hook/worktree"
)

// reportFiles returns the new files of the agent, listed or not, that are reports by their names. One that the task asks for is work.
func reportFiles(seen Evidence) []string {
	var names []string
	add := func(state worktree.PathState) {
		if state.Change == worktree.Added && reportname.IsReport(state.Name) && !reportname.AskedFor(seen.prompts, state.Name) && !slices.Contains(names, state.Name) {
			names = append(names, state.Name)
		}
	}
	for _, state := range seen.States {
		add(state)
	}
	for _, s := range seen.UnclaimedEdits {
		if s.Where == "" {
			add(s.State)
		}
	}
	for _, state := range seen.Undeclared {
		if seen.Base == BaseLaunch && !state.NoBase && len(seen.Others) == 0 {
			add(state)
		}
	}
	return names
}

// verifyReportFiles sends an agent back for the reports that it wrote into files.
func verifyReportFiles(names []string) []rule.Finding {
	var findings []rule.Finding
	for _, name := range names {
		findings = append(findings, rule.Finding{
			Rule: rule.ReportFileWritten, Severity: rule.Block, Path: name,
			Message: fmt.Sprintf("%s is new, and by its name a summary file; put its text into narrative_report of the JSON report, delete the file, and do not list it", quote.String(name, quote.MaxPath)),
		})
	}
	return findings
}

// withoutUndeclared drops the findings that ask to list files of these names, because they are to be deleted.
func withoutUndeclared(findings []rule.Finding, names []string) []rule.Finding {
	return slices.DeleteFunc(findings, func(f rule.Finding) bool {
		return f.Rule == rule.ChangeUndeclared && f.Path != "" && slices.Contains(names, f.Path)
	})
}
