package gitdir_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"stopgate/hook/worktree/gitdir"
)

// write makes files below root. If a name ends in a slash, it makes a directory.
func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if name[len(name)-1] == '/' {
			path = filepath.Join(path, "x")
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if filepath.Base(path) == "x" {
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func realTempDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestLocate finds a repository and its linked worktree. It writes git's files itself and does not need git.
func TestLocate(t *testing.T) {
	t.Parallel()
	root := realTempDir(t)
	write(t, root, map[string]string{
		"main/.git/HEAD": "ref: refs/heads/main\n", "main/.git/objects/": "", "main/.git/refs/": "", "main/src/": "",
		"main/.git/worktrees/w/HEAD": "ref: refs/heads/topic/a\n", "main/.git/worktrees/w/commondir": "../..\n",
		"main/.git/worktrees/w/gitdir": filepath.Join(root, "w", ".git") + "\n",
		"w/.git":                       "gitdir: " + filepath.Join(root, "main", ".git", "worktrees", "w") + "\n", "w/lib/": "",
		"broken/.git": "gitdir: " + filepath.Join(root, "nowhere") + "\n",
		"none/":       "",
		"b.git/HEAD":  "ref: refs/heads/main\n", "b.git/objects/": "", "b.git/refs/heads/": "", "b.git/config": "[core]\n\tbare = true\n",
		"b.git/worktrees/v/HEAD": "ref: refs/heads/v\n", "b.git/worktrees/v/commondir": "../..\n",
		"b.git/worktrees/v/gitdir": filepath.Join(root, "b.git", "trees", "v", ".git") + "\n",
		"b.git/trees/v/.git":       "gitdir: ../../worktrees/v\n",
	})
	bare := filepath.Join(root, "b.git")
	git := filepath.Join(root, "main", ".git")
	for _, tt := range []struct {
		dir, branch string
		want        gitdir.Place
		linked      bool
		main        string
	}{
		{"main/src", "main", gitdir.Place{Root: filepath.Join(root, "main"), GitDir: git, CommonDir: git}, false, filepath.Join(root, "main")},
		{"w/lib", "topic/a", gitdir.Place{Root: filepath.Join(root, "w"), GitDir: filepath.Join(git, "worktrees", "w"), CommonDir: git}, true, filepath.Join(root, "main")},
		{"b.git", "main", gitdir.Place{Root: bare, GitDir: bare, CommonDir: bare}, false, ""},
		{"b.git/refs/heads", "main", gitdir.Place{Root: bare, GitDir: bare, CommonDir: bare}, false, ""},
		{"b.git/trees/v", "v", gitdir.Place{Root: filepath.Join(bare, "trees/v"), GitDir: filepath.Join(bare, "worktrees/v"), CommonDir: bare}, true, ""},
	} {
		got, err := gitdir.Locate(filepath.Join(root, tt.dir))
		if err != nil || got != tt.want || got.Branch() != tt.branch || got.Linked() != tt.linked {
			t.Errorf("%s: %+v on %q, linked %t: %v", tt.dir, got, got.Branch(), got.Linked(), err)
		}
		if main := got.MainRoot(); main != tt.main {
			t.Errorf("%s: the main worktree is %q", tt.dir, main)
		}
	}
	if _, err := gitdir.Locate(filepath.Join(root, "none")); !errors.Is(err, gitdir.ErrNoRepository) {
		t.Errorf("a folder in no repository: %v", err)
	}
	if _, err := gitdir.Locate(filepath.Join(git, "refs")); !errors.Is(err, gitdir.ErrNoRepository) {
		t.Errorf("the git directory of a repository that has a work tree: %v", err)
	}
	if _, err := gitdir.Locate(filepath.Join(root, "broken")); err == nil || errors.Is(err, gitdir.ErrNoRepository) {
		t.Errorf("a .git that leads nowhere: %v", err)
	}
	if err := os.Rename(filepath.Join(root, "w"), filepath.Join(root, "moved")); err != nil {
		t.Fatal(err)
	}
	if got, err := gitdir.Locate(filepath.Join(root, "moved")); err != nil || got.Linked() {
		t.Errorf("a worktree that was moved by hand: %+v, linked %t: %v", got, got.Linked(), err)
	}
}

// TestConfig tests the syntax of git-config(1).
func TestConfig(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"config": "[Core] bare\n\tFileMode = no # why\n[remote \"Or\\\"igin\"]\n\turl = \"a # b\" c \\\n  d\n\tfetch = one\n\tfetch = two\n"})
	var c gitdir.Config
	if err := c.ReadFile(filepath.Join(dir, "config")); err != nil {
		t.Fatal(err)
	}
	want := gitdir.Config{
		"core.bare": {}, "core.filemode": {Text: "no", Present: true}, `remote.Or"igin.url`: {Text: "a # b c   d", Present: true},
		`remote.Or"igin.fetch`: {Text: "two", Present: true},
	}
	for name, value := range want {
		if c[name] != value {
			t.Errorf("%s is %+v, want %+v", name, c[name], value)
		}
	}
	if len(c) != len(want) {
		t.Errorf("%d variables: %+v", len(c), c)
	}
	for _, bad := range []string{"[core", "core = 1\n[x]\n= 1", "[core]\n\ta = \"open", "[core]\n\ta = \\x", "[a \"b\nc\"]"} {
		if err := gitdir.ParseConfig([]byte(bad), func(string, gitdir.Value) error { return nil }); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	if err := c.ReadFile(filepath.Join(dir, "absent")); err != nil {
		t.Errorf("an absent file: %v", err)
	}
}

// TestBooleanNumbers: what git config --bool says of numbers (2.39.5).
func TestBooleanNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"0": "false", "1": "true", "0x1f": "true", "010": "true", "+1": "true", "-1": "true", " 1": "true", "1k": "true", "1K": "true", "0k": "false", "1g": "true",
		"2147483647": "true", "1_000": "", "0b1": "", "0o7": "", "08": "", "1kk": "", "k": "", "1 ": "", "0x": "", "2147483648": "", "3g": "", "99999999999": "",
	} {
		got := ""
		if value, err := (gitdir.Config{"a.b": {Text: text, Present: true}}).Boolean("a.b", false); err == nil {
			got = strconv.FormatBool(value)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestBoolean(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"true": true, "Yes": true, "on": true, "1": true, "2k": true, "false": false, "no": false, "OFF": false, "0": false, "": false} {
		c := gitdir.Config{"a.b": {Text: text, Present: true}}
		if got, err := c.Boolean("a.b", !want); err != nil || got != want {
			t.Errorf("%q is %t: %v", text, got, err)
		}
	}
	c := gitdir.Config{"a.b": {Text: "maybe", Present: true}, "a.c": {}}
	if _, err := c.Boolean("a.b", true); err == nil || c.IsTrue("a.b") {
		t.Error("maybe is a boolean")
	}
	if got, err := c.Boolean("a.d", true); err != nil || !got || !c.IsTrue("a.c") || c.IsTrue("a.d") {
		t.Error("what is not set is not the default, or what has no value is not true")
	}
}

func TestReadSmall(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{"file": "12345\r\n"})
	path := filepath.Join(dir, "file")
	if content, err := gitdir.ReadSmall(path, 7); err != nil || string(content) != "12345\r\n" {
		t.Errorf("%q: %v", content, err)
	}
	if content, err := gitdir.ReadSmall(path, 6); err == nil {
		t.Errorf("more than the limit is read: %q", content)
	}
	if line, err := gitdir.ReadLine(path); err != nil || line != "12345" {
		t.Errorf("%q: %v", line, err)
	}
	if _, err := gitdir.ReadSmall(dir, 100); err == nil {
		t.Error("a folder is read")
	}
	if _, err := gitdir.ReadLine(filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an absent file: %v", err)
	}
}
