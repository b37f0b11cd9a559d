package artifact

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"stopgate/hook/artifact/trash"
)

// TestTrashIsBounded: an artifact that does not fit stays in place, and the oldest ones make room for newer ones.
func TestTrashIsBounded(t *testing.T) {
	folder, now := t.TempDir(), time.Now()
	report := "TN:\nSF:a.js\nDA:1,1\nend_of_record\n"
	put := func(id string, at time.Time, content string) Result {
		w := newWorld(t)
		w.write("lcov.info", content)
		root, err := os.OpenRoot(w.tree)
		w.do(err)
		defer root.Close()
		into := &trash.Folder{Path: folder, ID: id, Worktree: w.tree, Now: at, Limit: 100}
		return Sweep(context.Background(), root, Plan{Remove: []Removal{{Path: "lcov.info"}}}, Options{Trash: into})
	}
	if r := put("large", now, report+strings.Repeat("x", 100)); len(r.Removed) != 0 || len(r.Failed) != 1 {
		t.Errorf("too large: %+v", r)
	}
	for i, id := range []string{"a", "b", "c", "d"} {
		if r := put(id, now.Add(time.Duration(i)*time.Second), report); len(r.Removed) != 1 {
			t.Errorf("%s: %+v", id, r)
		}
	}
	held, err := trash.List(folder)
	if err != nil || len(held) != 3 || held[0].ID != "b" || held[2].ID != "d" {
		t.Errorf("held %+v, %v; want b, c and d", held, err)
	}
	put("e", now.Add(trash.Age+time.Minute), report)
	if held, err = trash.List(folder); err != nil || len(held) != 1 || held[0].ID != "e" {
		t.Errorf("after a week held %+v, %v; want e", held, err)
	}
}

// TestTrashThatTakesNothing: a path that git does not ignore stays completely in place if the trash cannot take it.
func TestTrashThatTakesNothing(t *testing.T) {
	report := "TN:\nSF:a.js\nDA:1,1\nend_of_record\n"
	for name, folder := range map[string]func(t *testing.T) *trash.Folder{
		"there is none": func(*testing.T) *trash.Folder { return nil },
		"its folder is a file": func(t *testing.T) *trash.Folder {
			path := filepath.Join(t.TempDir(), "trash")
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return &trash.Folder{Path: path, ID: "step", Worktree: t.TempDir(), Now: time.Now()}
		},
		"the step's folder is a file": func(t *testing.T) *trash.Folder {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "step"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return &trash.Folder{Path: dir, ID: "step", Worktree: t.TempDir(), Now: time.Now()}
		},
		"the step's folder is a link elsewhere": func(t *testing.T) *trash.Folder {
			dir := t.TempDir()
			if err := os.Symlink(t.TempDir(), filepath.Join(dir, "step")); err != nil {
				t.Skip(err) // Windows without the right to make links
			}
			return &trash.Folder{Path: dir, ID: "step", Worktree: t.TempDir(), Now: time.Now()}
		},
		"it is full of what this step put there": func(t *testing.T) *trash.Folder {
			return &trash.Folder{Path: t.TempDir(), ID: "step", Worktree: t.TempDir(), Now: time.Now(), Limit: int64(len(report)) + 10}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.write("coverage/lcov.info", report)
			w.write("coverage/lcov-report/index.html", string(left(t)["nyc"]["coverage/lcov-report/index.html"]))
			root, err := os.OpenRoot(w.tree)
			w.do(err)
			defer root.Close()
			before := w.snapshot()
			result := Sweep(context.Background(), root, Plan{Remove: []Removal{{Path: "coverage", Dir: true}}}, Options{Trash: folder(t)})
			if len(result.Removed) > 0 || len(result.Failed) != 1 || !strings.Contains(result.Failed[0].Err.Error(), "trash") {
				t.Errorf("removed %+v, failed %+v", result.Removed, result.Failed)
			}
			w.same(before, result)

			w.write("src/coverage/a.js", strings.Repeat("a source\n", 20))
			before = w.snapshot()
			into := folder(t)
			result = Sweep(context.Background(), root, Plan{Remove: []Removal{{Path: "src/coverage", Dir: true, Ignored: true}}}, Options{Trash: into})
			if stays := into != nil; len(result.Removed) == 0 != stays || len(result.Failed) == 1 != stays {
				t.Errorf("of what git ignores: removed %+v, failed %+v", result.Removed, result.Failed)
			}
			w.same(before, result)
		})
	}
}

// TestAllOrNothing: a report that git does not ignore is either completely in the trash or completely in place, whatever happens meanwhile.
func TestAllOrNothing(t *testing.T) {
	index := string(left(t)["nyc"]["coverage/lcov-report/index.html"])
	for name, tt := range map[string]struct {
		apart bool // the trash is on another file system
		at    int  // how often the folder has been opened when it happens
		what  func(w *world, cancel func())
		gone  bool
		why   string
	}{
		"nothing happens":                {gone: true},
		"nothing happens, apart":         {apart: true, gone: true},
		"time runs out in the look":      {at: 1, what: func(_ *world, cancel func()) { cancel() }, why: "context canceled"},
		"time runs out when it is moved": {at: 2, what: func(_ *world, cancel func()) { cancel() }, gone: true},
		"time runs out in the copy":      {apart: true, at: 2, what: func(_ *world, cancel func()) { cancel() }, why: "not enough time to copy its 4 entries"},
		"time runs out in the removal":   {apart: true, at: 3, what: func(_ *world, cancel func()) { cancel() }, gone: true},
		"a file changes after the copy":  {apart: true, at: 3, what: func(w *world, _ func()) { w.write("coverage/lcov-report/index.html", index+"<!-- new -->") }, why: "changed while it was looked at"},
		"it is listed when it is moved": {at: 2, gone: true, what: func(w *world, _ func()) {
			// If the process is killed here, everything can be restored.
			held, err := trash.List(filepath.Join(w.base, "trash"))
			if err != nil || len(held) != 1 || len(held[0].Entries) != 4 {
				t.Errorf("the trash lists %+v, %v", held, err)
			}
		}},
		"a source file comes when it was moved": {at: 2, what: func(w *world, _ func()) { w.write("../trash/step/1/lcov-report/calc.js", "export {}") }},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && !tt.apart {
				t.Skip("the trash takes copies alone")
			}
			w := newWorld(t)
			w.write("coverage/lcov.info", "TN:\nSF:a.js\nDA:1,1\nend_of_record\n")
			w.write("coverage/lcov-report/index.html", index)
			root, err := os.OpenRoot(w.tree)
			w.do(err)
			defer root.Close()
			into := &trash.Folder{Path: filepath.Join(w.base, "trash"), ID: "step", Worktree: w.tree, Now: time.Now()}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			opened := 0
			result := Sweep(ctx, root, Plan{Remove: []Removal{{Path: "coverage", Dir: true}}}, Options{Trash: into, apart: tt.apart, onOpen: func(p string) {
				if p == "coverage/lcov-report" {
					if opened++; opened == tt.at {
						tt.what(w, cancel)
					}
				}
			}})
			held, err := trash.List(into.Path)
			w.do(err)
			there := 0
			for _, name := range []string{"coverage/lcov.info", "coverage/lcov-report/index.html"} {
				if _, err := os.Lstat(w.path(name)); err == nil {
					there++
				}
			}
			if tt.gone {
				if len(result.Removed) != 1 || result.Removed[0].Files != 2 || there != 0 || len(held) != 1 || len(held[0].Entries) != 4 {
					t.Errorf("%+v, %d files are there, the trash holds %+v", result, there, held)
				}
				return
			}
			if len(result.Removed) != 0 || len(result.Failed)+len(result.Kept) != 1 || there != 2 || !tt.apart && len(held) != 0 {
				t.Errorf("%+v, %d files are there, the trash lists %+v", result, there, held)
			}
			if tt.why != "" && (len(result.Failed) != 1 || !strings.Contains(result.Failed[0].Err.Error(), tt.why) || result.Failed[0].Left < 2) {
				t.Errorf("failed %+v, want %q", result.Failed, tt.why)
			}
		})
	}
}

// TestRestore: links and modes come back as they were, but for a link that would lead out of the worktree, and nothing is overwritten.
func TestRestore(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no such modes")
	}
	w, folder := newWorld(t), t.TempDir()
	for name, content := range left(t)["tox"] {
		w.write(name, string(content))
	}
	w.write(".tox/py/bin/run", "#!/bin/sh\n")
	w.write(".tox/py/secret", "s")
	modes := map[string]os.FileMode{".tox/py/bin/run": 0o751, ".tox/py/secret": 0o400, ".tox/py/bin": 0o550}
	for _, name := range []string{".tox/py/bin/run", ".tox/py/secret"} {
		w.do(os.Chmod(w.path(name), modes[name]))
	}
	if runtime.GOOS == "linux" { // APFS takes UTF-8 alone
		w.write(".tox/py/caf\xe9/\xff%", "x")
		modes[".tox/py/caf\xe9/\xff%"] = 0o644
	}
	links := map[string]string{".tox/py/lib64": "lib", ".tox/py/bin/sh": "run", ".tox/py/out": "/usr/bin/python3", ".tox/py/up": "../../../elsewhere"}
	for name, to := range links {
		w.linked(os.Symlink(to, w.path(name)))
	}
	w.do(os.Chmod(w.path(".tox/py/bin"), modes[".tox/py/bin"]))
	if os.Getuid() != 0 { // only root removes from a closed directory
		w.do(os.Chmod(w.path(".tox/py/bin"), 0o750))
		modes[".tox/py/bin"] = 0o750
	}
	if gone := w.sweepUnignored(folder).Removed; len(gone) != 1 || gone[0].Path != ".tox" {
		t.Fatalf("removed %+v, want .tox", gone)
	}
	held, err := trash.List(folder)
	w.do(err)
	root, err := os.OpenRoot(w.tree)
	w.do(err)
	defer root.Close()
	w.write(".tox/py/secret", "another")
	back, err := trash.Restore(folder, held[0], "", root)
	w.do(err)
	refused := map[string]bool{}
	for _, r := range back {
		if r.Err != nil {
			refused[r.Path] = true
		}
	}
	if want := map[string]bool{".tox/py/out": true, ".tox/py/up": true, ".tox/py/secret": true}; !maps.Equal(refused, want) {
		t.Errorf("not brought back: %v, want %v", refused, want)
	}
	if text, _ := os.ReadFile(w.path(".tox/py/secret")); string(text) != "another" {
		t.Errorf("what stood there is %q", text)
	}
	for name, mode := range modes {
		if info, err := os.Lstat(w.path(name)); name != ".tox/py/secret" && (err != nil || info.Mode().Perm() != mode) {
			t.Errorf("%s has the mode %v, want %v (%v)", name, info, mode, err)
		}
	}
	for name, to := range links {
		if got, err := os.Readlink(w.path(name)); !refused[name] && (err != nil || got != to) {
			t.Errorf("%s leads to %q, want %q (%v)", name, got, to, err)
		}
	}
}
