package conduct

import (
	"fmt"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/shell"
)

// Commands tells of what a command would do that is prohibited. It is pure. What cannot be told from the command's text is told at the
// stop.
func Commands(uses []shell.Use) []rule.Finding {
	var findings []rule.Finding
	for _, use := range uses {
		findings = append(findings, rule.Finding{
			Rule: rule.OfKind(use.Kind), Severity: rule.Block,
			Message: fmt.Sprintf("%s %s, and only the branch-manager does that, when the gates have passed. %s", quote.String(use.Command, quote.MaxPath), use.Kind.Effect(), use.Kind.Instead()),
		})
	}
	return findings
}
