//go:build unix

package worktree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestNothingOutlivesGit asks git about a file whose filter starts another process. No such process is left, neither after git finished nor after it
// was killed.
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
			for range 1000 { // wait until the process is reaped
				if err = syscall.Kill(pid, 0); err != nil || zombie(pid) {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Errorf("process %d is still there", pid)
		})
	}
}

// zombie reports whether a process has ended and nobody has waited for it.
func zombie(pid int) bool {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, found := strings.Cut(string(content), ") ")
	return err == nil && found && strings.HasPrefix(state, "Z")
}

// TestPipesOfGit puts a named pipe in the place of a file that git reads. Neither this package nor git waits for a writer.
func TestPipesOfGit(t *testing.T) {
	t.Parallel()
	object := func(revision string) func(main, w *repo) string {
		return func(main, w *repo) string {
			id := strings.TrimSpace(w.run("rev-parse", revision))
			return main.gitDir("objects/" + id[:2] + "/" + id[2:])
		}
	}
	for name, path := range map[string]func(main, w *repo) string{
		"config": func(main, _ *repo) string { return main.gitDir("config") },
		"index":  func(_, w *repo) string { return w.gitDir("index") },
		"config.worktree": func(_, w *repo) string {
			w.run("config", "extensions.worktreeConfig", "true")
			return w.gitDir("config.worktree")
		},
		"packed-refs":       func(main, _ *repo) string { return main.gitDir("packed-refs") },
		"the branch":        func(main, w *repo) string { return main.gitDir(strings.TrimSpace(w.run("symbolic-ref", "HEAD"))) },
		"info/exclude":      func(main, _ *repo) string { return main.gitDir("info/exclude") },
		"info/attributes":   func(main, _ *repo) string { return main.gitDir("info/attributes") },
		"core.excludesFile": func(_, w *repo) string { w.run("config", "core.excludesFile", w.home+"/pipe"); return w.home + "/pipe" },
		"core.attributesFile": func(_, w *repo) string {
			w.run("config", "core.attributesFile", w.home+"/pipe")
			return w.home + "/pipe"
		},
		"an included file": func(_, w *repo) string { w.run("config", "include.path", w.home+"/pipe"); return w.home + "/pipe" },
		"the user's file":  func(_, w *repo) string { return w.home + "/.gitconfig" },
		"alternates":       func(main, _ *repo) string { return main.gitDir("objects/info/alternates") },
		"a commit":         object("HEAD"),
		"a tree":           object("HEAD^{tree}"),
		"a .gitignore":     func(_, w *repo) string { return filepath.Join(w.dir, ".gitignore") },
		".gitattributes":   func(_, w *repo) string { return filepath.Join(w.dir, ".gitattributes") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			main := newRepo(t)
			main.write("a.txt", "one\n")
			main.commit()
			w := main.linked()
			w.write("a.txt", "two\n")
			w.write("b.txt", "new\n")
			at := path(main, w)
			if err := os.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			mkdir(t, filepath.Dir(at))
			if err := syscall.Mkfifo(at, 0o600); err != nil {
				t.Skip(err)
			}
			place, err := Locate(w.dir)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			tree, err := Open(t.Context(), place, Options{Env: w.env})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tree.Close() }()
			tree.Claims(t.Context(), []string{"a.txt", "b.txt"}, Base{})
			tree.Survey(t.Context(), Base{}, ScanOptions{})
			if _, err := tree.Marks(t.Context()); err != nil {
				t.Error(err)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestTooLargeForGit has a file so large that git would read it for many seconds each time. So git is not asked, and what only git can find out is
// unknown.
func TestTooLargeForGit(t *testing.T) {
	t.Parallel()
	rules := func(line string) []byte { return []byte(strings.Repeat(line, 9<<20/len(line))) }
	for name, tt := range map[string]struct {
		path    func(main, w *repo) string
		content []byte
	}{
		"config":                  {func(main, _ *repo) string { return main.gitDir("config") }, []byte("[core]\n" + strings.Repeat("\tx = 1\n", 800_000))},
		"info/exclude":            {func(main, _ *repo) string { return main.gitDir("info/exclude") }, rules("*.x\n")},
		".gitignore":              {func(_, w *repo) string { return filepath.Join(w.dir, ".gitignore") }, rules("*.x\n")},
		"a .gitignore further in": {func(_, w *repo) string { return filepath.Join(w.dir, "src", ".gitignore") }, rules("*.x\n")},
		"attributes":              {func(_, w *repo) string { return filepath.Join(w.dir, ".gitattributes") }, rules("*.x text\n")},
		"attributes further in":   {func(_, w *repo) string { return filepath.Join(w.dir, "src", ".gitattributes") }, rules("*.x text\n")},
		"the branch":              {func(main, w *repo) string { return main.gitDir(strings.TrimSpace(w.run("symbolic-ref", "HEAD"))) }, make([]byte, 2<<20)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			main := newRepo(t)
			main.write("src/a.txt", "one\n")
			main.commit()
			w := main.linked()
			w.write("src/a.txt", "two and three\n")
			w.write("src/b.txt", "new\n")
			if err := os.WriteFile(tt.path(main, w), tt.content, 0o600); err != nil {
				t.Fatal(err)
			}
			place, err := Locate(w.dir)
			if err != nil {
				t.Fatal(err)
			}
			asked := filepath.Join(w.home, "asked")
			git := filepath.Join(w.home, "fake-git")
			if err := os.WriteFile(git, []byte("#!/bin/sh\necho \"$@\" >>'"+asked+"'\nexit 1\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			tree, err := Open(t.Context(), place, Options{Env: append(w.env, "GIT_CONFIG_NOSYSTEM=1"), Git: git})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tree.Close() }()
			states := tree.Claims(t.Context(), []string{"src/a.txt", "src/b.txt"}, Base{})
			survey := tree.Survey(t.Context(), Base{}, ScanOptions{})
			if content, err := os.ReadFile(asked); err == nil {
				t.Errorf("git was asked:\n%s", content)
			}
			if survey.Incomplete == "" {
				t.Errorf("the survey is complete: %+v", states)
			}
		})
	}
}
