package look_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"stopgate/hook/host"
	"stopgate/hook/inspect"
	"stopgate/hook/look"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// seen is an observer that sees what it is told to.
type seen struct {
	inspect.Observer
	err   error
	since *worktree.Marks // of the last call of Since
}

func (seen) FileAt(context.Context, worktree.Place, string, string, int) ([]byte, error) {
	return nil, nil
}

func (o *seen) Snapshot(context.Context, worktree.Place, worktree.ScanOptions) (worktree.Snapshot, []worktree.Candidate, error) {
	return worktree.Snapshot{}, []worktree.Candidate{{Path: "__pycache__", Dir: true, Ignored: true, Files: 1}}, o.err
}

func (o *seen) Marks(context.Context, worktree.Place) (worktree.Marks, error) {
	return worktree.Marks{}, o.err
}

func (o *seen) Since(_ context.Context, _ worktree.Place, launched worktree.Marks) inspect.Observer {
	o.since = &launched
	return o
}

func newScene(o *seen) *scene.Scene {
	memory := &record.Memory{}
	w := &scene.World{
		GivenGrounds: &site.Grounds{}, Observe: o, Now: time.Now, Log: io.Discard,
		OpenJournal: func(string) (record.Journal, error) { return memory, nil },
	}
	return w.Scene(host.Event{SessionID: "s1"})
}

// TestBaseline records the state of the worktree, or why it could not be read.
func TestBaseline(t *testing.T) {
	t.Parallel()
	now := look.Baseline(t.Context(), newScene(&seen{}), worktree.Place{Root: "/r/trees/T-1"})
	if now.Marked == nil || now.Snapshot.Incomplete != "" || len(now.Artifacts) != 1 || now.At.IsZero() {
		t.Errorf("%+v", now)
	}
	now = look.Baseline(t.Context(), newScene(&seen{err: errors.New("the disk is gone")}), worktree.Place{Root: "/r/trees/T-1"})
	if now.Marked != nil || now.Snapshot.Incomplete != "the disk is gone" || now.Artifacts != nil {
		t.Errorf("unseen: %+v", now)
	}
}

// TestBaselineWithoutMain: core.worktree may name a folder that is no worktree to be opened. Then there is no main worktree to compare with, which is
// no reason for a verdict of unknown.
func TestBaselineWithoutMain(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]bool{"": true, "[core]\n\tworktree = ../elsewhere\n": false} {
		dir, err := filepath.EvalSymlinks(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		common := filepath.Join(dir, ".git")
		if err := errors.Join(os.MkdirAll(filepath.Join(dir, "elsewhere"), 0o700), os.MkdirAll(filepath.Join(common, "worktrees/T-1"), 0o700), os.WriteFile(filepath.Join(common, "config"), []byte(config), 0o600)); err != nil {
			t.Fatal(err)
		}
		s := newScene(&seen{})
		s.World.GivenGrounds.Repository = &worktree.Place{Root: dir, GitDir: common, CommonDir: common}
		now := look.Baseline(t.Context(), s, worktree.Place{Root: filepath.Join(dir, "trees/T-1"), GitDir: filepath.Join(common, "worktrees/T-1"), CommonDir: common})
		if now.Main != nil != want || now.MainUnseen != "" {
			t.Errorf("with %q the main worktree is %+v (%s)", config, now.Main, now.MainUnseen)
		}
	}
}

// TestCareful: if an agent was launched into the worktree before, the observer runs no program that a change since then sets up.
func TestCareful(t *testing.T) {
	t.Parallel()
	o := &seen{}
	s, place := newScene(o), worktree.Place{Root: "/r/trees/T-1"}
	if look.Careful(t.Context(), s, place); o.since != nil {
		t.Error("nothing was launched there")
	}
	first := look.Baseline(t.Context(), s, place)
	s.Append(t.Context(), first.Entry("bug-fixer", "T-1"))
	if look.Careful(t.Context(), s, place); first.Worktree != "" && o.since == nil {
		t.Error("the observer is the one of before the launch")
	}
}
