package judge

import (
	"testing"

	"stopgate/hook/rule"
	"stopgate/hook/transcript"
)

// TestTestScope: a whole suite is a note, and one note however often it ran.
func TestTestScope(t *testing.T) {
	use := transcript.ToolUse{Name: "Bash", Command: "npm test"}
	for n, suites := range [][]transcript.ToolUse{nil, {use}, {use, use}} {
		if findings := verifyTestScope(suites); len(findings) != min(n, 1) || n > 0 && findings[0].Severity != rule.Note {
			t.Errorf("%d suites: %+v", n, findings)
		}
	}
}
