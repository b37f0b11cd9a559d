package worktree

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWorkTreeElsewhere: if core.worktree names another directory, git's answers are about that directory. So claims about the worktree here are
// Unknown, and git is not asked: the other directory may be a whole home directory.
func TestWorkTreeElsewhere(t *testing.T) {
	t.Parallel()
	main, w := base(t)
	other := filepath.Join(main.home, "elsewhere")
	mkdir(t, other)
	main.write("a.txt", "edited\n")
	main.run("config", "core.worktree", other)
	asked := filepath.Join(main.home, "asked")
	git := filepath.Join(main.home, "git")
	if err := os.WriteFile(git, []byte("#!/bin/sh\necho \"$@\" >>'"+asked+"'\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	place, err := Locate(main.dir)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := Open(t.Context(), place, Options{Git: git, Env: main.env})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tree.Close() }()
	if got := tree.Claims(t.Context(), []string{"a.txt"}, Base{})[0]; got.Change != Unknown || !strings.Contains(got.Reason, "core.worktree") {
		t.Errorf("the claim is %s (%s)", got.Change, got.Reason)
	}
	if got := tree.Survey(t.Context(), Base{}, ScanOptions{}); len(got.States) > 0 || !strings.Contains(got.Incomplete, "core.worktree") {
		t.Errorf("the survey has %+v (%s)", got.States, got.Incomplete)
	}
	if text, err := os.ReadFile(asked); err == nil && strings.Contains(string(text), "status") {
		t.Errorf("git was asked: %s", text)
	}
	w.write("a.txt", "edited\n") // core.worktree has no effect on linked worktrees
	if got := w.tree().Claims(t.Context(), []string{"a.txt"}, Base{})[0]; got.Change != Modified {
		t.Errorf("in a linked worktree it is %s (%s)", got.Change, got.Reason)
	}
}
