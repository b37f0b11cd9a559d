package worktree

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/worktree/object"
	"stopgate/hook/worktree/status"
)

func (r *repo) scan(o ScanOptions) status.Scan {
	r.t.Helper()
	return r.tree().Scan(context.Background(), o)
}

func namesOf(s *status.Scan) []string {
	var names []string
	for _, c := range s.Changes {
		names = append(names, c.Name)
	}
	return names
}

func wantList[T any](t *testing.T, what string, got []T, want ...T) {
	t.Helper()
	if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("%s are %+v, want %+v", what, got, want)
	}
}

// withExclusions returns a worktree with changes in directories that seedExcludes excludes by name. In some of them git tracks files.
func withExclusions(t *testing.T) *repo {
	r := newRepo(t)
	r.write(".gitignore", "node_modules/\n")
	r.write("vendor/lib/tracked.go", "x\n")
	r.write("src/a.go", "x\n")
	r.commit()
	r.write("vendor/lib/tracked.go", "edited\n")
	r.write("vendor/lib/new.go", "new\n")
	r.write("vendor/other/new.go", "new\n")
	r.write("vendor/other/build/out", "new\n")
	r.write("src/build/out", "new\n")
	r.write("src/new.go", "new\n")
	r.write("my-backup-2/old.go", "old\n")
	r.write("node_modules/x/index.js", "x\n")
	r.write("environment/new.go", "new\n")
	r.write("build", "a file is no directory\n")
	return r
}

// TestScanExclusions: exclusions limit the candidates, and hide no change.
func TestScanExclusions(t *testing.T) {
	for _, viaGit := range []bool{false, true} {
		r := withExclusions(t)
		for _, file := range []string{"vendor/other/junit.xml", "src/build/junit.xml", "src/build/deep/junit.xml", "node_modules/junit.xml", "node_modules/x/junit.xml", "src/junit.xml"} {
			r.write(file, "<xml/>")
		}
		if viaGit {
			r.run("config", "core.symlinks", "false")
		}
		scan := r.scan(ScanOptions{Exclude: seedExcludes, Candidates: leftover})
		all := r.scan(ScanOptions{})
		wantList(t, "changes", namesOf(&scan), namesOf(&all)...)
		for _, complaint := range r.oracle().differences(&scan) {
			t.Error(complaint)
		}
		var candidates []string
		for _, c := range scan.Candidates {
			candidates = append(candidates, c.Path)
		}
		wantList(t, "candidates", candidates, "node_modules/junit.xml", "src/build/junit.xml", "src/junit.xml", "vendor/other/junit.xml")
		if scan.Incomplete != "" || scan.ViaGit != viaGit {
			t.Errorf("incomplete %q, via git %t", scan.Incomplete, scan.ViaGit)
		}
	}
}

// seedExcludes is a ScanOptions.Exclude like that of package artifact.
func seedExcludes(name string) bool {
	return slices.Contains([]string{"trees", "node_modules", "vendor", ".venv", "target", "build", "dist"}, name) || strings.Contains(name, "backup")
}

// leftover is a ScanOptions.Candidates like that of package artifact.
func leftover(path string, isDir bool) bool {
	if isDir {
		return slices.Contains([]string{"coverage", "__pycache__"}, object.LastName(path)) || strings.HasSuffix("/"+path, "/target/debug")
	}
	return slices.Contains([]string{".coverage", "junit.xml"}, object.LastName(path))
}

// ageless returns the candidates without their times.
func ageless(candidates []Candidate) []Candidate {
	var all []Candidate
	for _, c := range candidates {
		c.Oldest, c.Newest = time.Time{}, time.Time{}
		all = append(all, c)
	}
	return all
}

func TestScanCandidates(t *testing.T) {
	build := func(t *testing.T) *repo {
		r := newRepo(t)
		r.write(".gitignore", "__pycache__/\nignored/\ntarget/\n")
		r.write("src/a.py", "x\n")
		r.write("fixtures/coverage/kept.txt", "tracked\n")
		r.write("junit.xml", "tracked\n")
		r.commit()
		r.write("src/__pycache__/a.pyc", "12345")
		r.write("src/__pycache__/deep/b.pyc", "123")
		r.write("ignored/deep/__pycache__/c.pyc", "1")
		r.write("ignored/.coverage", "1234567")
		r.write("coverage/index.html", "<html>")
		r.write("coverage/__pycache__/n.pyc", "12")
		r.write("coverage/node_modules/x", "1")
		r.write("fixtures/coverage/junit.xml", "12")
		r.write("node_modules/coverage/x", "1")
		r.write("node_modules/p/coverage/x", "1")
		r.write("crate/target/debug/deps/x", "1234")
		r.write("crate/target/release/debug/x", "1234")
		r.symlink("..", "sub-link")
		r.symlink(r.home, "src/coverage")
		r.symlink("junit.xml", ".coverage")
		n := r.nested("emb/coverage")
		n.write("x", "1")
		r.write("holds/coverage/a", "1")
		r.nested("holds/coverage/inner")
		return r
	}
	want := []Candidate{
		{Path: ".coverage", Symlink: true, Files: 1, Size: 9},
		{Path: "coverage", Dir: true, Files: 3, Size: 9},
		{Path: "crate/target/debug", Dir: true, Files: 1, Size: 4, Ignored: true},
		{Path: "emb/coverage", Dir: true, Repository: true},
		{Path: "fixtures/coverage", Dir: true, Tracked: true},
		{Path: "fixtures/coverage/junit.xml", Files: 1, Size: 2},
		{Path: "holds/coverage", Dir: true, Files: 1, Size: 1, Repository: true},
		{Path: "ignored/.coverage", Files: 1, Size: 7, Ignored: true},
		{Path: "ignored/deep/__pycache__", Dir: true, Files: 1, Size: 1, Ignored: true},
		{Path: "node_modules/coverage", Dir: true, Files: 1, Size: 1},
		{Path: "src/__pycache__", Dir: true, Files: 2, Size: 8, Ignored: true},
	}
	for _, viaGit := range []bool{false, true} {
		t.Run(fmt.Sprintf("via git %t", viaGit), func(t *testing.T) {
			r := build(t)
			want := slices.Clone(want)
			info, err := os.Lstat(filepath.Join(r.dir, "src/coverage"))
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, Candidate{Path: "src/coverage", Symlink: true, Files: 1, Size: info.Size()})
			if viaGit {
				r.run("config", "core.symlinks", "false")
			}
			scan := r.scan(ScanOptions{Exclude: seedExcludes, Candidates: leftover})
			wantList(t, "candidates", ageless(scan.Candidates), want...)
			if scan.Incomplete != "" || scan.ViaGit != viaGit {
				t.Errorf("incomplete %q, via git %t", scan.Incomplete, scan.ViaGit)
			}
			// What a candidate contains is still a change.
			plain := r.scan(ScanOptions{})
			wantList(t, "changes with candidates", scan.Changes, plain.Changes...)
		})
	}
}

// TestScanIncomplete: a Scan that cannot find everything is Incomplete. It never claims that nothing changed.
func TestScanIncomplete(t *testing.T) {
	_, w := edited(t)
	tests := map[string]func(t *testing.T) status.Scan{
		"no time": func(t *testing.T) status.Scan {
			ctx, cancel := context.WithCancel(context.Background())
			tree := w.tree()
			cancel()
			return tree.Scan(ctx, ScanOptions{})
		},
		"time runs out on the way": func(t *testing.T) status.Scan {
			ctx, cancel := context.WithCancel(context.Background())
			return w.tree().Scan(ctx, ScanOptions{Candidates: func(string, bool) bool { cancel(); return false }})
		},
		"too much to tell": func(*testing.T) status.Scan { return w.scan(ScanOptions{Limit: 2}) },
		"too much to tell, by git": func(t *testing.T) status.Scan {
			_, w := edited(t)
			w.run("config", "core.symlinks", "false")
			return w.scan(ScanOptions{Limit: 2})
		},
		"a path that is too long": func(t *testing.T) status.Scan {
			_, w := edited(t)
			w.tooDeep("deep")
			return w.scan(ScanOptions{})
		},
		"a rule file that is too large, and no git": func(t *testing.T) status.Scan {
			_, w := edited(t)
			w.write("dir/.gitignore", strings.Repeat("#", 2<<20))
			return w.withoutGit().Scan(context.Background(), ScanOptions{})
		},
	}
	for name, run := range tests {
		t.Run(name, func(t *testing.T) {
			scan := run(t)
			if scan.Incomplete == "" {
				t.Errorf("it is complete, with %d changes", len(scan.Changes))
			}
			t.Logf("%d changes, incomplete: %s", len(scan.Changes), scan.Incomplete)
		})
	}
}

// tooDeep makes directories below dir until their path is longer than the system accepts.
func (r *repo) tooDeep(dir string) {
	r.t.Helper()
	mkdir(r.t, filepath.Join(r.dir, dir))
	root, err := os.OpenRoot(filepath.Join(r.dir, dir))
	for range 25 {
		if err != nil {
			r.t.Fatal(err)
		}
		name := strings.Repeat("n", 200)
		if err := root.Mkdir(name, 0o755); err != nil {
			r.t.Fatal(err)
		}
		below, err2 := root.OpenRoot(name)
		if err := root.Close(); err != nil {
			r.t.Fatal(err)
		}
		root, err = below, err2
	}
	if err := root.Close(); err != nil {
		r.t.Fatal(err)
	}
}

// TestScanUnseen: a path that cannot be read makes a Scan incomplete only if there could be a change.
func TestScanUnseen(t *testing.T) {
	_, w := edited(t)
	w.tooDeep("build")
	w.write(".gitignore", "build/\n")
	w.tooDeep("coverage/cache")
	w.write("coverage/.gitignore", "*\n")
	scan := w.scan(ScanOptions{Candidates: leftover})
	if scan.Incomplete != "" {
		t.Errorf("incomplete: %s", scan.Incomplete)
	}
	wantList(t, "candidates", ageless(scan.Candidates), Candidate{Path: "coverage", Dir: true, Files: 1, Size: 2, Unseen: true})
}

// TestScanHugeRuleFile: git can read a rule file that is too large for this package.
func TestScanHugeRuleFile(t *testing.T) {
	_, w := edited(t)
	w.write("dir/.gitignore", strings.Repeat("#", 2<<20)+"\nnew.txt\n")
	w.compareScan(w.tree(), true, &scanTally{})
}

// TestScanMovingTree scans while files are created, removed and changed. The Scan does not crash, reads nothing outside of the worktree, and never
// claims that nothing changed.
func TestScanMovingTree(t *testing.T) {
	_, w := edited(t)
	outside := filepath.Join(w.home, "outside")
	mkdir(t, outside)
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		w.write(fmt.Sprintf("swap/d%d/secret", i), "mine\n")
	}
	secret := newBlob(7)
	if _, err := secret.Write([]byte("secret\n")); err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			dir := filepath.Join(w.dir, fmt.Sprintf("swap/d%d", i%40))
			// Errors are expected: the other steps have to work with the files that exist at the moment.
			_ = os.Rename(dir, dir+".away")
			_ = os.Symlink(outside, dir)
			_ = os.WriteFile(filepath.Join(w.dir, "a.txt"), []byte(strings.Repeat("x", i%5000)), 0o644)
			_ = os.Remove(dir)
			_ = os.Rename(dir+".away", dir)
		}
	}()
	for range 30 {
		scan := w.scan(ScanOptions{})
		for _, c := range scan.Changes {
			if c.Now.Blob == fmt.Sprintf("%x", secret.Sum(nil)) {
				t.Errorf("%q was read outside of the work tree", c.Name)
			}
		}
		if len(scan.Changes) == 0 && scan.Incomplete == "" {
			t.Error("nothing was found, and that is said to be all")
		}
	}
	close(stop)
	<-done
}

// TestScanSurvivesPanic: a panic during the walk must not end the process, because the host would read its exit status as an answer.
func TestScanSurvivesPanic(t *testing.T) {
	_, w := edited(t)
	scan := w.scan(ScanOptions{Candidates: func(path string, _ bool) bool {
		if path == "dir" {
			panic("a bad predicate")
		}
		return false
	}})
	if !strings.Contains(scan.Incomplete, "a bad predicate") {
		t.Errorf("incomplete: %q", scan.Incomplete)
	}
}
