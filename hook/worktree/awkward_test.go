package worktree

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// environment sets variables for git and for this package.
func environment(variables ...string) func(main, w *repo) {
	return func(_, w *repo) { w.env = append(w.env[:len(w.env):len(w.env)], variables...) }
}

// TestAwkward compares Claims and Scan with git where configuration or files are in an unusual place.
func TestAwkward(t *testing.T) {
	homeLink := func(target func(w *repo) string) func(main, w *repo) {
		return func(_, w *repo) {
			link := filepath.Join(w.home, "link")
			if err := os.Symlink(target(w), link); err != nil {
				w.t.Fatal(err)
			}
			environment("HOME="+link)(nil, w)
		}
	}
	home := func(w *repo) string { return w.home }
	elsewhere := func(w *repo) string {
		dir := filepath.Join(w.home, "elsewhere")
		mkdir(w.t, dir)
		for _, name := range []string{".gitconfig", "more", "ign"} {
			if err := os.Link(filepath.Join(w.home, name), filepath.Join(dir, name)); err != nil {
				w.t.Fatal(err)
			}
		}
		return dir
	}
	linked := func(name, target string) func(main, w *repo) {
		return func(_, w *repo) {
			w.remove(name)
			w.symlink(target, name)
		}
	}
	for name, build := range map[string]func(t *testing.T) *repo{
		"HOME is a link":                   before(includeIf("gitdir:~/"), homeLink(home), file("z.inc", "")),
		"HOME is a link, any case":         before(includeIf("gitdir/i:~/REPO/"), homeLink(home), file("z.inc", "")),
		"HOME is a link to somewhere else": before(includeIf("gitdir:~/"), homeLink(elsewhere), file("z.inc", "")),
		"attributes in a tree":             before(git("config", "attr.tree", "HEAD"), func(_, w *repo) { w.write(".gitattributes", "*.txt text eol=crlf\n") }),
		"line endings by the environment":  before(environment("GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=Core.AutoCRLF", "GIT_CONFIG_VALUE_0=true"), file("keep.txt", "one\r\n"), file("crlf.txt", "one\r\n")),
		"modes by the environment":         before(environment("GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=core.fileMode", "GIT_CONFIG_VALUE_0=true", "GIT_CONFIG_KEY_1=core.filemode", "GIT_CONFIG_VALUE_1=false")),
		"more than the environment has":    before(environment("GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=core.fileMode", "GIT_CONFIG_VALUE_0=false")),
		"parameters":                       before(environment("GIT_CONFIG_PARAMETERS='core.filemode=false'")),
		"another case, which does not count": before(git("config", "core.ignoreCase", "true"), func(_, w *repo) {
			w.rename("keep.txt", "KEEP.txt")
			w.rename("dir", "Dir")
		}),
		"sparse, with a link in place of a folder": func(t *testing.T) *repo {
			w := sparse()(t)
			linked("dir", "other")(nil, w)
			return w
		},
		"sparse, with a link to the same files": func(t *testing.T) *repo { // git finds the files behind the link, and takes them as present
			w := sparse()(t)
			for _, name := range strings.Fields(w.run("ls-files", "dir")) {
				w.write(strings.Replace(name, "dir/", "twin/", 1), "outside\n")
			}
			linked("dir", "twin")(nil, w)
			return w
		},
		"sparse, with a dangling link": func(t *testing.T) *repo {
			w := sparse()(t)
			linked("dir", "nowhere")(nil, w)
			return w
		},
		"skip-worktree by hand, with a link": before(git("update-index", "--skip-worktree", "dir/a.txt"), linked("dir", "other")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := build(t)
			o := r.oracle()
			r.compare(o, r.tree(), r.names(o))
			r.compare(o, r.withoutGit(), r.names(o))
			r.compareScan(r.tree(), true, &scanTally{})
			r.compareScan(r.withoutGit(), false, &scanTally{})
		})
	}
}
