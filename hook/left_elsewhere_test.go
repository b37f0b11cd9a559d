package hook

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLeftElsewhere: a file of another worktree that was written after the stop is reported with the command that may have left a process running and
// names the file. Nobody is refused anything for that.
func TestLeftElsewhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, command string // FILE stands for the file
		file          string
		before        bool // it was written before the stop
		want          bool
	}{
		{"a file of the main worktree", "(sleep 60; echo x > FILE) &", "app.go", false, true},
		{"a file of another's worktree", "nohup sh -c 'sleep 60; echo x > FILE' >/dev/null 2>&1 &", "trees/T-2-other/app.go", false, true},
		{"written before", "(sleep 60; echo x > FILE) &", "app.go", true, false},
		{"a command that has ended", "echo x > FILE", "app.go", false, false},
		{"a command that reads", "(sleep 60; cat FILE) &", "app.go", false, false},
		{"its own worktree", "(sleep 60; echo x > FILE) &", "trees/T-1-login/app.go", false, false},
		{"outside of the repository", "(sleep 60; echo x > FILE) &", "../app.go", false, false},
		{"a file that is not there", "(sleep 60; echo x > FILE) &", "", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			place := h.addWorktree("T-1-login")
			h.addWorktree("T-2-other")
			file := filepath.Join(h.dir, "nothing")
			if tt.file != "" {
				file = filepath.Join(h.dir, tt.file)
				h.write(file, "x")
			}
			if tt.before {
				old := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
				if err := os.Chtimes(file, old, old); err != nil {
					t.Fatal(err)
				}
			}
			a, refused := h.launch("s", "x:bug-fixer", coderPrompt("T-1", place))
			if refused != "" {
				t.Fatal(refused)
			}
			a.runs(strings.ReplaceAll(tt.command, "FILE", file))
			h.edit(place, "app.go")
			if back := a.stop(reportOn("T-1", place, "app.go")); back != "" {
				t.Fatal(back)
			}
			a.back()
			h.pass("T-1", "test-runner", place)
			if got := told(h.endTurn("s")); strings.Contains(got, "it may have left a process running") != tt.want || tt.want && !strings.Contains(got, "was it you?") {
				t.Errorf("the orchestrator reads %q", got)
			}
		})
	}
}
