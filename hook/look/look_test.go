package look_test

import (
	"context"
	"errors"
	"io"
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
