package marks

import "testing"

func TestCommandOf(t *testing.T) {
	for message, want := range map[string]string{
		"commit: x": "commit", "commit (amend): x": "commit", "commit (initial): x": "commit", "update by push": "push",
		"fetch origin: fast-forward": "fetch", "pull --rebase (finish): x": "pull", "rebase (finish): x": "rebase",
		"reset: moving to HEAD~": "reset", "checkout: moving from a to b": "checkout", "Branch: renamed a to b": "branch",
		"cherry-pick: x": "cherry-pick", "branch: Created from HEAD": "branch", "": "", "no command": "", "\x1b[31m: x": "", ": x": "",
	} {
		if got := commandOf(message); got != want {
			t.Errorf("commandOf(%q) = %q, want %q", message, got, want)
		}
	}
}
