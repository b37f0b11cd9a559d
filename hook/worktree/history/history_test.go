package history_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/history"
	"stopgate/hook/worktree/repository"
	"stopgate/hook/worktree/status"
)

// TestSince reads the commits of all branches since a time, and what they change. Merges and the first commit are left out.
func TestSince(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skipf("git is needed: %v", err)
	}
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	env := append(os.Environ(), "HOME="+root, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_DEFAULT_REF_FORMAT=files", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
	minute := 0
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", args...)
		date := fmt.Sprintf("%d +0000", start.Add(time.Duration(minute)*time.Minute).Unix())
		cmd.Dir, cmd.Env = root, slices.Concat(env, []string{"GIT_AUTHOR_DATE=" + date, "GIT_COMMITTER_DATE=" + date})
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
	}
	commit := func(message string, files map[string]string) {
		t.Helper()
		for name, content := range files {
			if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		git("add", "-A")
		git("commit", "-q", "-m", message)
		minute++
	}
	git("init", "-q", "-b", "main")
	commit("first", map[string]string{"a": "1\n"})
	commit("second", map[string]string{"a": "2\n", "b": "1\n"})
	git("switch", "-q", "-c", "side")
	commit("on the side", map[string]string{"c": "1\n"})
	git("switch", "-q", "main")
	if err := os.Remove(filepath.Join(root, "b")); err != nil {
		t.Fatal(err)
	}
	commit("third", nil)
	git("merge", "-q", "--no-ff", "-m", "merged", "side")

	place, err := gitdir.Locate(root)
	if err != nil {
		t.Fatal(err)
	}
	h := history.Open(repository.Open(place, repository.Options{Env: env}))
	for since, want := range map[int][]string{
		-1: {"second +", "on the side", "third +"}, // the root commit is left out
		1:  {"second +", "on the side", "third +"},
		2:  {"on the side", "third +"},
		9:  nil,
	} {
		commits, err := h.Since(t.Context(), place, start.Add(time.Duration(since)*time.Minute+time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range commits {
			text := strings.TrimSpace(c.Message)
			if c.OnHead {
				text += " +"
			}
			got = append(got, text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("since minute %d: %q, want %q", since, got, want)
		}
	}
	commits, err := h.Since(t.Context(), place, start)
	if err != nil || len(commits) != 3 {
		t.Fatalf("%d commits: %v", len(commits), err)
	}
	for _, tt := range []struct {
		commit int
		name   string
		want   status.Change
	}{
		{0, "a", status.Modified}, {0, "b", status.Added}, {1, "c", status.Added}, {2, "b", status.Deleted}, {2, "c", status.Missing}, {2, "a", status.Unchanged},
	} {
		c := commits[tt.commit]
		if got, err := h.Change(c, tt.name); err != nil || got != tt.want || c.Changes(tt.name) != tt.want.Made() {
			t.Errorf("%q changes %s: %s, %t: %v", c.Message, tt.name, got, c.Changes(tt.name), err)
		}
	}
}
