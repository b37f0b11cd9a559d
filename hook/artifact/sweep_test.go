package artifact

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSweep(t *testing.T) {
	w := newWorld(t)
	w.write("coverage/index.html", "12345")
	w.write("coverage/lcov-report/a/b.css", "678")
	files := 3
	if w.links() {
		w.symlink("index.html", "coverage/latest")
		files++
	}
	w.mkdir("coverage/empty")
	w.write("coverage/.tox/junit.xml", "")
	w.write("src/__pycache__/main.cpython-313.pyc", "x")
	w.write(".coverage", "y")
	w.write(".coverage.host.1.2", "")
	w.write("tsconfig.tsbuildinfo", "{}")
	w.mkdir("htmlcov")
	w.write("crate/Cargo.toml", "")
	w.write("crate/target/debug/app", "")
	w.write("crate/target/package/app", "")
	w.write("java/target/debug/app", "")
	w.write("node_modules/x/coverage/y", "")
	w.write("notes.txt", "")

	result := w.sweep()
	w.expect(result, []string{
		".coverage", ".coverage.host.1.2", "coverage", "crate/target/debug", "htmlcov", "src/__pycache__", "tsconfig.tsbuildinfo",
	}, []string{"java/target/debug not-artifact"}, nil)
	if got, want := result.Removed[2], (Removal{Path: "coverage", Dir: true, Ignored: true, Files: files, Bytes: 8}); got != want {
		t.Errorf("removed %+v, want %+v", got, want)
	}
	if got, want := result.Removed[0], (Removal{Path: ".coverage", Dir: false, Ignored: true, Files: 1, Bytes: 1}); got != want {
		t.Errorf("removed %+v, want %+v", got, want)
	}
}

func TestSweepRefusesWhatNoPlanHolds(t *testing.T) {
	w := newWorld(t)
	w.write("node_modules/coverage/x", "")
	w.write("target/debug/x", "")
	w.write("coverage", "a program")
	w.mkdir(".coverage")
	var plan Plan
	for _, p := range []string{
		"", ".", "..", "/", "src", "src/main.py", "../outside/home", "../tree-2/coverage", "src/../../tree-2/coverage", "./src", "coverage/..",
		filepath.ToSlash(filepath.Join(w.base, "tree-2", "coverage")), "node_modules/coverage", "target/debug", "coverage", ".coverage",
		strings.Repeat("a/", 5000) + "coverage",
	} {
		plan.Remove = append(plan.Remove, Removal{Path: p, Dir: true, Ignored: true}, Removal{Path: p, Ignored: true})
	}
	result := w.carryOut(plan)
	if len(result.Removed) > 0 || len(result.Failed) > 0 || len(result.Kept) < len(plan.Remove)-2 {
		t.Errorf("%+v", result)
	}
}

func TestSymlinkNamedCoverage(t *testing.T) {
	w := newWorld(t)
	w.symlink(filepath.Join(w.outside, "home"), "coverage")
	w.symlink("src", "htmlcov")
	w.symlink("nowhere", ".coverage")
	w.symlink("../../outside/home/precious.txt", "a/junit.xml")
	result := w.sweep()
	w.expect(result, nil, []string{".coverage symlink", "a/junit.xml symlink", "coverage symlink", "htmlcov symlink"}, nil)

	// Even a plan that took them for what they seem.
	w.expect(w.carryOut(Plan{Remove: []Removal{{Path: "coverage", Dir: true, Ignored: true}, {Path: "htmlcov", Dir: true, Ignored: true}, {Path: "a/junit.xml", Ignored: true}}}),
		nil, []string{"a/junit.xml symlink", "coverage symlink", "htmlcov symlink"}, nil)
}

func TestSymlinksInArtifacts(t *testing.T) {
	w := newWorld(t)
	w.symlink(filepath.Join(w.outside, "home"), "coverage/home")
	w.symlink("../src", "coverage/src")
	w.symlink("..", "coverage/up")
	w.symlink("loop", "coverage/loop")
	w.expect(w.sweep(), []string{"coverage"}, nil, nil)
}

func TestReachedThroughSymlink(t *testing.T) {
	w := newWorld(t)
	w.write("real/coverage/x", "")
	w.symlink("real", "alias")
	w.symlink(w.base, "base")
	w.expect(w.carryOut(Plan{Remove: []Removal{{Path: "alias/coverage", Dir: true, Ignored: true}, {Path: "base/tree-2/coverage", Dir: true, Ignored: true}}}),
		nil, []string{"alias/coverage symlink", "base/tree-2/coverage symlink"}, nil)
	w.expect(w.sweep(), []string{"real/coverage"}, nil, nil)
}

func TestWorkTreeIsItselfASymlink(t *testing.T) {
	w := newWorld(t)
	w.write("coverage/x", "")
	w.linked(os.Symlink(w.tree, filepath.Join(w.base, "link")))
	before := w.snapshot()
	root, err := os.OpenRoot(filepath.Join(w.base, "link"))
	w.do(err)
	defer root.Close()
	result := Sweep(context.Background(), root, MakePlan(w.look(false), Protected{}), Options{})
	w.same(before, result)
	w.expect(result, []string{"coverage"}, nil, nil)
}

func TestTrackedSinceThePlan(t *testing.T) {
	w := newWorld(t)
	w.write("coverage/x", "")
	w.write(".coverage", "")
	plan := MakePlan(w.look(false), Protected{})
	w.track("coverage/x", ".coverage")
	w.expect(w.carryOut(plan), nil, []string{".coverage tracked", "coverage tracked"}, nil)
}

func TestCaseInsensitiveCollision(t *testing.T) {
	w := newWorld(t)
	w.write("coverage/x", "")
	w.write("htmlcov/x", "")
	// Git tracks Coverage/; the disk, which may not tell the two apart, says coverage/.
	plan := MakePlan(w.look(false), Protected{Claimed: []string{"HtmlCov/x"}})
	root, err := os.OpenRoot(w.tree)
	w.do(err)
	defer root.Close()
	before := w.snapshot()
	result := Sweep(context.Background(), root, plan, Options{Tracked: func(p string) bool { return strings.EqualFold(p, "Coverage") }})
	w.same(before, result)
	w.expect(result, nil, []string{"coverage tracked", "htmlcov claimed"}, nil)
}

func TestNestedRepositories(t *testing.T) {
	w := newWorld(t)
	w.write("coverage/deep/repo/.git/HEAD", "")
	w.write("coverage/a.html", "")
	w.write("htmlcov/submodule/.git", "gitdir: ../..")
	w.write("coverage/__pycache__/x", "")
	w.write(".nyc_output/.GIT/HEAD", "") // a file system that takes it for .git is enough
	w.write(".tox/bare.git/HEAD", "")
	w.write(".tox/bare.git/objects/x", "")
	w.write(".tox/bare.git/refs/x", "")
	w.write("lib/.git/HEAD", "")
	w.write("lib/coverage/x", "")
	w.write("plain/coverage/HEAD", "")
	w.write("plain/coverage/objects/x", "")
	plan := MakePlan(w.look(true), Protected{})
	plan.Remove = append(plan.Remove, Removal{Path: "lib/coverage", Dir: true, Ignored: true}, Removal{Path: "coverage/__pycache__", Dir: true, Ignored: true})
	w.expect(w.carryOut(plan), []string{"coverage/__pycache__", "plain/coverage"},
		[]string{".nyc_output repository", ".tox repository", "coverage repository", "htmlcov repository", "lib/coverage repository"}, nil)
}

func TestStrangeNames(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows refuses these names")
	}
	names := []string{"new\nline", "\x1b[31mred", "quote\"'`", "-rf", "back\\slash", " ", "...", "~", "$(touch x)", "*", "caf\u00e9"}
	if runtime.GOOS == "linux" {
		names = append(names, "\xff\xfe") // APFS takes UTF-8 alone
	}
	w := newWorld(t)
	var want []string
	for _, name := range names {
		w.write(name+"/coverage/"+name+"/"+name, "x")
		w.write(name+"/"+name, "x")
		want = append(want, name+"/coverage")
	}
	result := w.sweep()
	if len(result.Removed) != len(want) || len(result.Kept)+len(result.Failed) > 0 {
		t.Errorf("%+v", result)
	}
}

func TestNoFile(t *testing.T) {
	w := newWorld(t)
	w.mkdir("coverage")
	plan := MakePlan(w.look(false), Protected{})
	w.do(os.Remove(w.path("coverage")))
	w.write("coverage", "a program now")
	plan.Remove = append(plan.Remove, Removal{Path: ".coverage", Ignored: true}, Removal{Path: "gone/coverage", Dir: true, Ignored: true}, Removal{Path: "src/main.py/coverage", Dir: true, Ignored: true})
	w.expect(w.carryOut(plan), nil, []string{"coverage changed", "src/main.py/coverage changed"}, nil)
}

func TestTooDeep(t *testing.T) {
	w := newWorld(t)
	w.write("coverage/"+strings.Repeat("d/", maxDepth)+"x", "")
	w.write("htmlcov/"+strings.Repeat("d/", maxDepth-1)+"x", "")
	w.write(strings.Repeat("d/", maxDepth+1)+"coverage/x", "")
	result := w.sweep()
	w.expect(result, []string{"htmlcov"}, []string{"coverage too-deep", strings.Repeat("d/", maxDepth+1) + "coverage too-deep"}, nil)
}

// TestFilledWhileEmptied has a directory get new entries after its names were read.
func TestFilledWhileEmptied(t *testing.T) {
	w := newWorld(t)
	w.write("coverage/sub/x", "")
	root, err := os.OpenRoot(w.tree)
	w.do(err)
	defer root.Close()
	before, opened := w.snapshot(), 0
	result := Sweep(context.Background(), root, MakePlan(w.look(true), Protected{}), Options{onOpen: func(p string) {
		if p == "coverage/sub" {
			if opened++; opened == 2 {
				w.write("coverage/new/y", "12")
			}
		}
	}})
	w.same(before, result)
	w.expect(result, []string{"coverage"}, nil, nil)
	if want := []Removal{{Path: "coverage", Dir: true, Ignored: true, Files: 2, Bytes: 2}}; !slices.Equal(result.Removed, want) {
		t.Errorf("removed %+v, want %+v", result.Removed, want)
	}
}

func TestDeadline(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		w.write(fmt.Sprintf("%d/coverage/x", i), "")
	}
	plan := MakePlan(w.look(false), Protected{})
	root, err := os.OpenRoot(w.tree)
	w.do(err)
	defer root.Close()

	past, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	before := w.snapshot()
	result := Sweep(past, root, plan, Options{})
	w.same(before, Result{})
	w.expect(result, nil, nil, []string{"0/coverage at 0/coverage", "1/coverage at 1/coverage", "2/coverage at 2/coverage"})
	if !errors.Is(result.Failed[0].Err, context.DeadlineExceeded) {
		t.Errorf("%v", result.Failed[0].Err)
	}

	// Time runs out while the second is being removed: the first is gone, the second in part, the third untouched.
	w.write("1/coverage/sub/y", "")
	before = w.snapshot()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	opened := 0
	result = Sweep(ctx, root, plan, Options{onOpen: func(p string) {
		if p == "1/coverage/sub" {
			if opened++; opened == 2 {
				cancel()
			}
		}
	}})
	w.same(before, result)
	removed, kept, failed := names(result)
	if len(removed) != 1 || removed[0] != "0/coverage" || len(kept) > 0 || len(failed) != 2 || failed[1] != "2/coverage at 2/coverage" {
		t.Errorf("removed %q, kept %q, failed %q", removed, kept, failed)
	}
	if f := result.Failed[0]; !errors.Is(f.Err, context.Canceled) || f.Path != "1/coverage" || f.Left < 3 || f.Left > 4 {
		t.Errorf("%+v", f)
	}
	w.expect(w.sweep(), []string{"1/coverage", "2/coverage"}, nil, nil)
}

func TestHugeArtifact(t *testing.T) {
	files := 100_000
	if testing.Short() {
		files = 5_000
	}
	w := &world{t: t, base: t.TempDir()}
	w.tree = filepath.Join(w.base, "tree")
	for i := range 10 {
		w.mkdir(fmt.Sprintf("coverage/%d", i))
	}
	for i := range files {
		dir := "coverage/0" // most in one directory
		if i%4 == 0 {
			dir = fmt.Sprintf("coverage/%d", i%10)
		}
		f, err := os.Create(w.path(fmt.Sprintf("%s/%d", dir, i)))
		w.do(err)
		w.do(f.Close())
	}
	root, err := os.OpenRoot(w.tree)
	w.do(err)
	defer root.Close()
	start := time.Now()
	result := Sweep(context.Background(), root, MakePlan(w.look(true), Protected{}), Options{})
	t.Logf("%d files in %v", files, time.Since(start))
	if len(result.Removed) != 1 || result.Removed[0] != (Removal{Path: "coverage", Dir: true, Ignored: true, Files: files, Bytes: 0}) || len(result.Failed) > 0 {
		t.Errorf("%+v", result)
	}
	if left, err := os.ReadDir(w.tree); err != nil || len(left) > 0 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestClosedRoot(t *testing.T) {
	w := newWorld(t)
	w.write("coverage/x", "")
	root, err := os.OpenRoot(w.tree)
	w.do(err)
	w.do(root.Close())
	before := w.snapshot()
	result := Sweep(context.Background(), root, MakePlan(w.look(false), Protected{}), Options{})
	w.same(before, Result{})
	if len(result.Failed) != 1 || !errors.Is(result.Failed[0].Err, os.ErrClosed) {
		t.Errorf("%+v", result)
	}
}

// TestWithGit has git itself say what is tracked and staged.
func TestWithGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("STOPGATE_NO_SKIP") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	w := newWorld(t)
	git := func(args ...string) []string {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", w.tree, "-c", "user.name=n", "-c", "user.email=e"}, args...)...)
		for _, v := range os.Environ() {
			if !strings.HasPrefix(v, "GIT_") {
				cmd.Env = append(cmd.Env, v)
			}
		}
		cmd.Env = append(cmd.Env, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "HOME="+w.base)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 })
	}
	w.write("src/__pycache__/committed.pyc", "")
	w.write("lib/__pycache__/staged.pyc", "")
	w.write("lib/junit.xml", "")
	git("init", "-q")
	git("add", "src/main.py", "src/__pycache__")
	git("commit", "-qm", "x")
	git("add", "lib/__pycache__/staged.pyc", "lib/junit.xml")
	w.write("src/__pycache__/new.pyc", "")
	w.write("src/sub/__pycache__/new.pyc", "")
	w.write("coverage/x", "")
	w.tracked, w.staged = git("ls-files", "-z"), git("diff", "--cached", "--name-only", "-z")

	w.expect(w.sweep(), []string{"coverage", "src/sub/__pycache__"},
		[]string{"lib/__pycache__ tracked", "lib/junit.xml tracked", "src/__pycache__ tracked"}, nil)
}
