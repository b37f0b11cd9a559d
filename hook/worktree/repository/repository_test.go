package repository_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/object"
	"stopgate/hook/worktree/repository"
)

// scratch returns the root of a new repository, a function that opens it with the package, and a function that runs git in it.
func scratch(t *testing.T) (root string, open func() *repository.Repository, git func(args ...string) string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skipf("git is needed: %v", err)
	}
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "HOME="+root, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
	git = func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env = root, env
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q", "-b", "main")
	open = func() *repository.Repository {
		t.Helper()
		place, err := gitdir.Locate(root)
		if err != nil {
			t.Fatal(err)
		}
		return repository.Open(place, repository.Options{Env: env})
	}
	return root, open, git
}

func write(t *testing.T, root, name, content string) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// eachWay runs a test twice: on a repository that the package reads itself, and on one for which it asks git.
func eachWay(t *testing.T, open func() *repository.Repository, test func(t *testing.T, r *repository.Repository)) {
	t.Helper()
	own := open()
	if own.Refusal != nil {
		t.Logf("the package does not read it: %v", own.Refusal)
	}
	test(t, own)
	asking := open()
	asking.Refusal = errors.New("of the test")
	test(t, asking)
}

func TestRevisions(t *testing.T) {
	t.Parallel()
	root, open, git := scratch(t)
	ctx := t.Context()
	eachWay(t, open, func(t *testing.T, r *repository.Repository) {
		if at, err := r.Position(ctx); err != nil || at.Branch != "refs/heads/main" || at.Commit != "" || at.Tree != "" {
			t.Errorf("an unborn branch: %+v: %v", at, err)
		}
		if files, err := r.FilesIn(ctx, "HEAD", []string{"a"}); err != nil || len(files) != 0 {
			t.Errorf("an unborn branch has %+v: %v", files, err)
		}
		if names, err := r.Differ(ctx, "", "HEAD"); err != nil || len(names) != 0 {
			t.Errorf("an unborn branch differs from nothing in %q: %v", names, err)
		}
	})
	write(t, root, "a", "one\n")
	write(t, root, "dir/b", "two\n")
	write(t, root, "dir/c d", "three\n")
	git("add", ".")
	git("commit", "-q", "-m", "first")
	first := git("rev-parse", "HEAD")
	write(t, root, "dir/b", "changed\n")
	git("rm", "-q", "dir/c d")
	git("commit", "-q", "-a", "-m", "second")
	second := git("rev-parse", "HEAD")
	eachWay(t, open, func(t *testing.T, r *repository.Repository) {
		at, err := r.Position(ctx)
		if err != nil || at.Commit != second || at.Tree != git("rev-parse", "HEAD^{tree}") || at.Index == "" {
			t.Errorf("%+v: %v", at, err)
		}
		for _, tt := range []struct {
			from, to string
			want     []string
		}{
			{first, "HEAD", []string{"dir/b", "dir/c d"}},
			{first + "^{tree}", second, []string{"dir/b", "dir/c d"}},
			{"", "HEAD", []string{"a", "dir/b"}},
			{"", first, []string{"a", "dir/b", "dir/c d"}},
			{second, first, []string{"dir/b", "dir/c d"}},
			{"HEAD", "HEAD", nil},
			{second, "HEAD", nil},
		} {
			names, err := r.Differ(ctx, tt.from, tt.to)
			slices.Sort(names)
			if err != nil || !slices.Equal(names, tt.want) {
				t.Errorf("%q and %q differ in %q, want %q: %v", tt.from, tt.to, names, tt.want, err)
			}
		}
		for _, no := range []string{"no-such-branch", "-x", "a\x00b"} {
			for _, pair := range [][2]string{{no, "HEAD"}, {first, no}, {"", no}} {
				if names, err := r.Differ(ctx, pair[0], pair[1]); err == nil {
					t.Errorf("%q, where there is no such revision, differ in %q", pair, names)
				}
			}
		}
		files, err := r.FilesIn(ctx, first, []string{"a", "dir/c d", "dir", "absent"})
		if want := (object.File{Mode: object.ModeRegular, Blob: git("rev-parse", first+":dir/c d")}); err != nil || files["dir/c d"] != want || files["absent"].Present() || files["dir"].Present() {
			t.Errorf("%+v: %v", files, err)
		}
		if content, err := r.FileAt(ctx, first, "dir/b", 4); err != nil || string(content) != "two\n" {
			t.Errorf("%q: %v", content, err)
		}
		if content, err := r.FileAt(ctx, first, "dir/b", 3); err == nil {
			t.Errorf("more than the limit is read: %q", content)
		}
		if content, err := r.FileAt(ctx, "HEAD", "dir/c d", 100); err != nil || content != nil {
			t.Errorf("a deleted file is %q: %v", content, err)
		}
	})
}

func TestTracks(t *testing.T) {
	t.Parallel()
	root, open, git := scratch(t)
	write(t, root, "src/Main.go", "x\n")
	write(t, root, "new", "x\n")
	git("add", "src")
	eachWay(t, open, func(t *testing.T, r *repository.Repository) {
		tracks := r.Tracks(t.Context(), []string{"src", "SRC/main.go", "new", "sr"})
		for path, want := range map[string]bool{"src": true, "SRC/main.go": true, "new": false, "sr": false, "not/asked/about": true} {
			if tracks(path) != want {
				t.Errorf("%s: %t", path, !want)
			}
		}
		git("add", "new")
		if !tracks("new") {
			t.Error("a file that was added meanwhile is not tracked")
		}
		git("rm", "-q", "--cached", "new")
	})
}
