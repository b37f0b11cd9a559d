package guard_test

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stopgate/hook/guard"
	"stopgate/hook/quote"
)

// TestDestroys: what is only in the worktree is lost with these commands. What is staged, or came from a merge, is not somebody's edit.
func TestDestroys(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	git := realGit{filepath.Join(top, "repo"), top}
	for _, command := range []string{"init -q -b main", "commit -q --allow-empty -m first"} {
		if err := os.MkdirAll(git.dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if _, ok := git.AskAt(t.Context(), git.dir, strings.Fields("-c user.name=a -c user.email=a@example.com "+command)...); !ok {
			t.Fatalf("git %s", command)
		}
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(git.dir, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(git.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a", "b", "sub/c", ".gitignore"} {
		write(name, ".env\n")
	}
	git.AskAt(t.Context(), git.dir, "add", ".")
	git.AskAt(t.Context(), git.dir, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "x")
	write("b", "staged\n")
	git.AskAt(t.Context(), git.dir, "add", "b")
	write("a", "edited\n")
	write("note é.txt", "new\n")
	write(".env", "KEY=1\n")
	for command, want := range map[string]string{
		"reset --hard": "a", "reset --hard HEAD~0": "a", "checkout .": "a", "checkout -- a b": "a", "checkout HEAD -- .": "a", "checkout -f": "a", "checkout -f main": "a",
		"switch -f main": "a", "switch --discard-changes main": "a", "restore .": "a", "restore --source=HEAD --staged --worktree .": "a", "restore :/": "a",
		"clean -fd": "note é.txt", "clean -fdx": "note é.txt .env", "clean -fd sub": "",
		"checkout -- b": "", "checkout -- sub/c": "", "restore b": "", "reset": "", "reset --soft HEAD": "", "reset --keep HEAD": "", "switch main": "", "checkout main": "",
		"merge main": "", "stash": "", "commit -qam x": "", "-C sub restore c": "", "-C sub restore ../a": "a",
	} {
		c := guard.Read(strings.Fields(command))
		at := realGit{guard.Directory(c, git.dir), top}
		r := guard.Resolve(t.Context(), at, c, "", nil)
		if got := strings.Join(guard.Destroys(t.Context(), at, r, guard.Effect{Ours: true, Root: git.dir, Dir: at.dir}), " "); got != want {
			t.Errorf("git %s (%s): %q, want %q", command, r.Kind, got, want)
		}
	}
}

// TestDropped: an entry of the stash may go when the worktree has again what it holds.
func TestDropped(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	git := realGit{top, top}
	run := func(command string) {
		t.Helper()
		if _, ok := git.AskAt(t.Context(), top, strings.Fields("-c user.name=a -c user.email=a@example.com "+command)...); !ok {
			t.Fatalf("git %s", command)
		}
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(top, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run("init -q -b main")
	write("a", "first\n")
	run("add a")
	run("commit -qm first")
	write("a", "edited\n")
	write("n", "new\n")
	run("stash -q -u")
	dropped := func(command string) string {
		r := guard.Resolve(t.Context(), git, guard.Read(strings.Fields(command)), "", nil)
		return strings.Join(guard.Destroys(t.Context(), git, r, guard.Effect{Ours: true, Root: top, Dir: top}), " ")
	}
	for command, want := range map[string]string{"stash drop": "a n", "stash drop -q 0": "a n", "stash drop stash@{0}": "a n", "stash clear": "a n", "stash pop": "", "stash": "", "stash apply": ""} {
		if got := dropped(command); got != want {
			t.Errorf("git %s: %q, want %q", command, got, want)
		}
	}
	run("stash apply -q")
	if got := dropped("stash drop"); got != "" {
		t.Errorf("after apply: %q", got)
	}
}

// TestOverwrites: which branches a push overwrites whatever others have pushed there.
func TestOverwrites(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{
		"push -f": "T-1", "push --force origin main": "main", "push --fo origin HEAD": "T-1", "push -qf origin HEAD:main": "main", "push origin +main": "main",
		"push origin +T-1:refs/heads/main dev": "main", "push -f origin a b:c": "a c", "push -f --all": "<all>", "push --mirror": "<all>", "push -f origin refs/heads/*:refs/heads/*": "<all>",
		"push": "", "push origin main": "", "push --force-with-lease origin main": "", "push --delete origin x": "", "push -o force origin main": "", "fetch -f origin": "",
	} {
		got := strings.Join(quote.Each(guard.Overwrites(guard.Resolve(t.Context(), realGit{}, guard.Read(strings.Fields(command)), "", nil), "T-1"), func(name string) string { return cmp.Or(name, "<all>") }), " ")
		if got != want {
			t.Errorf("git %s: %q, want %q", command, got, want)
		}
	}
}
