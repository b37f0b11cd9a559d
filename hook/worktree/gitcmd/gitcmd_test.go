package gitcmd_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stopgate/hook/worktree/gitcmd"
	"stopgate/hook/worktree/object"
)

func TestParseStatus(t *testing.T) {
	t.Parallel()
	id := func(c string) string { return strings.Repeat(c, 40) }
	out := "1 .M N... 100644 100644 100755 " + id("a") + " " + id("a") + " a file\x00" +
		"1 A. N... 000000 100644 100644 " + id("0") + " " + id("b") + " new\x00" +
		"u UU N... 100644 100644 100644 100644 " + id("1") + " " + id("2") + " " + id("3") + " both\x00" +
		"1 D. N... 100644 000000 000000 " + id("c") + " " + id("0") + " taken\x00? taken\x00! ignored/\x00"
	got := map[string]gitcmd.Record{}
	if err := gitcmd.ParseStatus([]byte(out), got); err != nil {
		t.Fatal(err)
	}
	want := map[string]gitcmd.Record{
		"a file":   {XY: " M", Head: object.File{Mode: 0o100644, Blob: id("a")}, Index: object.File{Mode: 0o100644, Blob: id("a")}, Mode: 0o100755},
		"new":      {XY: "A ", Index: object.File{Mode: 0o100644, Blob: id("b")}, Mode: 0o100644},
		"both":     {XY: "UU", Head: object.File{Mode: 0o100644, Blob: id("2")}, Mode: 0o100644},
		"taken":    {XY: "D ??", Head: object.File{Mode: 0o100644, Blob: id("c")}},
		"ignored/": {XY: "!!"},
	}
	for name, r := range want {
		if r.XY == "D ??" { // the second record of a path only adds its letters
			r = gitcmd.Record{XY: r.XY, Head: got[name].Head}
		}
		if got[name] != r {
			t.Errorf("%s: %+v, want %+v", name, got[name], r)
		}
	}
	if len(got) != len(want) || !gitcmd.IsUnmerged(got["both"].XY) || gitcmd.IsUnmerged(got["new"].XY) || !got["new"].AsIndexed() || got["a file"].AsIndexed() {
		t.Errorf("%+v", got)
	}
	for _, bad := range []string{"1 .M short", "2 R. N...", "x"} {
		if err := gitcmd.ParseStatus([]byte(bad), got); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestTopmost(t *testing.T) {
	t.Parallel()
	got := gitcmd.Topmost([]string{"a/b", "a/b/c", "a/bc", "d", "d/e/f"})
	if !slices.Equal(got, []string{"a/b", "a/bc", "d"}) {
		t.Errorf("%q", got)
	}
}

// TestEachBatch shows that each name is asked about once, that no command line is too long, and that for too many names the whole tree is asked
// about.
func TestEachBatch(t *testing.T) {
	t.Parallel()
	var long []string
	for i := range 50 {
		long = append(long, fmt.Sprintf("%03d%s", i, strings.Repeat("x", 1000)))
	}
	var asked []string
	calls := 0
	collect := func(batch []string) error {
		calls++
		asked = append(asked, batch...)
		if size := len(strings.Join(batch, " ")); size > 25<<10 {
			t.Errorf("%d bytes in one command", size)
		}
		return nil
	}
	if err := (gitcmd.Git{}).EachBatch(long, collect); err != nil || !slices.Equal(asked, long) || calls < 2 {
		t.Errorf("%d names in %d calls: %v", len(asked), calls, err)
	}
	asked, calls = nil, 0
	if err := (gitcmd.Git{}).EachBatch(make([]string, 101), collect); err != nil || asked != nil || calls != 1 {
		t.Errorf("%d names in %d calls: %v", len(asked), calls, err)
	}
	stop := errors.New("stop")
	if err := (gitcmd.Git{}).EachBatch(long, func([]string) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an error is lost: %v", err)
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	g := gitcmd.New("/w", "/usr/bin/git", []string{"A=1", "B=", "A=2", "AB=3"})
	if value, set := g.Lookup("A"); value != "2" || !set {
		t.Errorf("A is %q, %t", value, set)
	}
	if value, set := g.Lookup("B"); value != "" || !set || g.Get("C") != "" {
		t.Errorf("B is %q, %t, and C %q", value, set, g.Get("C"))
	}
}

// TestRun runs the real git. Its environment has variables that would make git use another repository.
func TestRun(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("git")
	if err != nil {
		t.Skipf("git is needed: %v", err)
	}
	root := t.TempDir()
	env := append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	init := exec.Command(path, "init", "-q", root)
	init.Env = env
	if out, err := init.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.WriteFile(filepath.Join(root, "new file"), []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g := gitcmd.New(root, path, append(env, "GIT_DIR=/nowhere", "GIT_INDEX_FILE=/nowhere/index"))
	ctx := t.Context()
	records, broken, err := g.StatusOf(ctx, []string{"new file", "absent"})
	if err != nil || len(broken) > 0 || !maps.Equal(records, map[string]gitcmd.Record{"new file": {XY: "??"}}) {
		t.Errorf("%+v, %v: %v", records, broken, err)
	}
	if _, err := g.Run(ctx, "rev-parse", "--verify", "--quiet", "HEAD"); !errors.Is(err, gitcmd.ErrNothing) {
		t.Errorf("a HEAD without a commit: %v", err)
	}
	if line, err := g.Line(ctx, "rev-parse", "--verify", "--quiet", "HEAD"); line != "" || err != nil {
		t.Errorf("%q: %v", line, err)
	}
	if _, err := g.Run(ctx, "no-such-command"); err == nil || errors.Is(err, gitcmd.ErrNothing) {
		t.Errorf("a command that git does not have: %v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := g.Run(ended, "status"); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
	g.Forbidden = "of a test"
	if _, err := g.Run(ctx, "status"); err == nil || !strings.Contains(err.Error(), "of a test") {
		t.Errorf("a git that must not run: %v", err)
	}
	if _, err := gitcmd.New(root, "", []string{"PATH=."}).Run(ctx, "status"); !errors.Is(err, gitcmd.ErrNoGit) {
		t.Errorf("a PATH without git: %v", err)
	}
}
