package step

import (
	"fmt"
	"strings"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
)

// Reasons is what a rejected agent reads. It demands the complete report: the next message replaces this one, and the
// orchestrator receives only the last. attempt counts from 1, up to attempts. At most MaxReason characters; what is left out is counted.
func Reasons(findings []rule.Finding, attempt, attempts int) string {
	blocking := rule.Of(findings, rule.Block)
	head := fmt.Sprintf("stopgate: your report is not accepted: %s to mend (sent back %d of at most %d times).\n",
		quote.Plural(len(blocking), "finding"), attempt, attempts)
	const tail = "Mend this in the worktree or in the report, whichever is wrong. Then answer with the complete corrected JSON report as your whole last message: " +
		"it replaces the one before, and nothing else of what you write reaches the orchestrator."
	const omitted = "(%d more findings are left out here; all are checked again)\n"
	room := host.MaxReason - quote.Length(head) - quote.Length(tail) - quote.Length(omitted) - 20
	var b strings.Builder
	b.WriteString(head)
	for i, f := range blocking {
		line := fmt.Sprintf("%d. %s\n", i+1, f.Line())
		if room -= quote.Length(line); room < 0 {
			fmt.Fprintf(&b, omitted, len(blocking)-i)
			break
		}
		b.WriteString(line)
	}
	b.WriteString(tail)
	return b.String()
}

// DenyReason tells the orchestrator why a launch is refused, and what is owed before.
func DenyReason(task, launch string, g gates.Step) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s is not launched for task %s: ", banner, quote.String(launch, quote.MaxName), quote.String(task, quote.MaxTask))
	switch g.Why {
	case gates.ForCoder:
		fmt.Fprintf(&b, "its coding agent %s is still at work. Wait for it.", quote.String(g.Agent.ID, quote.MaxName))
	case gates.NothingVerified:
		b.WriteString("no verified work of this task is known. Have a coding agent do it, and let the gates pass it.")
	case gates.WordOwed:
		b.WriteString("the person has not spoken since every gate has passed. Put the result before them and wait for their word.")
	case gates.TreeUnknown:
		b.WriteString("nobody knows whether the worktree is still what the gates have passed. Name the worktree in the prompt (WORKTREE_PATH: ./trees/…).")
	case gates.TreeChanged:
		fmt.Fprintf(&b, "the worktree has changed since it passed, so that the pass is void. Launch again first: %s.", quote.List(quote.First(g.Gates, quote.MaxList)))
	case gates.GateOwed, gates.NoResult, gates.NoReceipt:
		fmt.Fprintf(&b, "not passed on the present worktree: %s. Launch what is owed first.", quote.List(quote.First(g.Gates, quote.MaxList)))
	default:
		b.WriteString(WhyHeld(g) + " Put that before the person and wait for their decision.")
	}
	b.WriteString(" stopgate status shows where each task stands.")
	return b.String()
}

// GateReason is what the agent of a gate reads when it is sent back for its result.
func GateReason(g gates.Step) string {
	var b strings.Builder
	b.WriteString("stopgate: your result cannot be taken as it is.\n")
	if len(g.Issues) == 0 {
		b.WriteString("Your last message holds no result: one JSON object with gate_status (\"PASS\" or \"FAIL\") and blocking_issues.\n")
	}
	first, omitted := quote.First(g.Issues, quote.MaxList)
	for i, issue := range first {
		fmt.Fprintf(&b, "%d. %s\n", i+1, quote.Line(quote.Clip(issue.Text, quote.MaxReason)))
	}
	if omitted > 0 {
		fmt.Fprintf(&b, "(and %d more)\n", omitted)
	}
	b.WriteString("Answer with the complete JSON result as your whole last message: gate_status, the commands you ran, the counts, and blocking_issues. " +
		"Say FAIL with the issues if it does not pass; nothing else of what you write reaches the orchestrator.")
	return b.String()
}

// RefusalReason tells an agent why its tool call is refused. what is refused, as a sentence without its end; advice is what to do then. At
// most host.MaxReason characters.
func RefusalReason(what string, findings []rule.Finding, advice string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "stopgate: %s: %s.\n", what, quote.Plural(len(findings), "finding"))
	for i, f := range findings {
		fmt.Fprintf(&b, "%d. %s\n", i+1, f.Line())
	}
	return quote.Clip(b.String(), host.MaxReason-len(advice)-1) + advice
}
