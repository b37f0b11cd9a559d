package worktree

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func removeFile(r *repo, path string) {
	r.t.Helper()
	if err := os.Remove(path); err != nil {
		r.t.Fatal(err)
	}
}

// nested makes a repository inside the worktree.
func (r *repo) nested(name string) *repo {
	r.t.Helper()
	n := r.at(filepath.Join(r.dir, name))
	mkdir(r.t, n.dir)
	n.run("init", "-q", "-b", "main")
	return n
}

func touch(name string) func(main, w *repo) {
	return func(_, w *repo) {
		now := time.Now()
		if err := os.Chtimes(filepath.Join(w.dir, name), now, now); err != nil {
			w.t.Fatal(err)
		}
	}
}

// putBack edits a file to the same size and restores its mtime.
func putBack(name string) func(main, w *repo) {
	return func(_, w *repo) {
		path := filepath.Join(w.dir, name)
		info, err := os.Stat(path)
		if err != nil {
			w.t.Fatal(err)
		}
		w.write(name, strings.Repeat("x", int(info.Size())))
		if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// racy edits files to the same size right after the index is written, so that their entries are racy.
func racy(t *testing.T) *repo {
	r := newRepo(t)
	for i := range 20 {
		r.write(fmt.Sprintf("f%02d", i), "aaaa\n")
	}
	r.commit()
	for i := range 10 {
		r.write(fmt.Sprintf("f%02d", i), "bbbb\n")
	}
	return r
}

// relativeLinks makes the paths by which a worktree and its repository find each other relative.
func relativeLinks(main, w *repo) {
	gitDir := filepath.Dir(w.gitDir("HEAD"))
	for path, content := range map[string]string{
		filepath.Join(w.dir, ".git"):       "gitdir: ../../.git/worktrees/TASK-1\n",
		filepath.Join(gitDir, "gitdir"):    "../../../trees/TASK-1/.git\n",
		filepath.Join(gitDir, "commondir"): "../..\n",
	} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
}

func sha256Repo(t *testing.T) *repo {
	r := bareHome(t)
	r.dir = r.home + "/repo"
	mkdir(t, r.dir)
	r.run("init", "-q", "-b", "main", "--object-format=sha256")
	r.write("a.txt", "a\n")
	r.write("keep.txt", "a\n")
	r.write("dir/b.txt", "a\n")
	r.commit()
	w := r.linked()
	w.write("a.txt", "edited\n")
	w.write("new.txt", "new\n")
	w.remove("dir/b.txt")
	return w
}

// reftableRepo returns a repository with reftables. If this git cannot make them, the repository only has the configuration that declares them.
func reftableRepo(t *testing.T) *repo {
	r := bareHome(t)
	r.dir = r.home + "/repo"
	mkdir(t, r.dir)
	if _, err := r.try("init", "-q", "-b", "main", "--ref-format=reftable"); err == nil {
		r.write("a.txt", "a\n")
		r.commit()
		w := r.linked()
		w.write("a.txt", "edited\n")
		return w
	}
	t.Log("this git cannot make reftables: the repository only says that it has them, and git refuses it")
	_, w := edited(t)
	w.run("config", "core.repositoryformatversion", "1")
	w.run("config", "extensions.refStorage", "reftable")
	return w
}

func sparse(outside ...string) func(t *testing.T) *repo {
	return func(t *testing.T) *repo {
		_, w := base(t)
		w.run("sparse-checkout", "set", "--cone", "other")
		w.write("a.txt", "edited\n")
		w.write("other/n.txt", "new\n")
		for _, name := range outside {
			w.write(name, "outside\n")
		}
		return w
	}
}

func sparseNoCone(t *testing.T) *repo {
	_, w := base(t)
	w.run("sparse-checkout", "set", "--no-cone", "/*", "!/dir/")
	w.write("a.txt", "edited\n")
	w.write("other/n.txt", "new\n")
	return w
}

func manyRefs(main, w *repo) {
	id := strings.TrimSpace(main.run("rev-parse", "HEAD"))
	for i := range 60 {
		main.run("update-ref", fmt.Sprintf("refs/heads/%c%d", 'A'+i%26, i), id)
		if i%7 == 0 {
			main.run("tag", "-a", "-m", "t", fmt.Sprintf("t%d", i))
		}
	}
	main.run("pack-refs", "--all")
}

// shared returns a linked worktree of a clone that borrows the objects of another repository through objects/info/alternates.
func shared(absolute bool) func(t *testing.T) *repo {
	return func(t *testing.T) *repo {
		main, _ := base(t)
		main.run("repack", "-adq")
		main.run("clone", "-q", "--shared", ".", main.home+"/clone")
		c := main.at(main.home + "/clone")
		if !absolute {
			if err := os.WriteFile(c.gitDir("objects/info/alternates"), []byte("# a comment\n../../../repo/.git/objects\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		w := c.linked()
		w.settle()
		w.edit()
		w.write("keep.txt", "staged\n")
		w.run("add", "keep.txt")
		return w
	}
}

func nestedAlternates(t *testing.T) *repo {
	main, _ := base(t)
	main.run("clone", "-q", "--shared", ".", main.home+"/one")
	main.at(main.home+"/one").run("clone", "-q", "--shared", ".", main.home+"/two")
	w := main.at(main.home + "/two")
	w.edit()
	w.write("keep.txt", "staged\n")
	w.run("add", "keep.txt")
	return w
}

func shallowClone(t *testing.T) *repo {
	main, _ := base(t)
	main.write("keep.txt", "second\n")
	main.run("commit", "-qam", "second")
	main.run("clone", "-q", "--depth=1", "file://"+main.dir, main.home+"/clone")
	w := main.at(main.home + "/clone")
	w.edit()
	return w
}

func partialClone(t *testing.T) *repo {
	main, _ := base(t)
	main.run("config", "uploadpack.allowFilter", "true")
	main.run("clone", "-q", "--filter=blob:none", "file://"+main.dir, main.home+"/clone")
	w := main.at(main.home + "/clone")
	w.edit()
	return w
}

// crlf has files whose line endings git converts: some as they were checked out, some touched, some edited in different ways.
func crlf(key, value, attributes string) func(t *testing.T) *repo {
	return func(t *testing.T) *repo {
		r := newRepo(t)
		for _, name := range []string{"untouched.txt", "touched.txt", "edited.txt", "samesize.txt", "lf.txt", "mixed.txt"} {
			r.write(name, "one\ntwo\nthree\n")
		}
		r.write("binary.txt", "a\x00b\r\nc\n")
		if attributes != "" {
			r.write(".gitattributes", attributes)
		}
		r.commit()
		r.run("config", key, value)
		r.run("rm", "-q", "--cached", "-r", ".")
		r.run("reset", "-q", "--hard")
		r.settle()
		touch("touched.txt")(r, r)
		r.write("edited.txt", "one\r\ntwo\r\nfour\r\n")
		r.write("samesize.txt", "one\r\ntwo\r\nTHREE\r\n")
		r.write("lf.txt", "one\ntwo\nthree\n")
		r.write("mixed.txt", "one\r\ntwo\nthree\r\n")
		touch("binary.txt")(r, r)
		r.write("new.txt", "one\r\n")
		return r
	}
}

func crlfInIndex(t *testing.T) *repo {
	r := newRepo(t)
	for _, name := range []string{"untouched.txt", "touched.txt", "edited.txt"} {
		r.write(name, "one\r\ntwo\r\n")
	}
	r.commit()
	r.write(".gitattributes", "* text=auto\n")
	r.settle()
	touch("touched.txt")(r, r)
	r.write("edited.txt", "one\r\nTWO\r\n")
	return r
}

// crlfSizes has a file that git would store unchanged although its size differs from the one in the index.
func crlfSizes(t *testing.T) *repo {
	r := newRepo(t)
	r.run("config", "core.autocrlf", "true")
	r.write("a.txt", "one\r\ntwo\r\n")
	r.write("b.txt", "one\r\ntwo\r\n")
	r.commit()
	r.settle()
	r.write("a.txt", "one\ntwo\n")
	return r
}

// rot13 adds files with a filter that swaps upper and lower case.
func rot13(_, w *repo) {
	w.run("config", "filter.rot.clean", "tr a-zA-Z A-Za-z")
	w.run("config", "filter.rot.smudge", "tr a-zA-Z A-Za-z")
	w.write(".gitattributes", "*.rot filter=rot\n")
	w.write("h.rot", "Hello world\n")
	w.write("same.rot", "Second\n")
	w.commit()
}

func includeIf(condition string) func(main, w *repo) {
	return func(main, _ *repo) {
		main.append(main.home+"/ign", "*.inc\n")
		main.append(main.home+"/more", "[core]\n\texcludesFile = ~/ign\n")
		main.append(main.home+"/.gitconfig", fmt.Sprintf("[includeIf %q]\n\tpath = more\n", condition))
	}
}

func oddNames(_, w *repo) {
	for _, name := range []string{
		"with space", "new\nline", "tab\there", "quote\"d", "back\\slash", "\xff\xfe-not-utf8", "é.txt", "-dash", ":colon", ":(top)x",
		"star*", "q?", "[a]", "~tilde", "#hash", "!bang", "cr\rin", "dir/ü/ö", "\x01control", "\x1b[31mred", "a..b", "trailing ",
	} {
		w.write(name, "odd\n")
	}
}

func longName(_, w *repo) {
	w.write(strings.Repeat(strings.Repeat("n", 200)+"/", 18)+"x", time.Now().String())
	w.write(strings.Repeat("m", 250), time.Now().String())
}

// legacyModes returns a worktree whose HEAD has a tree with a mode that early versions of git wrote.
func legacyModes(t *testing.T) *repo {
	main, w := edited(t)
	tree := main.run("cat-file", "tree", "HEAD^{tree}")
	tree = strings.Replace(tree, "100644 b.txt", "100664 b.txt", 1)
	path := filepath.Join(main.home, "tree")
	if err := os.WriteFile(path, []byte(tree), 0o644); err != nil {
		t.Fatal(err)
	}
	id := strings.TrimSpace(main.run("hash-object", "--literally", "-t", "tree", "-w", path))
	commit := strings.TrimSpace(main.run("commit-tree", "-m", "old", id))
	w.run("reset", "-q", "--soft", commit)
	return w
}

// extension declares a repository extension.
func extension(name, value string) func(w *repo) {
	return func(w *repo) {
		path := w.gitDir("config")
		w.run("config", "core.repositoryformatversion", "1")
		w.append(path, "[extensions]\n\t"+name+" = "+value+"\n")
	}
}

// nextSecond waits for the next second of the clock. A git that compares only whole seconds then sees other times on later changes.
func nextSecond(_, _ *repo) {
	time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1100 * time.Millisecond)))
}
