package artifact

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// world is a work tree and what stands around it.
type world struct {
	t       testing.TB
	base    string // holds tree and outside
	tree    string
	outside string
	tracked []string // what git tracks, relative to tree
	staged  []string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return worldAt(t, t.TempDir())
}

func worldAt(t testing.TB, base string) *world {
	w := &world{t: t, base: base, tree: filepath.Join(base, "tree"), outside: filepath.Join(base, "outside")}
	w.write("src/main.py", "print()")
	w.track("src/main.py")
	w.write("../outside/home/precious.txt", "1")
	w.write("../outside/home/sub/precious.txt", "2")
	w.write("../outside/sub/precious.txt", "3")
	w.write("../tree-2/coverage/index.html", "4") // another tree's business
	return w
}

func (w *world) path(name string) string { return filepath.Join(w.tree, filepath.FromSlash(name)) }

func (w *world) do(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) mkdir(name string) {
	w.t.Helper()
	w.do(os.MkdirAll(w.path(name), 0o755))
}

func (w *world) write(name, content string) {
	w.t.Helper()
	w.mkdir(path.Dir(name))
	w.do(os.WriteFile(w.path(name), []byte(content), 0o644))
}

// symlink makes a symbolic link. It skips the test if links are not allowed, as on Windows without the right to make them.
func (w *world) symlink(target, name string) {
	w.t.Helper()
	w.mkdir(path.Dir(name))
	w.linked(os.Symlink(target, w.path(name)))
}

func (w *world) linked(err error) {
	w.t.Helper()
	if err != nil && runtime.GOOS == "windows" {
		w.t.Skip(err)
	}
	w.do(err)
}

// links reports whether this user can make symbolic links.
func (w *world) links() bool {
	err := os.Symlink("nowhere", filepath.Join(w.t.TempDir(), "link"))
	if runtime.GOOS != "windows" {
		w.do(err)
	}
	return err == nil
}

func (w *world) track(names ...string) { w.tracked = append(w.tracked, names...) }

// atOrBeneath reports whether one of paths is name or lies beneath it.
func atOrBeneath(paths []string, name string) bool {
	return slices.ContainsFunc(paths, func(p string) bool { return p == name || strings.HasPrefix(p, name+"/") })
}

// look walks the work tree as the program's one walk does: it tells what Candidate, Inside and Excluded ask it to. A lazy one does
// not go into candidates that hold nothing tracked.
func (w *world) look(lazy bool) []Seen {
	w.t.Helper()
	var seen []Seen
	var repositories []string
	var walk func(dir string, shallow bool)
	walk = func(dir string, shallow bool) {
		entries, err := os.ReadDir(w.path(dir))
		w.do(err)
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			s := Seen{
				Path: name, Dir: e.IsDir(), Ignored: true, Symlink: e.Type()&fs.ModeSymlink != 0,
				Tracked: atOrBeneath(w.tracked, name), Staged: atOrBeneath(w.staged, name),
			}
			candidate := Rules{}.Candidate(name, s.Dir) || s.Symlink && Rules{}.Candidate(name, true)
			if s.Dir {
				_, err := os.Lstat(w.path(name + "/.git"))
				if s.NestedRepository = err == nil; s.NestedRepository {
					repositories = append(repositories, name)
				}
			}
			if candidate {
				seen = append(seen, s)
			}
			switch {
			case !s.Dir || s.NestedRepository:
			case shallow:
			case !lazy || !candidate || s.Tracked:
				walk(name, Excluded(e.Name()))
			}
		}
	}
	walk("", false)
	for i := range seen {
		seen[i].NestedRepository = atOrBeneath(repositories, seen[i].Path)
	}
	return seen
}

// snapshot describes base and everything in it: kinds, modes, contents, targets.
func (w *world) snapshot() map[string]string {
	w.t.Helper()
	all := map[string]string{}
	w.do(filepath.WalkDir(w.base, func(p string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrPermission) && d != nil {
			return nil // its name and mode are known
		}
		if err != nil {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrPermission) {
			all[p] = "behind a directory that cannot be searched"
			return nil
		}
		if err != nil {
			return err
		}
		what := info.Mode().String()
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(p)
			if err != nil {
				return err
			}
			what += " -> " + target
		case info.Mode().IsRegular():
			content, err := os.ReadFile(p)
			if errors.Is(err, fs.ErrPermission) {
				content, err = []byte("closed"), nil
			}
			if err != nil {
				return err
			}
			what += fmt.Sprintf(" %x", sha256.Sum256(content))
		}
		name, err := filepath.Rel(w.base, p)
		all[filepath.ToSlash(name)] = what
		return err
	}))
	return all
}

// trackedNow answers Options.Tracked.
func (w *world) trackedNow(name string) bool { return atOrBeneath(w.tracked, name) }

// sweep plans and sweeps, and checks what must hold every time: a dry run changes nothing and predicts the result, and the sweep changes nothing
// but what it reports.
func (w *world) sweep() Result {
	w.t.Helper()
	return w.carryOut(MakePlan(w.look(false), Protected{}))
}

func (w *world) carryOut(plan Plan) Result {
	w.t.Helper()
	root, err := os.OpenRoot(w.tree)
	w.do(err)
	defer root.Close()

	before := w.snapshot()
	dry := Sweep(context.Background(), root, plan, Options{DryRun: true, Tracked: w.trackedNow})
	w.same(before, Result{})
	result := Sweep(context.Background(), root, plan, Options{Tracked: w.trackedNow})
	w.same(before, result)
	if dry, did := fmt.Sprintf("%+v", dry), fmt.Sprintf("%+v", result); dry != did {
		w.t.Errorf("dry run: %s\nsweep:   %s", dry, did)
	}
	if again := Sweep(context.Background(), root, plan, Options{Tracked: w.trackedNow}); len(again.Removed) > 0 {
		w.t.Errorf("removed again: %+v", again.Removed)
	}
	return result
}

// same fails unless the world is as before but for what result says is gone, in whole or in part.
func (w *world) same(before map[string]string, result Result) {
	w.t.Helper()
	var removed, failed []string
	for _, r := range result.Removed {
		removed = append(removed, path.Join("tree", r.Path))
	}
	for _, f := range result.Failed {
		failed = append(failed, path.Join("tree", f.Path))
	}
	now := w.snapshot()
	for _, name := range slices.Sorted(maps.Keys(before)) {
		within := func(list []string) bool {
			return slices.ContainsFunc(list, func(dir string) bool { return name == dir || strings.HasPrefix(name, dir+"/") })
		}
		switch what, there := now[name]; {
		case within(removed):
			if there {
				w.t.Errorf("%q is still there", name)
			}
		case !there:
			if !within(failed) {
				w.t.Errorf("%q is gone", name)
			}
		case what != before[name]:
			w.t.Errorf("%q was %s and is %s", name, before[name], what)
		}
	}
	for name := range now {
		if _, ok := before[name]; !ok {
			w.t.Errorf("%q is new", name)
		}
	}
}

// names returns the paths in a result, for a comparison at a glance.
func names(r Result) (removed, kept, failed []string) {
	for _, x := range r.Removed {
		removed = append(removed, x.Path)
	}
	for _, x := range r.Kept {
		kept = append(kept, x.Path+" "+string(x.Reason))
	}
	for _, x := range r.Failed {
		failed = append(failed, x.Path+" at "+x.At)
	}
	return removed, kept, failed
}

func (w *world) expect(r Result, removed, kept, failed []string) {
	w.t.Helper()
	gotRemoved, gotKept, gotFailed := names(r)
	for _, list := range []struct {
		name      string
		got, want []string
	}{{"removed", gotRemoved, removed}, {"kept", gotKept, kept}, {"failed", gotFailed, failed}} {
		if !slices.Equal(list.got, list.want) {
			w.t.Errorf("%s %q, want %q", list.name, list.got, list.want)
		}
	}
}
