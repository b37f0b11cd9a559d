package conduct_test

import (
	"strings"
	"testing"

	"stopgate/hook/conduct"
	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/shell/screen"
)

func TestVerifyUses(t *testing.T) {
	tests := []struct {
		command string
		rules   string
	}{
		{"npm test && git status --short", ""},
		{"git restore --staged src/a.js", ""}, // how to unstage
		{"grep -rn 'git commit' docs", ""},
		{"git add -A", "git-staged"},
		{"git add . && git commit -m x && git push", "git-staged git-history git-pushed"},
		{"git config core.hooksPath /tmp/hooks", "git-tampered"},
		{"rm -f .git/index.lock", "git-tampered"},
		{"git stash", "git-history"},
	}
	for _, tt := range tests {
		findings := conduct.Command(screen.Prohibited(tt.command))
		if rules(findings) != tt.rules {
			t.Errorf("%s: %+v, want %q", tt.command, findings, tt.rules)
		}
		for _, f := range findings {
			if f.Severity != rule.Block || !strings.Contains(f.Message, `"git`) && !strings.Contains(f.Message, `"rm`) || quote.Length(f.Message) > host.MaxReason/2 {
				t.Errorf("%s: %+v", tt.command, f)
			}
		}
	}
}
