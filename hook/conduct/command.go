package conduct

import (
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/shell/screen"
)

// Command returns a finding for each prohibited operation in one command. Operations that its text does not show are found when the agent stops.
func Command(uses []screen.Use) []rule.Finding {
	var findings []rule.Finding
	for _, use := range uses {
		findings = append(findings, rule.New(rule.OfKind(use.Kind), rule.Block, "",
			"%s %s, and only the branch-manager does that, when the gates have passed. %s", quote.String(use.Command, quote.MaxPath), use.Kind.Effect(), use.Kind.Instead()))
	}
	return findings
}
