package worktree

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A scenario builds a worktree that has to be read in a special way.
type scenario struct {
	name  string
	build func(t *testing.T) *repo
	// viaGit is the reason why git may be asked about some claims. If it is "", git may not be asked and no claim may be Unknown.
	viaGit string
	// then is called after git has been asked about the worktree, and before the claims. It makes a change that an older git would refuse to read.
	then func(w *repo)
}

// base returns a repository with files of most kinds, and its linked worktree. No entry of the worktree's index is racy.
func base(t *testing.T) (main, w *repo) {
	t.Helper()
	main, w = fromTemplate(t, "base", func(main *repo) {
		for _, name := range []string{"a.txt", "b.txt", "keep.txt", "dir/a.txt", "dir/b.txt", "dir/sub/c.txt", "other/d.txt"} {
			main.write(name, "one\ntwo "+name+"\n")
		}
		main.write("run.sh", "#!/bin/sh\n")
		main.chmod("run.sh", 0o755)
		main.symlink("a.txt", "link")
		main.write(".gitignore", "*.log\nbuild/\n")
		main.commit()
		main.linked()
	})
	w.settle()
	return main, w
}

// edited is base with the usual edits.
func edited(t *testing.T) (main, w *repo) {
	t.Helper()
	main, w = base(t)
	w.edit()
	return main, w
}

// edit makes one change of most kinds.
func (r *repo) edit() {
	r.t.Helper()
	r.write("a.txt", "edited\n")
	r.write("b.txt", "one\nTWO b.txt\n") // of the same size
	r.remove("dir/b.txt")
	r.write("new.txt", "new\n")
	r.write("dir/new.txt", "new\n")
	r.write("x.log", "log\n")
	r.write("build/out", "out\n")
}

func (r *repo) chmod(name string, mode os.FileMode) {
	r.t.Helper()
	if err := os.Chmod(filepath.Join(r.dir, name), mode); err != nil {
		r.t.Fatal(err)
	}
}

func (r *repo) symlink(target, name string) {
	r.t.Helper()
	if err := os.Symlink(target, filepath.Join(r.dir, name)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *repo) append(name, text string) {
	r.t.Helper()
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		r.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		r.t.Fatal(err)
	}
}

// settle gives every tracked file an old mtime and refreshes the index, so that no entry is racy.
func (r *repo) settle() {
	r.t.Helper()
	old := time.Unix(1_500_000_000, 123_456_789)
	for name := range strings.SplitSeq(r.run("ls-files", "-z"), "\x00") {
		path := filepath.Join(r.dir, name)
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
			if err := os.Chtimes(path, old, old); err != nil {
				r.t.Fatal(err)
			}
		}
	}
	_, _ = r.try("update-index", "-q", "--refresh") // it fails if a path is unmerged
}

// gitDir returns the path of a file in the git directory of the worktree, as git finds it (git-rev-parse(1), --git-path).
func (r *repo) gitDir(name string) string {
	r.t.Helper()
	return strings.TrimSuffix(r.run("rev-parse", "--path-format=absolute", "--git-path", name), "\n")
}

// on applies more steps to the linked worktree of edited.
func on(steps ...func(main, w *repo)) func(t *testing.T) *repo {
	return func(t *testing.T) *repo {
		main, w := edited(t)
		for _, step := range steps {
			step(main, w)
		}
		return w
	}
}

// before applies steps to the linked worktree of base, and then the usual edits.
func before(steps ...func(main, w *repo)) func(t *testing.T) *repo {
	return func(t *testing.T) *repo {
		main, w := base(t)
		for _, step := range steps {
			step(main, w)
		}
		w.edit()
		return w
	}
}

func git(args ...string) func(main, w *repo) {
	return func(_, w *repo) { w.run(args...) }
}

func inMain(args ...string) func(main, w *repo) {
	return func(main, _ *repo) { main.run(args...) }
}

func file(name, content string) func(main, w *repo) {
	return func(_, w *repo) { w.write(name, content) }
}

func removed(name string) func(main, w *repo) {
	return func(_, w *repo) { w.remove(name) }
}

func settled(_, w *repo) { w.settle() }

func committed(_, w *repo) { w.commit() }

// conflict starts a merge of two branches that conflicts. It leaves every kind of unmerged entry.
func conflict(main, w *repo) {
	w.write("both-edit", "base\n")
	w.write("we-delete", "base\n")
	w.write("they-delete", "base\n")
	w.write("both-rename", "a file that both sides rename\n")
	w.commit()
	w.run("checkout", "-q", "-b", "theirs")
	w.write("both-edit", "theirs\n")
	w.write("both-add", "theirs\n")
	w.write("we-delete", "theirs\n")
	w.remove("they-delete")
	w.run("mv", "both-rename", "renamed-theirs")
	w.commit()
	w.run("checkout", "-q", "TASK-1")
	w.write("both-edit", "ours\n")
	w.write("both-add", "ours\n")
	w.remove("we-delete")
	w.write("they-delete", "ours\n")
	w.run("mv", "both-rename", "renamed-ours")
	w.commit()
	if out, err := w.try("merge", "theirs"); err == nil {
		w.t.Fatalf("the merge does not conflict: %s", out)
	}
}

// other makes a repository beside the first one, and returns it.
func (r *repo) other(name string) *repo {
	r.t.Helper()
	o := r.at(filepath.Join(r.home, name))
	mkdir(r.t, o.dir)
	o.run("init", "-q", "-b", "main")
	o.write("inner.txt", "inner\n")
	o.commit()
	return o
}

func submodule(main, w *repo) {
	o := main.other("sub")
	w.run("submodule", "-q", "add", o.dir, "sm")
	w.run("commit", "-q", "-m", "sub")
}

// scenarios returns a scenario for each way in which repositories can differ.
func scenarios() []scenario {
	const converts, repoWide, nested = "content is converted", "git alone reads the repository", "another repository is involved"
	return []scenario{
		{name: "clean", build: func(t *testing.T) *repo { _, w := base(t); return w }},
		{name: "plain", build: on()},
		{name: "main work tree with linked ones below", build: func(t *testing.T) *repo { main, _ := edited(t); main.edit(); return main }},
		{name: "worktreeConfig, version 1", build: before(inMain("config", "core.repositoryformatversion", "1"), inMain("config", "extensions.worktreeConfig", "true"), git("config", "--worktree", "core.fileMode", "false"), func(_, w *repo) { w.chmod("keep.txt", 0o755) })},
		{name: "worktreeConfig, version 0", build: before(inMain("config", "extensions.worktreeConfig", "true"))},
		{name: "worktreeConfig of another worktree", build: before(inMain("config", "extensions.worktreeConfig", "true"), inMain("config", "--worktree", "core.fileMode", "false"), func(_, w *repo) { w.chmod("keep.txt", 0o755) })},
		{name: "relative links, written by hand", build: on(relativeLinks)},
		{name: "relativeWorktrees extension", build: on(relativeLinks), then: extension("relativeWorktrees", "true")},
		{name: "sha256", build: sha256Repo, viaGit: repoWide},
		{name: "objectFormat sha1", build: on(inMain("config", "core.repositoryformatversion", "1"), inMain("config", "extensions.objectFormat", "sha1"))},
		{name: "refStorage files", build: on(), then: extension("refStorage", "files")},
		{name: "reftable", build: reftableRepo, viaGit: repoWide},
		{name: "partialClone extension", build: on(inMain("config", "core.repositoryformatversion", "1"), inMain("config", "extensions.partialClone", "origin"))},
		{name: "preciousObjects", build: on(inMain("config", "core.repositoryformatversion", "1"), inMain("config", "extensions.preciousObjects", "true"))},
		{name: "noop-v1", build: on(inMain("config", "core.repositoryformatversion", "1"), inMain("config", "extensions.noop-v1", "true"))},
		{name: "unknown extension, version 0", build: on(inMain("config", "extensions.nobodyKnows", "true")), viaGit: repoWide},
		{name: "unknown extension, version 1", build: on(inMain("config", "core.repositoryformatversion", "1"), inMain("config", "extensions.nobodyKnows", "true")), viaGit: repoWide},
		{name: "version 1 without extensions", build: on(inMain("config", "core.repositoryformatversion", "1"))},
		{name: "index version 3, intent to add", build: on(file("ita.txt", "ita\n"), git("add", "-N", "ita.txt"), file("ita2.txt", "ita\n"), git("add", "-N", "ita2.txt"), removed("ita2.txt"))},
		{name: "intent to add what HEAD has", build: on(git("rm", "-q", "--cached", "keep.txt"), git("add", "-N", "keep.txt")), viaGit: "two letters of a rare kind"},
		{name: "index version 4", build: on(git("update-index", "--index-version", "4"), git("add", "dir"))},
		{name: "index version 4 with flags", build: on(git("update-index", "--index-version", "4"), git("update-index", "--skip-worktree", "keep.txt"), file("ita.txt", "ita\n"), git("add", "-N", "ita.txt"))},
		{name: "split index", build: on(git("update-index", "--split-index")), viaGit: repoWide},
		{name: "untracked cache", build: on(git("update-index", "--force-untracked-cache"), git("status", "-uall"))},
		{name: "end of index entries", build: before(git("config", "index.threads", "4"), git("config", "index.recordEndOfIndexEntries", "true"), git("config", "index.recordOffsetTable", "true"), git("add", "-A"))},
		{name: "skipHash", build: before(git("config", "index.skipHash", "true"), git("add", "-A"))},
		{name: "manyFiles", build: before(git("config", "feature.manyFiles", "true"), git("add", "-A"))},
		{name: "no cache tree", build: before(file("keep.txt", "x\n"), git("add", "keep.txt"))},
		{name: "sparse cone", build: sparse(), viaGit: "sparse-checkout switches a sparse index on"},
		{name: "sparse without cone", build: sparseNoCone},
		{name: "sparse with files outside", build: sparse("dir/b.txt", "dir/unt.txt", "dir/sub/c.txt"), viaGit: "sparse-checkout switches a sparse index on"},
		{name: "sparse without cone, files outside", build: func(t *testing.T) *repo {
			w := sparseNoCone(t)
			w.write("dir/b.txt", "there\n")
			w.write("dir/unt.txt", "untracked\n")
			return w
		}},
		{name: "sparse with files outside expected", build: func(t *testing.T) *repo {
			w := sparseNoCone(t)
			w.run("config", "sparse.expectFilesOutsideOfPatterns", "true")
			w.write("dir/b.txt", "there\n")
			return w
		}},
		{name: "sparse index", build: func(t *testing.T) *repo {
			_, w := base(t)
			w.run("sparse-checkout", "set", "--cone", "--sparse-index", "other")
			w.write("a.txt", "edited\n")
			w.write("other/d.txt", "edited\n")
			w.write("other/n.txt", "new\n")
			return w
		}, viaGit: repoWide},
		{name: "sparse checkout with ignore and attribute files outside", build: func(t *testing.T) *repo {
			_, w := base(t)
			w.write("dir/.gitignore", "*.tmp\n")
			w.write("dir/.gitattributes", "*.txt text\n")
			w.commit()
			w.settle()
			w.run("sparse-checkout", "set", "--no-cone", "/*", "!/dir/.git*")
			w.write("dir/z.tmp", "ignored by a rule in the index\n")
			w.write("dir/a.txt", "one\r\ntwo\r\n")
			return w
		}, viaGit: converts},
		{name: "packed refs", build: on(inMain("pack-refs", "--all"))},
		{name: "packed refs, many and peeled", build: on(manyRefs)},
		{name: "packed, then loose", build: before(inMain("pack-refs", "--all"), file("c.txt", "c\n"), committed)},
		{name: "detached", build: on(git("checkout", "-q", "--detach"))},
		{name: "unborn", build: on(git("checkout", "-q", "--orphan", "fresh"))},
		{name: "unborn, empty index", build: on(git("checkout", "-q", "--orphan", "fresh"), git("rm", "-rqf", "--cached", "."))},
		{name: "no index", build: on(func(_, w *repo) { removeFile(w, w.gitDir("index")) })},
		{name: "symbolic refs in a row", build: on(git("symbolic-ref", "refs/heads/alias", "refs/heads/TASK-1"), git("symbolic-ref", "HEAD", "refs/heads/alias"))},
		{name: "alternates, absolute", build: shared(true)},
		{name: "alternates, relative", build: shared(false)},
		{name: "alternates, nested", build: nestedAlternates},
		{name: "packed with deltas", build: on(inMain("repack", "-adfq", "--depth=50", "--window=50"))},
		{name: "several packs", build: before(inMain("repack", "-dq"), file("c.txt", "c\n"), committed, inMain("repack", "-dq"), file("d.txt", "d\n"), committed, inMain("repack", "-dq"), file("keep.txt", "staged\n"), git("add", "keep.txt"))},
		{name: "multi-pack index", build: on(inMain("repack", "-adq", "--write-midx"), file("keep.txt", "x\n"), git("add", "."))},
		{name: "commit graph", build: on(inMain("commit-graph", "write", "--reachable"))},
		{name: "loose objects alone", build: on(file("keep.txt", "x\n"), git("add", "keep.txt"))},
		{name: "pack index version 1", build: on(inMain("-c", "pack.indexVersion=1", "repack", "-adfq"), file("keep.txt", "x\n"), git("add", "keep.txt")), viaGit: repoWide},
		{name: "shallow clone", build: shallowClone},
		{name: "partial clone", build: partialClone},
		{name: "submodule, not checked out", build: func(t *testing.T) *repo {
			main, w := base(t)
			submodule(main, w)
			main.run("worktree", "add", "-q", "-b", "TASK-2", "trees/TASK-2")
			return main.at(filepath.Join(main.dir, "trees/TASK-2"))
		}},
		{name: "submodule, clean", build: on(submodule), viaGit: nested},
		{name: "submodule, new commit", build: on(submodule, func(_, w *repo) { s := w.at(w.dir + "/sm"); s.write("n", "n"); s.commit() }), viaGit: nested},
		{name: "submodule, dirty", build: on(submodule, file("sm/inner.txt", "edited\n")), viaGit: nested},
		{name: "submodule, untracked inside", build: on(submodule, file("sm/new.txt", "new\n")), viaGit: nested},
		{name: "submodule, ignore=all", build: on(submodule, file("sm/inner.txt", "edited\n"), git("config", "submodule.sm.ignore", "all")), viaGit: nested},
		{name: "submodule, removed", build: on(submodule, removed("sm")), viaGit: nested},
		{name: "submodule, a file in its place", build: on(submodule, removed("sm"), file("sm", "file\n")), viaGit: nested},
		{name: "submodule, staged", build: on(func(main, w *repo) { o := main.other("sub"); w.run("submodule", "-q", "add", o.dir, "sm") }), viaGit: nested},
		{name: "in a submodule", build: func(t *testing.T) *repo {
			main, w := base(t)
			submodule(main, w)
			s := w.at(w.dir + "/sm")
			s.write("inner.txt", "edited\n")
			s.write("new.txt", "new\n")
			return s
		}},
		{name: "nested repository", build: on(func(_, w *repo) { n := w.nested("emb"); n.write("f", "f"); n.commit() }), viaGit: nested},
		{name: "nested repository without commits", build: on(func(_, w *repo) { w.nested("emb").write("f", "f") }), viaGit: nested},
		{name: "nested repository, ignored", build: on(func(_, w *repo) { w.nested("build/emb").write("f", "f") }), viaGit: nested},
		{name: "nested repository in a directory", build: on(func(_, w *repo) { w.nested("dir/sub/emb/deep").write("f", "f") }), viaGit: nested},
		{name: "nested repository around tracked files", build: on(func(_, w *repo) { w.nested("dir"); w.write("dir/a.txt", "edited\n") }), viaGit: nested},
		{name: "nested repository in the place of a file", build: on(func(_, w *repo) { w.remove("keep.txt"); n := w.nested("keep.txt"); n.write("f", "f"); n.commit() }), viaGit: nested},
		{name: "broken .git in a directory", build: on(file("dir/.git", "no git file\n"), file("emb/.git/HEAD", "no head\n"), file("emb/f", "f\n")), viaGit: nested},
		{name: "a .git file that leads nowhere", build: on(file("emb/.git", "gitdir: /nowhere\n"), file("emb/f", "f\n")), viaGit: nested},
		{name: "autocrlf, clean", build: before(git("config", "core.autocrlf", "true"))},
		{name: "autocrlf, checked out", build: crlf("core.autocrlf", "true", ""), viaGit: converts},
		{name: "autocrlf input", build: crlf("core.autocrlf", "input", ""), viaGit: converts},
		{name: "eol=crlf", build: crlf("core.fileMode", "true", "*.txt text eol=crlf\n"), viaGit: converts},
		{name: "text=auto", build: crlf("core.fileMode", "true", "* text=auto\n"), viaGit: converts},
		{name: "CRLF in the index", build: crlfInIndex, viaGit: converts},
		{name: "converted, only the size recorded differs", build: crlfSizes, viaGit: converts},
		{name: "info/attributes", build: before(func(main, _ *repo) { main.append(main.gitDir("info/attributes"), "*.txt text eol=lf\n") }, settled, file("keep.txt", "one\r\ntwo\r\n"), file("other/d.txt", "one\r\ntwo other/d.txt\n")), viaGit: converts},
		{name: "attributes that do not convert", build: before(file(".gitattributes", "*.txt diff=text\n*.png binary\n*.psd filter=lfs diff=lfs merge=lfs -text\n"), file("p.psd", "version https://git-lfs.github.com/spec/v1\n"), committed, settled, file("p.psd", "version\r\n"))},
		{name: "filter", build: before(rot13, settled, file("h.rot", "Hello World\n"), file("same.rot", "second\n")), viaGit: converts},
		{name: "filter, touched", build: on(rot13, settled, func(_, w *repo) { w.write("h.rot", "hello world\n"); w.write("same.rot", "SECOND\n") }), viaGit: converts},
		{name: "filter, untouched", build: before(rot13, settled)},
		{name: "filter process that fails", build: before(rot13, settled, git("config", "filter.rot.clean", "false"), git("config", "filter.rot.required", "true"), file("h.rot", "Hello world\n")), viaGit: converts},
		{name: "ident", build: before(file(".gitattributes", "*.c ident\n"), file("i.c", "/* $Id$ */\n"), file("j.c", "/* no */\n"), committed, removed("i.c"), git("checkout", "i.c"), settled, file("j.c", "/* on */\n"), func(_, w *repo) { w.append(w.dir+"/i.c", "x\n") }), viaGit: converts},
		{name: "ident, touched", build: before(file(".gitattributes", "*.c ident\n"), file("i.c", "/* $Id$ */\n"), committed, removed("i.c"), git("checkout", "i.c"), settled, touch("i.c")), viaGit: converts},
		{name: "working-tree-encoding", build: before(file(".gitattributes", "*.u16 text working-tree-encoding=UTF-16\n"), file("u.u16", "\xff\xfea\x00b\x00\n\x00"), committed, settled, touch("u.u16"), func(_, w *repo) { w.write("v.u16", "\xff\xfea\x00") }), viaGit: converts},
		{name: "attributes from the index", build: before(file(".gitattributes", "*.txt text\n"), committed, settled, removed(".gitattributes"), file("keep.txt", "one\r\ntwo\r\n")), viaGit: converts},
		{name: "global attributes", build: before(git("config", "core.attributesFile", "~/attrs"), func(main, _ *repo) { main.append(main.home+"/attrs", "*.txt text\n") }, file("keep.txt", "one\r\ntwo\r\n")), viaGit: converts},
		{name: "XDG attributes", build: before(func(main, _ *repo) {
			mkdir(main.t, main.home+"/.config/git")
			main.append(main.home+"/.config/git/attributes", "*.txt text\n")
		}, file("keep.txt", "one\r\ntwo\r\n")), viaGit: converts},
		{name: "fileMode false", build: before(git("config", "core.fileMode", "false"), func(_, w *repo) { w.chmod("keep.txt", 0o755); w.chmod("run.sh", 0o644) })},
		{name: "fileMode true", build: on(func(_, w *repo) { w.chmod("keep.txt", 0o755); w.chmod("a.txt", 0o755); w.chmod("run.sh", 0o644) })},
		{name: "modes that git does not record", build: on(func(_, w *repo) {
			w.chmod("keep.txt", 0o600)
			w.chmod("other/d.txt", 0o666)
			w.chmod("dir/a.txt", 0o611)
		})},
		{name: "symlinks false", build: before(git("config", "core.symlinks", "false"), removed("link"), git("checkout", "link")), viaGit: repoWide},
		{name: "ignoreCase true", build: before(git("config", "core.ignoreCase", "true"), func(_, w *repo) { w.rename("keep.txt", "KEEP.txt") }), viaGit: "names of another case"},
		{name: "precomposeUnicode true", build: before(git("config", "core.precomposeUnicode", "true"), file("e\u0301.txt", "decomposed\n")), viaGit: "names that are not ASCII"},
		{name: "info/exclude", build: on(func(main, _ *repo) { main.append(main.gitDir("info/exclude"), "*.tmp\n") }, file("z.tmp", "z\n"))},
		{name: "info/exclude of a linked worktree alone", build: on(func(_, w *repo) {
			dir := filepath.Join(filepath.Dir(w.gitDir("HEAD")), "info")
			mkdir(w.t, dir)
			w.append(dir+"/exclude", "*.tmp\n")
		}, file("z.tmp", "z\n"))},
		{name: "core.excludesFile, global", build: on(func(main, _ *repo) {
			main.run("config", "--global", "core.excludesFile", "~/ign")
			main.append(main.home+"/ign", "*.tmp\n")
		}, file("z.tmp", "z\n"))},
		{name: "core.excludesFile, local and relative", build: on(git("config", "core.excludesFile", "ign"), file("ign", "*.tmp\n"), file("z.tmp", "z\n"))},
		{name: "XDG ignore", build: on(func(main, _ *repo) {
			mkdir(main.t, main.home+"/.config/git")
			main.append(main.home+"/.config/git/ignore", "*.tmp\n")
		}, file("z.tmp", "z\n"))},
		{name: "ignore rules, nested and negated", build: on(file(".gitignore", "*.o\n!keep.o\n/out/\n**/deep/*.x\n"), file("dir/.gitignore", "!*.o\nsub/\n"), file("x.o", ""), file("keep.o", ""), file("dir/y.o", ""), file("dir/sub/new", ""), file("out/keep.o", ""), file("p/deep/q.x", ""), file("p/deep/.gitignore", "!q.x\n"))},
		{name: "ignore rules, whitelist", build: on(file(".gitignore", "*\n!*/\n!*.c\n"), file("p/q/x.c", ""), file("p/q/x.d", ""))},
		{name: "ignore rules, odd patterns", build: on(file(".gitignore", "[!a]d\n[[:digit:]]e\n\\#x\ny\\ \n  \nfoo**bar\n"), file("5d", ""), file("ad", ""), file("5e", ""), file("#x", ""), file("y ", ""), file("fooXbar", ""))},
		{name: "ignored directory with tracked files", build: before(file("build/tracked", "t\n"), git("add", "-f", "build/tracked"), git("commit", "-qm", "t"), file("build/tracked", "edited\n"))},
		{name: ".gitignore as a symbolic link", build: on(removed(".gitignore"), func(_, w *repo) { w.write("rules", "*.tmp\n"); w.symlink("rules", ".gitignore"); w.write("z.tmp", "") })},
		{name: "skip-worktree, edited", build: on(git("update-index", "--skip-worktree", "keep.txt", "other/d.txt"), file("keep.txt", "edited\n"), removed("other/d.txt"))},
		{name: "assume-unchanged", build: on(git("update-index", "--assume-unchanged", "keep.txt", "other/d.txt", "run.sh"), file("keep.txt", "edited\n"), removed("other/d.txt"))},
		{name: "unmerged", build: on(removed("x"), git("checkout", "-q", "."), conflict)},
		{name: "unmerged, edited and removed", build: on(git("checkout", "-q", "."), conflict, removed("both-edit"), file("both-add", "again\n"))},
		{name: "odd names", build: on(oddNames)},
		{name: "odd names, staged", build: before(oddNames, git("add", "-A"))},
		{name: "dot-git like names", build: on(file("dir/.gitx", ""), file(".git2", ""), file("a.git/x", ""), file("...", ""))},
		{name: "names longer than the index flags hold", build: before(longName, git("add", "-A"), git("commit", "-qm", "long"), settled, longName)},
		{name: "names longer than the index flags hold, version 4", build: before(longName, git("add", "-A"), git("update-index", "--index-version", "4"), longName)},
		{name: "include", build: before(git("config", "include.path", "more"), func(main, _ *repo) {
			main.append(main.gitDir("more"), "[core]\n\tfileMode = false\n")
		}, func(_, w *repo) { w.chmod("keep.txt", 0o755) })},
		{name: "include, overridden later", build: before(func(main, _ *repo) {
			main.append(main.gitDir("more"), "[core]\n\tfileMode = false\n")
			main.append(main.gitDir("config"), "[include]\n\tpath = more\n[core]\n\tfilemode = true\n")
		}, func(_, w *repo) { w.chmod("keep.txt", 0o755) })},
		{name: "includeIf gitdir", build: before(includeIf("gitdir:**/TASK-1"), file("z.inc", ""))},
		{name: "includeIf gitdir, below", build: before(includeIf("gitdir:~/repo/"), file("z.inc", ""))},
		{name: "includeIf gitdir, elsewhere", build: before(includeIf("gitdir:/elsewhere/"), file("z.inc", ""))},
		{name: "includeIf gitdir/i", build: before(includeIf("gitdir/i:~/REPO/"), file("z.inc", ""))},
		{name: "includeIf onbranch", build: before(includeIf("onbranch:TASK-1"), file("z.inc", ""))},
		{name: "includeIf onbranch, another", build: before(includeIf("onbranch:main"), file("z.inc", ""))},
		{name: "includeIf with wildcards", build: before(includeIf("gitdir:~/r?po/**"), file("z.inc", "")), viaGit: repoWide},
		{name: "includeIf hasconfig", build: before(includeIf("hasconfig:remote.*.url:https://**"), file("z.inc", "")), viaGit: repoWide},
		{name: "includeIf hasconfig of what decides nothing", build: before(func(main, _ *repo) {
			main.append(main.gitDir("config"), "[includeIf \"hasconfig:remote.*.url:https://**\"]\n\tpath = more\n[includeIf \"gitdir:~/r?po/**\"]\n\tpath = ~/absent\n")
			main.append(main.gitDir("more"), "[user]\n\temail = x@example.com\n[credential \"https://x\"]\n\thelper = store\n[core]\n\tsshCommand = ssh -v\n[include]\n\tpath = deeper\n")
			main.append(main.gitDir("deeper"), "[alias]\n\tst = status\n[commit]\n\tgpgSign = true\n")
		}, file("z.inc", ""))},
		{name: "includeIf hasconfig of what decides, deeper", build: before(func(main, _ *repo) {
			main.append(main.gitDir("config"), "[includeIf \"gitdir:~/r?po/**\"]\n\tpath = more\n")
			main.append(main.gitDir("more"), "[user]\n\temail = x@example.com\n[includeIf \"onbranch:TASK-1\"]\n\tpath = deeper\n")
			main.append(main.gitDir("deeper"), "[core]\n\tfileMode = false\n")
		}, func(_, w *repo) { w.chmod("keep.txt", 0o755) }), viaGit: repoWide},
		{name: "pipes and sockets", build: on(func(_, w *repo) { w.fifo("ff"); w.remove("keep.txt"); w.fifo("keep.txt"); mkdir(w.t, w.dir+"/empty") }), viaGit: "a pipe in the place of a file"},
		{name: "racy, same size", build: racy},
		{name: "same size, mtime put back", build: before(nextSecond, putBack("keep.txt"))},
		{name: "same size, mtime put back, no ctime", build: before(git("config", "core.trustctime", "false"), settled, putBack("keep.txt")), viaGit: "git trusts what it remembers"},
		{name: "checkStat minimal", build: before(git("config", "core.checkStat", "minimal"), settled, file("keep.txt", "one\nTWO keep.txt\n"))},
		{name: "touched only", build: on(touch("keep.txt"), touch("other/d.txt"))},
		{name: "renamed, staged", build: on(git("mv", "keep.txt", "kept.txt"))},
		{name: "renamed, not staged", build: on(func(_, w *repo) { w.rename("keep.txt", "kept.txt") })},
		{name: "type change", build: on(removed("keep.txt"), func(_, w *repo) { w.symlink("a.txt", "keep.txt"); w.remove("link"); w.write("link", "file\n") })},
		{name: "type change, staged", build: on(removed("keep.txt"), func(_, w *repo) {
			w.symlink("a.txt", "keep.txt")
			w.remove("link")
			w.write("link", "file\n")
			w.run("add", "-A")
		})},
		{name: "link to another target", build: on(removed("link"), func(_, w *repo) { w.symlink("b.txt", "link") })},
		{name: "file becomes directory", build: on(removed("keep.txt"), file("keep.txt/x", "x\n"), removed("link"), file("link/x", ""))},
		{name: "directory becomes link", build: on(removed("dir"), func(_, w *repo) { w.symlink("other", "dir"); w.write("other/a.txt", "x\n") })},
		{name: "directory becomes link that leads out", build: on(removed("dir"), func(main, w *repo) { w.symlink(main.dir, "dir") })},
		{name: "directory becomes file", build: on(removed("dir"), file("dir", "file\n"))},
		{name: "links in a circle", build: on(func(_, w *repo) { w.symlink("loop2", "loop1"); w.symlink("loop1", "loop2"); w.symlink(".", "self") })},
		{name: "removed from the index, still there", build: on(git("rm", "-q", "--cached", "keep.txt", "other/d.txt"), file("other/d.txt", "edited\n"))},
		{name: "removed from the index, ignored now", build: on(git("rm", "-q", "--cached", "keep.txt"), file(".gitignore", "keep.txt\n"))},
		{name: "removed from the index and a directory now", build: on(git("rm", "-q", "--cached", "keep.txt"), removed("keep.txt"), file("keep.txt/x", ""))},
		{name: "staged, then edited", build: on(git("add", "-A"), file("a.txt", "again\n"), removed("new.txt"), file("keep.txt", "x\n"))},
		{name: "staged, then put back", build: on(file("keep.txt", "x\n"), git("add", "keep.txt"), file("keep.txt", "one\ntwo keep.txt\n"))},
		{name: "staged mode", build: on(func(_, w *repo) { w.chmod("keep.txt", 0o755) }, git("add", "keep.txt"))},
		{name: "put into the index by number", build: on(git("read-tree", "HEAD"), file("keep.txt", "one\nTWO keep.txt\n"))},
		{name: "index lock", build: on(func(_, w *repo) { w.append(w.gitDir("index.lock"), "") })},
		{name: "showUntrackedFiles no", build: on(git("config", "status.showUntrackedFiles", "no"))},
		{name: "replace ref", build: on(func(main, w *repo) {
			w.write("keep.txt", "replaced\n")
			w.run("add", "keep.txt")
			tree := strings.TrimSpace(w.run("write-tree"))
			w.run("reset", "-q", "HEAD", "keep.txt")
			w.run("replace", strings.TrimSpace(w.run("rev-parse", "HEAD^{tree}")), tree)
		}), viaGit: repoWide},
		{name: "replace ref, packed", build: on(func(main, w *repo) {
			w.write("keep.txt", "replaced\n")
			w.run("add", "keep.txt")
			tree := strings.TrimSpace(w.run("write-tree"))
			w.run("reset", "-q", "HEAD", "keep.txt")
			w.run("replace", strings.TrimSpace(w.run("rev-parse", "HEAD^{tree}")), tree)
			main.run("pack-refs", "--all")
		}), viaGit: repoWide},
		{name: "legacy modes in a tree", build: legacyModes},
		{name: "separate git directory", build: func(t *testing.T) *repo {
			r := bareHome(t)
			r.dir = r.home + "/work"
			mkdir(t, r.dir)
			r.run("init", "-q", "-b", "main", "--separate-git-dir", r.home+"/elsewhere")
			r.write("a.txt", "a\n")
			r.write("keep.txt", "a\n")
			r.commit()
			r.settle()
			r.write("a.txt", "b\n")
			return r
		}},
		{name: ".git as a symbolic link", build: func(t *testing.T) *repo {
			r := newRepo(t)
			r.write("a.txt", "a\n")
			r.commit()
			if err := os.Rename(r.dir+"/.git", r.home+"/moved"); err != nil {
				t.Fatal(err)
			}
			r.symlink("../moved", ".git")
			r.write("a.txt", "edited\n")
			return r
		}},
		{name: "worktree of a bare repository", build: func(t *testing.T) *repo {
			main, _ := base(t)
			main.run("clone", "-q", "--bare", ".", main.home+"/bare.git")
			bare := main.at(main.home + "/bare.git")
			bare.run("worktree", "add", "-q", "-b", "T", main.home+"/wt", "main")
			w := main.at(main.home + "/wt")
			w.settle()
			w.edit()
			return w
		}},
		{name: "index of an unknown version", build: on(func(_, w *repo) {
			path := w.gitDir("index")
			content, err := os.ReadFile(path)
			if err != nil {
				w.t.Fatal(err)
			}
			content[7] = 9 // the version of the index
			if err := os.WriteFile(path, content, 0o644); err != nil {
				w.t.Fatal(err)
			}
		}), viaGit: "git fails, too"},
		{name: "missing tree", build: on(func(main, w *repo) {
			id := strings.TrimSpace(w.run("rev-parse", "HEAD^{tree}"))
			removeFile(main, filepath.Join(main.gitDir("objects"), id[:2], id[2:]))
			w.write("keep.txt", "x\n")
			w.run("add", "keep.txt")
		}), viaGit: "git fails, too"},
		{name: "bad configuration", build: on(func(main, _ *repo) { main.append(main.gitDir("config"), "[core\n") }), viaGit: "git fails, too"},
	}
}

// some returns all cases, or every sixteenth with -short. The race detector runs with -short; make test also runs all of them without it.
func some[T any](cases []T) (chosen []T) {
	for i, c := range cases {
		if !testing.Short() || i%16 == 0 {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

// fuzzCases returns the default number of random cases in a test.
func fuzzCases() uint64 {
	if testing.Short() {
		return 6
	}
	return 24
}

// TestScenarios compares the claims, the scan and the marks of each scenario with git. All three use the same repository, because making it takes
// most of the time.
func TestScenarios(t *testing.T) {
	claims, scans, marks := &tally{}, &scanTotals{}, &marksTally{}
	t.Cleanup(func() {
		claims.report(t)
		scans.report(t)
		marks.report(t)
	})
	for _, s := range some(scenarios()) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			r := s.build(t)
			o := r.oracle()
			s.checkMarks(r, marks)
			s.checkScan(r, o, scans)
			s.checkClaims(r, o, claims)
		})
	}
}

// checkClaims compares claims about every name with git: as they are usually decided, with git asked about each, and without git. It is the last of
// the checks, because s.then changes the repository.
func (s scenario) checkClaims(r *repo, o oracle, total *tally) {
	r.t.Helper()
	names := r.names(o)
	if s.then == nil {
		asking := r.tree()
		asking.Refusal = fmt.Errorf("the test wants git to be asked")
		// Each such claim costs a process, and most scenarios have the same two edited files.
		edited := func(name string) bool { return s.viaGit == "" && (name == "a.txt" || name == "b.txt") }
		r.compare(o, asking, slices.DeleteFunc(slices.Clone(names), edited))
	} else {
		s.then(r)
	}
	sum, states := r.compare(o, r.tree(), names)
	total.add(sum)
	for _, state := range states {
		switch {
		case s.viaGit == "" && state.ViaGit:
			r.t.Errorf("%q was not decided natively", state.Path)
		case s.viaGit == "" && state.Change == Unknown:
			r.t.Errorf("%q is unknown: %s", state.Path, state.Reason)
		}
	}
	if s.viaGit != "" {
		alone, _ := r.compare(o, r.withoutGit(), names)
		if alone.viaGit > 0 {
			r.t.Errorf("%d claims were decided by a git that is not there", alone.viaGit)
		}
	}
	r.t.Logf("%d claims: %d native, %d by asking git, %d unknown", sum.claims, sum.native, sum.viaGit, sum.unknown)
}

// withoutGit opens the worktree without a git that could be asked.
func (r *repo) withoutGit() *Tree {
	r.t.Helper()
	tree := r.tree()
	tree.Git.Path = ""
	return tree
}
