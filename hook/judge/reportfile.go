package judge

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/worktree"
)

// IsReportFile tells by its name whether a new file is a report on the work, which belongs into the agent's JSON and not on disk
// (seed, "Output Requirements"). name is relative to the worktree, with slashes. What the task asked for is the caller's to except.
//
// Precision comes before recall: a name that may as well be work is not a report file. The last word of a name says what the file
// is. A quiet name counts only where nothing but a report stands by such a name; a name in capitals counts almost everywhere, since
// no docs page and no template is called INTEGRATION_REPORT.md.
func IsReportFile(name string) bool {
	dir, base := path.Split(path.Clean(name))
	dirs := strings.Split(strings.Trim(strings.ToLower(dir), "/"), "/")
	ext := path.Ext(base)
	stem := taskInName().ReplaceAllString(strings.TrimSuffix(base, ext), "")
	words := nameWords(stem)
	if len(words) == 0 || anyOf(words, "coverage", "eslint", "lighthouse", "gl", "junit", "jest", "playwright", "cucumber", "npm", "trivy", "sonar", "bundle") {
		return false // a tool's own
	}
	last, alone := words[len(words)-1], len(words) == 1
	says := anyOf([]string{last}, "report", "summary", "analysis", "findings")
	likes := anyOf([]string{last}, "assessment", "audit", "complete") ||
		last == "results" && anyOf(words, "test", "validation", "verification") || last == "notes" && anyOf(words, "handoff", "review")
	toReadFirst := anyOf([]string{path.Join(dirs...)}, "", "reports", "report", "analysis", "tmp", ".claude", ".claude/reports")
	switch strings.ToLower(ext) {
	case ".json":
		return toReadFirst && !alone && (says || last == "validation" || last == "results" && !anyOf(words, "test"))
	case ".md", ".markdown", ".txt":
	default:
		return false
	}
	loud := stem == strings.ToUpper(stem)
	switch {
	case !loud && anyOf(words, "bug", "static") && !anyOf(words, "fix"): // a template for issues; a topic
		return false
	case anyOf(dirs, "fixtures", "__fixtures__", "testdata", "snapshots", "golden", "templates", "prompts", "emails", "node_modules", "vendor"):
		return false
	case toReadFirst:
		return says || !alone && likes || last == "handoff"
	case alone:
		return false
	case loud:
		return (says || likes) && !(len(dirs) > 1 && anyOf(dirs, "docs", "doc"))
	default:
		return last == "report" && anyOf(words, "integration", "implementation", "completion", "validation", "verification") &&
			!anyOf(dirs, "docs", "doc", "content", "examples", "samples")
	}
}

// taskInName is the identifier of a task in a name.
var taskInName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b[A-Z][A-Z0-9]*-[0-9]+|_[A-Z][A-Z0-9]*-[0-9]+`) })

// nameWords are the words of a file's name in small letters, but for those at its end that only tell one version from the next.
func nameWords(stem string) []string {
	var b strings.Builder
	lower := false
	for _, c := range stem {
		switch {
		case !unicode.IsLetter(c) && !unicode.IsDigit(c):
			c = ' '
		case unicode.IsUpper(c) && lower: // camel case
			b.WriteByte(' ')
		}
		lower = unicode.IsLower(c)
		b.WriteRune(unicode.ToLower(c))
	}
	words := strings.Fields(b.String())
	for len(words) > 1 {
		last := words[len(words)-1]
		if last != "final" && last != "draft" && strings.Trim(last, "v0123456789") != "" {
			break
		}
		words = words[:len(words)-1]
	}
	return words
}

func anyOf(words []string, set ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(set, w) })
}

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
		if seen.Base == BaseLaunch && !state.NoBase && len(seen.Rivals) == 0 {
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
