package trace

import (
	"context"
	"testing"
	"time"

	"stopgate/hook/rule"
	"stopgate/hook/transcript"
)

// A command that deletes the .git folder of another repository is no evidence for a change of this one. A command that writes in a .git folder is.
func TestNestedRepositoryRemoved(t *testing.T) {
	for text, breaks := range map[string]bool{
		"rm -rf sub/.git":                                 false,
		"cd /shop/trees/T-1 && rm -rf sub/.git":           false,
		"rm -rf sub/.git && git config pull.rebase false": true,
		"rm -rf .git/hooks":                               true,
		"echo x >> .git/config":                           true,
	} {
		agent := &transcript.Agent{CWD: "/shop", ToolUses: []transcript.ToolUse{{Name: "Bash", Command: text, Line: 3}}}
		commands := ClassifiedCommands(context.Background(), agent, time.Time{}, nil)
		if len(commands) != 1 || commands[0].Breaks(rule.GitTampered) != breaks {
			t.Errorf("%s: %+v, want that it breaks the rule: %v", text, commands, breaks)
		}
	}
}
