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

// TestRanAt: the client cuts times to milliseconds, so a file may have been written up to one after the end of the command that wrote it. The times of
// git's logs are cut to seconds.
func TestRanAt(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 28, 10, 0, 5, 0, time.UTC)
	c := Command{From: at, To: at.Add(20 * time.Millisecond)}
	for after, ran := range map[time.Duration]bool{
		-time.Second: false, -999 * time.Millisecond: true, 0: true, 20 * time.Millisecond: true, 20*time.Millisecond + 999*time.Microsecond: true, 21 * time.Millisecond: false,
	} {
		if got := c.RanAt([]time.Time{at.Add(after)}); got != ran {
			t.Errorf("%v after its start: %v", after, got)
		}
	}
	if (Command{To: at}).RanAt([]time.Time{at}) || !(Command{From: at}).RanAt([]time.Time{at.Add(time.Hour)}) {
		t.Error("a start that is not known, or an end")
	}
}
