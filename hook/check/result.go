package check

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"stopgate/hook/inspect"
	"stopgate/hook/judge"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/step"
	"stopgate/hook/style"
)

// resultVersion is the form of Result, held by schema/result.schema.json.
const resultVersion = "result/1"

// Result is the judgement of a report.
type Result struct {
	Stopgate string       `json:"stopgate"`
	Verdict  rule.Verdict `json:"verdict"`
	// Report is the report as written; null if there is none in JSON.
	Report   json.RawMessage `json:"report"`
	Files    []inspect.File  `json:"files"`
	Findings []rule.Finding  `json:"findings"`
	// Step is the step that the orchestrator would be owed; null if the report would be sent back.
	Step *step.Step `json:"step"`
	// Warning tells a person that their configuration has no effect; "" if it has.
	Warning string `json:"-"`

	// Task and Worktree name the work for people; "" if the report names none.
	Task     string `json:"-"`
	Worktree string `json:"-"`
}

// New returns the result of a judged case.
func New(c judge.Case) Result {
	result := Result{
		Stopgate: resultVersion, Verdict: c.Verdict, Report: c.Submission.Report.Raw,
		Step: step.Next(c), Task: c.Task, Worktree: c.WorktreeName,
	}
	result.Files, _ = quote.First(c.Files, len(c.Files))
	result.Findings, _ = quote.First(c.Findings, len(c.Findings))
	return result
}

// maxLocated bounds the files that are annotated one by one.
const maxLocated = 50

// Located returns the findings for a code host, and for one that counts files that no report lists, a note at each of them that has no finding of
// its own.
func (r Result) Located() []rule.Finding {
	findings := slices.Clone(r.Findings)
	counted := func(f rule.Finding) bool { return f.Rule == rule.ChangeUndeclared && f.Path == "" }
	if !slices.ContainsFunc(findings, counted) {
		return findings
	}
	for _, file := range r.Files {
		here := func(f rule.Finding) bool { return f.Path == file.Path }
		if !file.Claimed && !slices.ContainsFunc(findings, here) && len(findings) < len(r.Findings)+maxLocated {
			findings = append(findings, rule.New(rule.ChangeUndeclared, rule.Note, file.Path, "%s has changed, and no report lists it", quote.String(file.Path, quote.MaxPath)))
		}
	}
	return findings
}

// WriteText writes the result for people: the verdict, a line for each file, a line for each finding, what comes next.
func (r Result) WriteText(w io.Writer, look style.Style) error {
	var b strings.Builder
	b.WriteString(look.Verdict(r.Verdict, string(r.Verdict)))
	if r.Task != "" {
		fmt.Fprintf(&b, "  %s", quote.String(r.Task, quote.MaxTask))
	}
	if r.Worktree != "" {
		fmt.Fprintf(&b, "  %s", quote.String(r.Worktree, quote.MaxPath))
	}
	b.WriteByte('\n')
	for _, f := range r.Files {
		fmt.Fprintf(&b, "  %-10s %s%s\n", f.Change, quote.String(f.Path, quote.MaxPath), map[bool]string{false: ", not listed"}[f.Claimed])
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "  %-5s %s\n", f.Severity, f.Line())
	}
	if r.Step != nil {
		fmt.Fprintf(&b, "next: %s\n", r.Step.Summary())
	}
	_, err := io.WriteString(w, look.Wrap(b.String()))
	return err
}
