package site_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// A write goes where the system resolves its path to, whatever the name looks like.
func TestPhysical(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }
	if err := os.Mkdir(in("real"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"link": "real", "gone": "real/gone.txt", "loop": "loop", "up": "../up-there"} {
		if err := os.Symlink(target, in(name)); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	for name, want := range map[string]string{
		"real/new.txt":       "real/new.txt",
		"link/new.txt":       "real/new.txt",
		"link/a/b/c.txt":     "real/a/b/c.txt",
		"gone":               "real/gone.txt",
		"loop/a":             "loop/a",
		"up":                 "../up-there",
		"real/../link/x.txt": "real/x.txt",
	} {
		if got := site.Physical(in(name)); got != in(want) {
			t.Errorf("%s: %s, want %s", name, got, in(want))
		}
	}
}

func TestWithin(t *testing.T) {
	for name, want := range map[string]bool{"/r": true, "/r/a": true, "/rr": false, "/": false, "/r/..": false, "/r/..a": true} {
		if got := site.Within(filepath.FromSlash("/r"), filepath.Clean(filepath.FromSlash(name))); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// TestNameThroughALink: the folder of the worktrees may be a link to another disk, and a worktree there is called by its place in the project.
func TestNameThroughALink(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	main := filepath.Join(dir, "main")
	git := func(args ...string) {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
	}
	git("init", "-q", main)
	git("-C", main, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first")
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "disk"), 0o755), os.Symlink("../disk", filepath.Join(main, "trees"))); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	git("-C", main, "worktree", "add", "-q", "trees/T-1")
	git("-C", main, "worktree", "add", "-q", filepath.Join(dir, "T-2"))
	for at, want := range map[string]string{"main": ".", "disk/T-1": "./trees/T-1", "T-2": filepath.Join(dir, "T-2")} {
		place, err := worktree.Locate(filepath.Join(dir, at))
		if err != nil {
			t.Fatal(err)
		}
		if got := site.GroundsOf(main, main).Name(place); got != want {
			t.Errorf("%s is called %q, want %q", at, got, want)
		}
	}
}
