package hook

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/worktree"
)

// reportFiles are the new files that the agent wrote, listed or not, and that are reports by their names. One that its task asks for is
// work.
func reportFiles(seen Evidence) []string {
	var names []string
	add := func(state worktree.PathState) {
		if state.Change == worktree.Added && IsReportFile(state.Name) && !asksFor(seen.prompts, state.Name) && !slices.Contains(names, state.Name) {
			names = append(names, state.Name)
		}
	}
	for _, state := range seen.States {
		add(state)
	}
	for _, s := range seen.Strays {
		if s.Where == "" {
			add(s.State)
		}
	}
	for _, state := range seen.Undeclared {
		if seen.Base == baseLaunch && !state.NoBase && len(seen.Rivals) == 0 {
			add(state)
		}
	}
	return names
}

// asksForReport is what a prompt says that wants a report on disk, whatever its name.
var asksForReport = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:write|create|produce|generate|save|add)\b[^.\n]{0,60}\b(?:report|summary|analysis|audit|assessment)\b[^.\n]{0,40}\b(?:file|document|markdown|page|disk)\b`)
})

// asksFor tells whether a prompt names the file, or wants a report on disk.
func asksFor(prompts []string, name string) bool {
	base := strings.ToLower(path.Base(name))
	return slices.ContainsFunc(prompts, func(prompt string) bool {
		return strings.Contains(strings.ToLower(prompt), base) || asksForReport().MatchString(prompt)
	})
}

// verifyReportFiles sends an agent back for the reports that it wrote into files. It is pure.
func verifyReportFiles(names []string) []rule.Finding {
	var findings []rule.Finding
	for _, name := range names {
		findings = append(findings, rule.Finding{
			Rule: rule.ReportFileWritten, Severity: rule.Block, Path: name,
			Message: fmt.Sprintf("%s is new, and by its name a report on the work, which is no file; put this into the JSON (narrative_report), delete the file, and do not list it", quote.String(name, quote.MaxPath)),
		})
	}
	return findings
}

// withoutUndeclared drops what is said of files that are not to be listed but deleted.
func withoutUndeclared(findings []rule.Finding, names []string) []rule.Finding {
	return slices.DeleteFunc(findings, func(f rule.Finding) bool {
		return f.Rule == rule.ChangeUndeclared && f.Path != "" && slices.Contains(names, f.Path)
	})
}
