package worktree

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLocate(t *testing.T) {
	main, w := base(t)
	mkdir(t, filepath.Join(w.dir, "deep/er"))
	main.symlink(w.dir, "shortcut")
	want := Place{Root: w.dir, GitDir: filepath.Join(main.dir, ".git/worktrees/TASK-1"), CommonDir: filepath.Join(main.dir, ".git")}
	for _, dir := range []string{w.dir, w.dir + "/deep/er", main.dir + "/shortcut", main.dir + "/shortcut/deep", w.dir + "/deep/../dir", w.dir + "/."} {
		p, err := Locate(dir)
		if err != nil || p != want {
			t.Errorf("Locate(%q) is %+v, %v, want %+v", dir, p, err, want)
		}
	}
	p, err := Locate(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Linked() || p.MainRoot() != main.dir {
		t.Errorf("%+v is linked %t, with its main work tree at %q", p, p.Linked(), p.MainRoot())
	}
	p, err = Locate(main.dir + "/dir")
	if err != nil || p.Root != main.dir || p.GitDir != main.dir+"/.git" || p.Linked() || p.MainRoot() != main.dir {
		t.Errorf("the main work tree is %+v, %v, linked %t, main %q", p, err, p.Linked(), p.MainRoot())
	}
	t.Chdir(w.dir + "/deep")
	if p, err := Locate("er"); err != nil || p != want {
		t.Errorf("a relative directory is %+v, %v", p, err)
	}
}

func TestLocateAgreesWithGit(t *testing.T) {
	main, w := base(t)
	submodule(main, w)
	bare := main.at(main.home + "/bare.git")
	main.run("clone", "-q", "--bare", ".", bare.dir)
	bare.run("worktree", "add", "-q", "-b", "T", main.home+"/wt", "main")
	separate := main.at(main.home + "/separate")
	mkdir(t, separate.dir)
	separate.run("init", "-q", "--separate-git-dir", main.home+"/elsewhere")
	w.write("empty/.git/HEAD", "not a head\n")
	relativeLinks(main, w)
	for _, dir := range []string{main.dir, w.dir, w.dir + "/sm", w.dir + "/dir/sub", main.home + "/wt", separate.dir, w.dir + "/empty"} {
		r := main.at(dir)
		want := strings.TrimSpace(r.run("rev-parse", "--show-toplevel", "--absolute-git-dir", "--path-format=absolute", "--git-common-dir"))
		p, err := Locate(dir)
		if got := strings.Join([]string{p.Root, p.GitDir, p.CommonDir}, "\n"); err != nil || got != want {
			t.Errorf("Locate(%q) is\n%s\n%v, git says\n%s", dir, got, err, want)
		}
		list := r.run("worktree", "list", "--porcelain")
		first, _, _ := strings.Cut(strings.TrimPrefix(list, "worktree "), "\n")
		if strings.Contains(list, "\nbare\n") {
			first = ""
		}
		if dir == separate.dir || strings.HasSuffix(dir, "/sm") {
			first = p.Root // for these, git prints the git directory
		}
		if p.MainRoot() != first {
			t.Errorf("the main work tree of %q is %q, git says %q", dir, p.MainRoot(), first)
		}
		if linked := dir == main.home+"/wt" || strings.HasPrefix(dir, w.dir) && !strings.HasSuffix(dir, "/sm"); p.Linked() != linked {
			t.Errorf("%q is linked %t", dir, p.Linked())
		}
	}
}

func TestLocateFails(t *testing.T) {
	main, w := base(t)
	outside := filepath.Join(main.home, "outside")
	mkdir(t, outside)
	for _, dir := range []string{outside, main.dir + "/.git", main.dir + "/.git/worktrees/TASK-1"} {
		if p, err := Locate(dir); !errors.Is(err, ErrNoRepository) {
			t.Errorf("Locate(%q) is %+v, %v, want ErrNoRepository", dir, p, err)
		}
	}
	broken := filepath.Join(main.home, "broken")
	mkdir(t, broken)
	for _, content := range []string{"", "nonsense\n", "gitdir: /nowhere\n", "gitdir: \n", "gitdir: \x00\n", strings.Repeat("x", 1<<20)} {
		if err := os.WriteFile(broken+"/.git", []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if p, err := Locate(broken); err == nil || errors.Is(err, ErrNoRepository) {
			t.Errorf("a .git file %.20q leads to %+v, %v", content, p, err)
		}
	}
	for _, dir := range []string{"", main.home + "/absent", "a\x00b"} {
		if p, err := Locate(filepath.Join(outside, dir)); dir != "" && err == nil {
			t.Errorf("Locate(%q) is %+v", dir, p)
		}
	}
	// A worktree that was moved without git is found. But its repository does not point back to it, so it is not Linked.
	if err := os.Rename(w.dir, main.home+"/moved"); err != nil {
		t.Fatal(err)
	}
	if p, err := Locate(main.home + "/moved"); err != nil || p.Linked() {
		t.Errorf("a moved worktree is %+v, %v, linked %t", p, err, p.Linked())
	}
	if err := os.RemoveAll(main.dir + "/.git/worktrees"); err != nil {
		t.Fatal(err)
	}
	if p, err := Locate(main.home + "/moved"); err == nil || errors.Is(err, ErrNoRepository) {
		t.Errorf("a worktree whose git directory was pruned is %+v, %v", p, err)
	}
}
