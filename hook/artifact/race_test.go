package artifact

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestReplacedBetweenPlanAndSweep puts something else in an artifact's place after the plan was made.
func TestReplacedBetweenPlanAndSweep(t *testing.T) {
	for _, test := range []struct {
		name    string
		replace func(w *world)
		kept    string
	}{
		{"a link to outside", func(w *world) { w.symlink(filepath.Join(w.outside, "home"), "coverage") }, "coverage symlink"},
		{"a relative link to outside", func(w *world) { w.symlink("../outside/home", "coverage") }, "coverage symlink"},
		{"a link to the sources", func(w *world) { w.symlink("src", "coverage") }, "coverage symlink"},
		{"a link to the work tree", func(w *world) { w.symlink(".", "coverage") }, "coverage symlink"},
		{"a dangling link", func(w *world) { w.symlink("nowhere", "coverage") }, "coverage symlink"},
		{"a file", func(w *world) { w.write("coverage", "") }, "coverage changed"},
		{"a repository", func(w *world) { w.write("coverage/.git/HEAD", "") }, "coverage repository"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.write("coverage/sub/precious.txt", "")
			plan := MakePlan(w.look(false), Protected{})
			w.do(os.Rename(w.path("coverage"), w.path("moved")))
			test.replace(w)
			w.expect(w.carryOut(plan), nil, []string{test.kept}, nil)
		})
	}
}

// TestReplacedAtTheLastMoment puts something else in a directory's place in the moment between the look at it and its opening: the
// time-th time that it is opened, which is 1 for the look at an artifact and 2 for its removal.
func TestReplacedAtTheLastMoment(t *testing.T) {
	away := func(w *world, name string) { w.do(os.Rename(w.path(name), w.path("moved"))) }
	for _, test := range []struct {
		name    string
		at      string
		time    int
		replace func(w *world)
		kept    []string
	}{
		{
			name: "a link to outside", at: "coverage", time: 1, kept: []string{"coverage changed"},
			replace: func(w *world) { away(w, "coverage"); w.symlink(w.outside, "coverage") },
		},
		{
			name: "a link to the sources", at: "coverage", time: 1, kept: []string{"coverage changed"},
			replace: func(w *world) { away(w, "coverage"); w.symlink("src", "coverage") },
		},
		{
			name: "a link to where it went", at: "coverage", time: 1, kept: []string{"coverage changed"},
			replace: func(w *world) { away(w, "coverage"); w.symlink("moved", "coverage") },
		},
		{
			name: "the sources", at: "coverage", time: 1, kept: []string{"coverage changed"},
			replace: func(w *world) { away(w, "coverage"); w.do(os.Rename(w.path("src"), w.path("coverage"))) },
		},
		{
			name: "a link to outside, after the look", at: "coverage", time: 2, kept: []string{"coverage changed"},
			replace: func(w *world) { away(w, "coverage"); w.symlink(w.outside, "coverage") },
		},
		{
			name: "a link to the sources, after the look", at: "coverage", time: 2, kept: []string{"coverage changed"},
			replace: func(w *world) { away(w, "coverage"); w.symlink("src", "coverage") },
		},
		{
			name: "a link deeper down", at: "coverage/sub", time: 1, kept: []string{"coverage changed"},
			replace: func(w *world) { away(w, "coverage/sub"); w.symlink("../../outside/sub", "coverage/sub") },
		},
		{
			name: "a link deeper down, after the look", at: "coverage/sub", time: 2, kept: []string{"coverage changed"},
			replace: func(w *world) { away(w, "coverage/sub"); w.symlink("../../outside/sub", "coverage/sub") },
		},
		{
			name: "a link next to it, after the look", at: "coverage/sub", time: 2, kept: []string{"coverage changed"},
			replace: func(w *world) { away(w, "coverage/sub"); w.symlink("../src", "coverage/sub") },
		},
		{
			name: "the sources, deeper down, after the look", at: "coverage/sub", time: 2, kept: []string{"coverage changed"},
			replace: func(w *world) { away(w, "coverage/sub"); w.do(os.Rename(w.path("src"), w.path("coverage/sub"))) },
		},
		{
			name: "a link on the way", at: "a", time: 1, kept: []string{"a/coverage changed"},
			replace: func(w *world) { away(w, "a"); w.symlink("../tree-2", "a") },
		},
		{
			name: "a repository, after the look", at: "coverage/sub", time: 2, kept: []string{"coverage repository"},
			replace: func(w *world) { w.write("coverage/sub/.git", "") },
		},
		{
			name: "nothing", at: "coverage", time: 1,
			replace: func(w *world) { away(w, "coverage") },
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			artifact := "coverage"
			if test.at == "a" {
				artifact = "a/coverage"
			}
			w.write(artifact+"/sub/precious.txt", "")
			w.write("htmlcov/x", "")
			plan := MakePlan(w.look(false), Protected{})
			root, err := os.OpenRoot(w.tree)
			w.do(err)
			defer root.Close()

			var before map[string]string
			times := 0
			result := Sweep(context.Background(), root, plan, Options{onOpen: func(p string) {
				if p == test.at {
					if times++; times == test.time {
						test.replace(w)
						before = w.snapshot()
					}
				}
			}})
			if before == nil {
				t.Fatalf("opened %d times", times)
			}
			w.same(before, result)
			removed, kept, failed := names(result)
			if !slices.Contains(removed, "htmlcov") {
				t.Error("htmlcov is still there")
			}
			if !slices.Equal(kept, test.kept) || len(failed) > 0 {
				t.Errorf("kept %q, want %q; failed %q", kept, test.kept, failed)
			}
		})
	}
}

// TestSwappedAllTheTime has somebody swap directories for links to the outside, again and again, while sweeps run.
func TestSwappedAllTheTime(t *testing.T) {
	w := newWorld(t)
	if !w.links() {
		t.Skip("no symbolic links can be made here")
	}
	plan := Plan{Remove: []Removal{{Path: "coverage", Dir: true, Ignored: true}}}
	root, err := os.OpenRoot(w.tree)
	w.do(err)
	defer root.Close()
	outside := &world{t: t, base: w.outside}
	before := outside.snapshot()

	stop, done := make(chan struct{}), make(chan int)
	go func() {
		swaps := 0
		for {
			select {
			case <-stop:
				done <- swaps
				return
			default:
			}
			for name, target := range map[string]string{"coverage": filepath.Join(w.outside, "home"), "coverage/sub": "../../outside/sub"} {
				aside := w.path("aside")
				if os.Rename(w.path(name), aside) != nil {
					continue
				}
				if os.Symlink(target, w.path(name)) == nil {
					swaps++
				}
				_ = os.Remove(w.path(name))
				if os.Rename(aside, w.path(name)) != nil {
					_ = os.RemoveAll(aside)
				}
			}
		}
	}()
	outcomes := map[string]int{}
	for range 3000 {
		// The root keeps these from following a link out; that they fail now and then is the point.
		_ = root.MkdirAll("coverage/sub", 0o755)
		for _, name := range []string{"coverage/precious.txt", "coverage/sub/precious.txt"} {
			_ = root.WriteFile(name, nil, 0o644)
		}
		result := Sweep(context.Background(), root, plan, Options{})
		removed, kept, failed := names(result)
		outcomes["removed"] += len(removed)
		outcomes["kept"] += len(kept)
		outcomes["failed"] += len(failed)
	}
	close(stop)
	swaps := <-done
	t.Logf("%d swaps; %v", swaps, outcomes)
	outside.same(before, Result{})
	if swaps == 0 || outcomes["removed"] == 0 {
		t.Errorf("nothing happened: %d swaps, %v", swaps, outcomes)
	}
}
