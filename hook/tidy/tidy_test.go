package tidy_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/artifact"
	"stopgate/hook/artifact/trash"
	"stopgate/hook/cleanup"
	"stopgate/hook/host"
	"stopgate/hook/inspect"
	"stopgate/hook/judge"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/tidy"
)

// TestAfterStop removes leftovers if the agent may stop, and says why not where they must stay.
func TestAfterStop(t *testing.T) {
	t.Parallel()
	var swept []cleanup.Sweeping
	var fails error
	w := &scene.World{GivenGrounds: &site.Grounds{}, Now: time.Now, Log: io.Discard, Sweep: func(_ context.Context, s cleanup.Sweeping) (artifact.Result, error) {
		swept = append(swept, s)
		return artifact.Result{Removed: s.Plan.Remove}, fails
	}}
	s := w.Scene(host.Event{SessionID: "s1"})
	c := judge.Case{StepID: "step1", Verdict: rule.Verified}
	if got := tidy.AfterStop(t.Context(), s, c); got != nil || swept != nil {
		t.Errorf("without leftovers: %+v", got)
	}
	c.Leftovers = inspect.Leftovers{Plan: artifact.Plan{Remove: []artifact.Removal{{Path: "out", Files: 1, Ignored: true}}}}
	if got := tidy.AfterStop(t.Context(), s, c); got == nil || got.RemovedTotal != 1 || swept[0].ID != "step1" {
		t.Errorf("%+v, swept %+v", got, swept)
	}
	fails = errors.New("the disk is gone")
	if got := tidy.AfterStop(t.Context(), s, c); got == nil || got.Skipped != "the disk is gone" {
		t.Errorf("with an error: %+v", got)
	}
	swept = nil
	c.Verdict = rule.Rejected
	if got := tidy.AfterStop(t.Context(), s, c); got != nil || swept != nil {
		t.Errorf("of an agent that is sent back: %+v", got)
	}
	c.Verdict, c.Leftovers = rule.Verified, inspect.Leftovers{Skipped: "another agent works here"}
	if got := tidy.AfterStop(t.Context(), s, c); got == nil || got.Skipped != "another agent works here" || swept != nil {
		t.Errorf("in doubt: %+v", got)
	}
}

// TestBringBack restores the artifact of a path, into its worktree or another, and names no other step.
func TestBringBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tree, bin, other := filepath.Join(dir, "tree"), filepath.Join(dir, "trash"), filepath.Join(dir, "other")
	for _, name := range []string{"tree/a/__pycache__/x.cpython-311.pyc", "tree/b/__pycache__/y.cpython-311.pyc", "other/x"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("\x61\x0d\r\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(tree)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	plan := artifact.Plan{Remove: []artifact.Removal{{Path: "a/__pycache__", Dir: true}, {Path: "b/__pycache__", Dir: true}}}
	swept := artifact.Sweep(t.Context(), root, plan, artifact.Options{Trash: &trash.Folder{Path: bin, ID: "step1234", Worktree: tree, Now: time.Now()}})
	back := func(id, only, to string) (restored int, err error) {
		held, err := trash.List(bin)
		if err != nil || len(held) == 0 {
			t.Fatalf("the trash holds %v, %v, after %+v", held, err, swept)
		}
		done, err := tidy.BringBack(bin, held, id, only, to)
		for _, r := range done {
			if r.Err == nil {
				restored++
			}
		}
		return restored, err
	}
	for _, wrong := range [][2]string{{"step9", ""}, {"st", ""}, {"step1234", "src"}} {
		if n, err := back(wrong[0], wrong[1], ""); n > 0 || err == nil {
			t.Errorf("%q: %d restored, %v", wrong, n, err)
		}
	}
	if n, err := back("step", "b", ""); n != 1 || err != nil {
		t.Errorf("of a folder: %d restored, %v", n, err)
	}
	if _, err := os.Stat(filepath.Join(tree, "a", "__pycache__")); err == nil {
		t.Error("more is restored than was asked for")
	}
	if n, err := back("step:step1234", "", other); n != 2 || err != nil {
		t.Errorf("into another worktree: %d restored, %v", n, err)
	}
	if n, err := back("step1234", "", filepath.Join(dir, "gone")); n > 0 || err == nil || !strings.Contains(err.Error(), "no longer exists") {
		t.Errorf("into no worktree: %d restored, %v", n, err)
	}
}
