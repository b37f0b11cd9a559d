package hook

import (
	"fmt"
	"strings"

	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
)

// BlockReason is what a rejected agent reads. It demands the complete report: the next message replaces this one, and the
// orchestrator receives only the last. attempt counts from 1, up to attempts. At most MaxReason characters; what is left out is counted.
func BlockReason(findings []rule.Finding, attempt, attempts int) string {
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
