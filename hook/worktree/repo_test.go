package worktree

import (
	"bytes"
	"context"
	"crypto/sha1"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A repo is a scratch repository. Tests run the real git in it, with an environment of its own.
type repo struct {
	t    testing.TB
	dir  string
	home string
	env  []string
	git  string
}

// needGit returns the path of the git binary. Without git it skips the test; with STOPGATE_NO_SKIP=1 the test fails.
func needGit(t testing.TB) string {
	t.Helper()
	git, err := exec.LookPath("git")
	if err != nil {
		if os.Getenv("STOPGATE_NO_SKIP") == "1" {
			t.Fatalf("git is needed: %v", err)
		}
		t.Skipf("git is needed as the oracle: %v", err)
	}
	return git
}

// newRepo makes an empty repository with main as its initial branch.
func newRepo(t testing.TB) *repo {
	t.Helper()
	r := bareHome(t)
	r.dir = filepath.Join(r.home, "repo")
	mkdir(t, r.dir)
	r.run("init", "-q", "-b", "main")
	return r
}

// templates has the repositories that tests copy, by name. They outlive the tests that make them.
var templates struct {
	sync.Mutex
	homes []string
	made  map[string]*repo
}

func TestMain(m *testing.M) {
	status := m.Run()
	for _, home := range templates.homes {
		if err := os.RemoveAll(home); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	os.Exit(status)
}

// fromTemplate returns a copy of the repository that build makes from an empty one, and its linked worktree. A copy takes a tenth of the time of the
// git commands that make the original. Both indexes are refreshed, so they have the stat data of the copies.
func fromTemplate(t testing.TB, name string, build func(main *repo)) (main, w *repo) {
	t.Helper()
	main = template(t, name, build).copied(t)
	w = main.at(filepath.Join(main.dir, "trees", "TASK-1"))
	main.run("update-index", "-q", "--refresh")
	w.run("update-index", "-q", "--refresh")
	return main, w
}

func template(t testing.TB, name string, build func(main *repo)) *repo {
	t.Helper()
	templates.Lock()
	defer templates.Unlock()
	if made := templates.made[name]; made != nil {
		return made
	}
	home, err := os.MkdirTemp("", "stopgate-template-") //nolint:usetesting // it outlives t
	if err != nil {
		t.Fatal(err)
	}
	templates.homes = append(templates.homes, home)
	if home, err = filepath.EvalSymlinks(home); err != nil {
		t.Fatal(err)
	}
	r := homeAt(t, home)
	r.dir = filepath.Join(home, "repo")
	mkdir(t, r.dir)
	r.run("init", "-q", "-b", "main")
	build(r)
	if templates.made == nil {
		templates.made = map[string]*repo{}
	}
	templates.made[name] = r
	return r
}

// bareHome returns an environment without a repository.
func bareHome(t testing.TB) *repo {
	t.Helper()
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return homeAt(t, home)
}

func homeAt(t testing.TB, home string) *repo {
	t.Helper()
	r := &repo{t: t, home: home, dir: home, git: needGit(t)}
	r.env = []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + home,
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_ATTR_NOSYSTEM=1",
	}
	return r
}

// at returns the same environment in another directory.
func (r *repo) at(dir string) *repo {
	c := *r
	c.dir = dir
	return &c
}

// run runs git with a fixed identity and time. It fails the test if git fails.
func (r *repo) run(args ...string) string {
	r.t.Helper()
	out, err := r.try(args...)
	if err != nil {
		r.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (r *repo) try(args ...string) (string, error) {
	r.t.Helper()
	out, complaint, err := r.output(args...)
	if err != nil {
		out += complaint
	}
	return out, err
}

// output runs git and returns its standard output and its error messages separately.
func (r *repo) output(args ...string) (out, complaint string, err error) {
	r.t.Helper()
	// Without maintenance.auto=false each commit starts another process, which finds nothing to do.
	cmd := exec.Command(r.git, append([]string{"-c", "protocol.file.allow=always", "-c", "maintenance.auto=false"}, args...)...)
	cmd.Dir = r.dir
	cmd.Env = append(append([]string{}, r.env...),
		"GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_AUTHOR_DATE=2020-01-01T00:00:00Z",
		"GIT_COMMITTER_NAME=C", "GIT_COMMITTER_EMAIL=c@example.org", "GIT_COMMITTER_DATE=2020-01-01T00:00:00Z",
		"LC_ALL=C",
	)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}

// write writes a file, and makes its directories.
func (r *repo) write(name, content string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	mkdir(r.t, filepath.Dir(path))
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r *repo) remove(name string) {
	r.t.Helper()
	if err := os.RemoveAll(filepath.Join(r.dir, name)); err != nil {
		r.t.Fatal(err)
	}
}

// commit adds all files and commits them.
func (r *repo) commit() {
	r.t.Helper()
	r.run("add", "-A")
	r.run("commit", "-q", "--allow-empty", "-m", "c")
}

// linked adds a linked worktree at trees/TASK-1.
func (r *repo) linked() *repo {
	r.t.Helper()
	r.run("worktree", "add", "-q", "-b", "TASK-1", filepath.Join("trees", "TASK-1"))
	return r.at(filepath.Join(r.dir, "trees", "TASK-1"))
}

// rename moves a file within the worktree, without git.
func (r *repo) rename(from, to string) {
	r.t.Helper()
	if err := os.Rename(filepath.Join(r.dir, from), filepath.Join(r.dir, to)); err != nil {
		r.t.Fatal(err)
	}
}

// tree opens the worktree.
func (r *repo) tree() *Tree {
	r.t.Helper()
	place, err := Locate(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	tree, err := Open(context.Background(), place, Options{Env: r.env})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = tree.Close() })
	return tree
}

func mkdir(t testing.TB, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

// newBlob returns a hash to which the content of a blob of that size can be written.
func newBlob(size int64) hash.Hash {
	h := sha1.New()
	_, _ = fmt.Fprintf(h, "blob %d\x00", size)
	return h
}

// copied copies the whole home of r to a new one: the repository, its linked worktrees and its remotes. That takes a fraction of the time of the
// processes that made the original. The files keep their mtimes, but git reads each of them again, because their other stat data differ.
func (r *repo) copied(t testing.TB) *repo {
	t.Helper()
	c := bareHome(t)
	rehome := func(text []byte) []byte { return bytes.ReplaceAll(text, []byte(r.home+"/"), []byte(c.home+"/")) }
	err := filepath.WalkDir(r.home, func(from string, d fs.DirEntry, err error) error {
		if err != nil || from == r.home {
			return err
		}
		to := c.home + strings.TrimPrefix(from, r.home)
		info, err := d.Info()
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return os.Mkdir(to, info.Mode())
		case d.Type() == fs.ModeSymlink:
			target, err := os.Readlink(from)
			if err != nil {
				return err
			}
			return os.Symlink(target, to)
		}
		content, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		switch d.Name() {
		case ".git", "gitdir", "config": // these files contain absolute paths
			content = rehome(content)
		}
		if err := os.WriteFile(to, content, info.Mode()); err != nil {
			return err
		}
		return os.Chtimes(to, info.ModTime(), info.ModTime())
	})
	if err != nil {
		t.Fatal(err)
	}
	c.dir = c.home + strings.TrimPrefix(r.dir, r.home)
	return c
}
