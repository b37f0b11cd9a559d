//go:build unix

package worktree

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestNothingOutlivesGit asks git about a file whose filter starts other processes: one that ends with git, and one that is left behind.
func TestNothingOutlivesGit(t *testing.T) {
	for name, test := range map[string]struct {
		filter string
		known  bool
	}{
		"killed":   {"sleep 300 & echo $! >'%s'; sleep 300", false},
		"finished": {"cat; sleep 300 >/dev/null 2>&1 </dev/null & echo $! >'%s'", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t)
			r.write(".gitattributes", "*.f filter=f\n")
			r.write("a.f", "one\n")
			r.commit()
			r.write("a.f", "two\n")
			note := filepath.Join(r.home, "pid")
			r.run("config", "filter.f.clean", fmt.Sprintf(test.filter, note))
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			if s := claim(ctx, r.tree(), "a.f"); (s.Change == Unknown) == test.known {
				t.Errorf("it is %s (%s)", s.Change, s.Reason)
			}
			content, err := os.ReadFile(note)
			if err != nil {
				t.Fatal(err)
			}
			pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
			if err != nil {
				t.Fatal(err)
			}
			for range 1000 { // until it is reaped
				if err = syscall.Kill(pid, 0); err != nil || zombie(pid) {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Errorf("process %d is still there", pid)
		})
	}
}

// zombie reports whether a process has ended, and nobody has taken note.
func zombie(pid int) bool {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, found := strings.Cut(string(content), ") ")
	return err == nil && found && strings.HasPrefix(state, "Z")
}
