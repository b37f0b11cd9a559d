package index

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"stopgate/hook/worktree/object"
)

// TestStagedTrees compares the trees that staging computes with the one that git writes.
func TestStagedTrees(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("STOPGATE_NO_SKIP") == "1" {
			t.Fatal(err)
		}
		t.Skipf("git is needed as the oracle: %v", err)
	}
	dir := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1"}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	for i, name := range []string{"a", "a.b/x", "a-b", "a0/y", "ab/a/b/c", "ab/a.b", "ab/a0", "b/\xff", "é/ü", "b/-/x", "z.sh"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte{byte('0' + i)}, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(dir, "z.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" { // on Windows, making a link may need a right that the user does not have
		if err := os.Symlink("nowhere", filepath.Join(dir, "z-link")); err != nil {
			t.Fatal(err)
		}
	}
	git("add", "-A")
	x, err := Open(filepath.Join(dir, ".git", "index"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = x.Close() }() // it was only read
	m, err := ReadManifest(context.Background(), x, false)
	if err != nil {
		t.Fatal(err)
	}
	s := &staging{ctx: context.Background(), m: m, trees: make([]object.ID, len(m.Dirs))}
	for i := len(m.Dirs) - 1; i >= 0; i-- {
		s.trees[i] = s.tree(int32(i))
	}
	if want := git("write-tree"); s.trees[0].String() != want {
		t.Errorf("the root tree is %s, git writes %s", s.trees[0], want)
	}
	if len(m.Dirs) < 5 {
		t.Errorf("only %d directories: this proves little", len(m.Dirs))
	}
}
