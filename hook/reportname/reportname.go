// Package reportname recognises files with reports by their names.
package reportname

import (
	"path"
	"slices"
	"strings"
	"unicode"

	"stopgate/hook/lazyregexp"
)

// nameFacts has the properties of a name that the rules use.
type nameFacts struct {
	// words are the words of the name in lower case, without its extension, task and version; last is the last of them.
	words []string
	last  string
	// loud means that the name is in capitals.
	loud bool
	// dirs are the folders of the name in lower case. near means that the file is in a place where people look first.
	dirs []string
	near bool
	// json and text are the two kinds of extension that a report has.
	json, text bool
}

// The last word of a name says what the file is: certainly a report, or perhaps one.
func (n nameFacts) report() bool {
	return anyOf([]string{n.last}, "report", "summary", "analysis", "findings")
}

func (n nameFacts) perhaps() bool {
	return anyOf([]string{n.last}, "assessment", "audit", "complete") ||
		n.last == "results" && anyOf(n.words, "test", "validation", "verification") ||
		n.last == "notes" && anyOf(n.words, "handoff", "review")
}

func (n nameFacts) alone() bool { return len(n.words) == 1 }

// reportNames decides whether a file is a report: the first matching row decides.
var reportNames = []struct {
	example string
	report  bool
	fits    func(n nameFacts) bool
}{
	{"coverage-report.json, of a tool", false, func(n nameFacts) bool {
		return len(n.words) == 0 || anyOf(n.words, "coverage", "eslint", "lighthouse", "gl", "junit", "jest", "playwright", "cucumber", "npm", "trivy", "sonar", "bundle")
	}},
	{"api-validation.json", true, func(n nameFacts) bool {
		return n.json && n.near && !n.alone() && (n.report() || n.last == "validation" || n.last == "results" && !anyOf(n.words, "test"))
	}},
	{"report.go", false, func(n nameFacts) bool { return !n.text }},
	{"bug_report.md, a template for issues", false, func(n nameFacts) bool {
		return !n.loud && anyOf(n.words, "bug", "static") && !anyOf(n.words, "fix")
	}},
	{"testdata/VALIDATION_REPORT.md", false, func(n nameFacts) bool {
		return anyOf(n.dirs, "fixtures", "__fixtures__", "testdata", "snapshots", "golden", "templates", "prompts", "emails", "node_modules", "vendor")
	}},
	{"summary.md", true, func(n nameFacts) bool {
		return n.near && (n.report() || !n.alone() && n.perhaps() || n.last == "handoff")
	}},
	{"notes.md", false, func(n nameFacts) bool { return n.near || n.alone() }},
	{"src/INTEGRATION_REPORT.md", true, func(n nameFacts) bool {
		return n.loud && (n.report() || n.perhaps()) && (len(n.dirs) == 1 || !anyOf(n.dirs, "docs", "doc"))
	}},
	{"src/integration-report.md", true, func(n nameFacts) bool {
		return !n.loud && n.last == "report" && anyOf(n.words, "integration", "implementation", "completion", "validation", "verification") &&
			!anyOf(n.dirs, "docs", "doc", "content", "examples", "samples")
	}},
}

// IsReport reports whether the name of a new file marks it as a report, which belongs in the agent's JSON and not on disk (seed, "Output
// Requirements"). name is relative to the worktree, with slashes. The caller makes exceptions for what the task asks for.
//
// Precision has priority over recall: an ambiguous name is not a report's. A name in lower case counts only if nothing but a report has such a
// name. A name in capitals counts almost everywhere, since no docs page and no template is called INTEGRATION_REPORT.md.
func IsReport(name string) bool {
	if !anyOf([]string{strings.ToLower(path.Ext(name))}, ".json", ".md", ".markdown", ".txt") { // as no row matches them
		return false
	}
	n := factsOf(name)
	for _, row := range reportNames {
		if row.fits(n) {
			return row.report
		}
	}
	return false
}

func factsOf(name string) nameFacts {
	dir, base := path.Split(path.Clean(name))
	ext := path.Ext(base)
	stem := taskInName().ReplaceAllString(strings.TrimSuffix(base, ext), "")
	n := nameFacts{
		words: nameWords(stem), loud: stem == strings.ToUpper(stem),
		dirs: strings.Split(strings.Trim(strings.ToLower(dir), "/"), "/"),
		json: strings.EqualFold(ext, ".json"),
		text: anyOf([]string{strings.ToLower(ext)}, ".md", ".markdown", ".txt"),
	}
	n.near = anyOf([]string{path.Join(n.dirs...)}, "", "reports", "report", "analysis", "tmp", ".claude", ".claude/reports")
	if len(n.words) > 0 {
		n.last = n.words[len(n.words)-1]
	}
	return n
}

// taskInName matches the identifier of a task in a name.
var taskInName = lazyregexp.New(`\b[A-Z][A-Z0-9]*-[0-9]+|_[A-Z][A-Z0-9]*-[0-9]+`)

// nameWords returns the words of a file's name in lower case, without a version at its end.
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

// asksForReport matches a prompt that asks for a report in a file, without its name.
var asksForReport = lazyregexp.New(`(?i)\b(?:write|create|produce|generate|save|add)\b[^.\n]{0,60}\b(?:report|summary|analysis|audit|assessment)\b[^.\n]{0,40}\b(?:file|document|markdown|page|disk)\b`)

// AskedFor reports whether a prompt names the file, or asks for a report in a file.
func AskedFor(prompts []string, name string) bool {
	base := strings.ToLower(path.Base(name))
	return slices.ContainsFunc(prompts, func(prompt string) bool {
		return strings.Contains(strings.ToLower(prompt), base) || asksForReport().MatchString(prompt)
	})
}
