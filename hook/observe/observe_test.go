package observe_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"stopgate/hook/inspect"
	"stopgate/hook/integration"
	"stopgate/hook/observe"
	"stopgate/hook/worktree"
)

var (
	_ inspect.Observer = observe.Worktrees{}
	_ integration.Git  = observe.Worktrees{}
)

// A worktree that cannot be opened proves nothing: every answer is unknown, with a reason, or an error.
func TestWorktreeIsGone(t *testing.T) {
	t.Parallel()
	ctx, w, gone := t.Context(), observe.Worktrees{}, worktree.Place{Root: "/gone", GitDir: "/gone/.git", CommonDir: "/gone/.git"}
	states := w.Claims(ctx, gone, []string{"a.go", "b.go"}, worktree.Base{})
	if len(states) != 2 {
		t.Fatalf("two paths were asked for: %+v", states)
	}
	for i, path := range []string{"a.go", "b.go"} {
		if s := states[i]; s.Path != path || s.Change != worktree.Unknown || s.Reason == "" {
			t.Errorf("%s: %+v", path, s)
		}
	}
	if survey := w.Survey(ctx, gone, worktree.Base{}, worktree.ScanOptions{}); survey.Incomplete == "" || len(survey.Candidates) > 0 {
		t.Errorf("survey: %+v", survey)
	}
	if _, _, err := w.Snapshot(ctx, gone, worktree.ScanOptions{}); err == nil {
		t.Error("a snapshot was taken")
	}
	if _, err := w.Marks(ctx, gone); err == nil {
		t.Error("git's own files were read")
	}
	if _, changes, err := w.Moved(ctx, gone, worktree.Marks{}); err == nil || changes != nil {
		t.Errorf("changes: %v", changes)
	}
	if _, err := w.FileAt(ctx, gone, "HEAD", "a.go", 10); err == nil {
		t.Error("a file was read")
	}
	if _, err := w.BranchesWith(ctx, gone, "HEAD"); err == nil {
		t.Error("branches were found")
	}
}

// TestWithoutGit: no answer comes from a git that must not run, that on commits neither.
func TestWithoutGit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	init := exec.Command("git", "init", "-q", dir)
	init.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	if out, err := init.CombinedOutput(); err != nil {
		t.Skipf("git is needed: %v\n%s", err, out)
	}
	place, err := worktree.Locate(dir)
	if err != nil {
		t.Fatal(err)
	}
	const why, commit = "not in this test", "1111111111111111111111111111111111111111"
	w := observe.Worktrees{Env: init.Env, WithoutGit: why}
	_, held := w.Held(t.Context(), place, commit, worktree.Snapshot{Tree: "2222222222222222222222222222222222222222"})
	_, branches := w.BranchesWith(t.Context(), place, commit)
	_, applied := w.Applied(t.Context(), place, "refs/heads/main", commit)
	for name, err := range map[string]error{"Held": held, "BranchesWith": branches, "Applied": applied} {
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
