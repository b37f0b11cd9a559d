package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// minFiles is the size of the smallest repository with enough files for the edits.
const minFiles = 100

// A repository is a linked worktree of a packed repository, both made for the measurement.
type repository struct {
	*bench
	root  string   // of the worktree
	paths []string // ten of which nine changed: seven edits, a deletion and a new file
	env   []string
}

// fileName spreads the files over directories of 18.
func fileName(i int) string { return fmt.Sprintf("d%d/s%d/f%d.go", i/360, i/18%20, i) }

// newRepository makes one of n files.
func (b *bench) newRepository(n int) (*repository, error) {
	home := filepath.Join(b.dir, fmt.Sprint(n))
	top := filepath.Join(home, "repository")
	r := &repository{bench: b, root: top, env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GIT_CONFIG_NOSYSTEM=1", "GIT_ATTR_NOSYSTEM=1", "LC_ALL=C", "SystemRoot=" + os.Getenv("SystemRoot"),
	}}
	if err := os.MkdirAll(top, 0o700); err != nil {
		return nil, err
	}
	if err := r.git("init", "-q", "-b", "main"); err != nil {
		return nil, err
	}
	if err := r.fill(n); err != nil {
		return nil, err
	}
	// fast-import writes no files. Without this, each of them would count as deleted in the main worktree.
	if err := r.git("reset", "-q", "--hard"); err != nil {
		return nil, err
	}
	if err := r.git("worktree", "add", "-q", "-b", "TASK-1", filepath.Join("trees", "TASK-1"), "main"); err != nil {
		return nil, err
	}
	r.root = filepath.Join(top, "trees", "TASK-1")
	// Git reads files again that are as young as its index.
	time.Sleep(time.Until(time.Now().Truncate(time.Second).Add(1100 * time.Millisecond)))
	if err := r.git("status", "--porcelain"); err != nil {
		return nil, err
	}
	return r, r.edit(n)
}

// fill commits n files of 0.2 to 2 KB.
func (r *repository) fill(n int) error {
	cmd := exec.CommandContext(r.ctx, "git", "fast-import", "--quiet")
	cmd.Dir, cmd.Env = r.root, r.env
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	w := bufio.NewWriter(in) // Flush returns its errors
	_, _ = fmt.Fprint(w, "commit refs/heads/main\ncommitter C <c@example.org> 1500000000 +0000\ndata 1\nc\n")
	for i := range n {
		text := fmt.Sprintf("file %d\n%0*d\n", i, 200+i%1800, i)
		_, _ = fmt.Fprintf(w, "M 100644 inline %s\ndata %d\n%s\n", fileName(i), len(text), text)
	}
	_, _ = fmt.Fprintf(w, "M 100644 inline .gitignore\ndata %d\n%s\n", len(ignored), ignored)
	return errors.Join(w.Flush(), in.Close(), cmd.Wait())
}

// ignored is the .gitignore of a project whose tools leave files.
const ignored = "*.log\n__pycache__/\n.coverage\n"

func (r *repository) edit(n int) error {
	for i := range 9 {
		r.paths = append(r.paths, fileName(i*n/9))
	}
	r.paths = append(r.paths, "d0/new.go")
	for i, path := range r.paths {
		var err error
		switch i {
		case untouched:
		case deleted:
			err = os.Remove(r.path(path))
		default:
			err = os.WriteFile(r.path(path), []byte("edited\n"), 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// The paths that are not edited. The last path is new.
const (
	untouched = 2
	deleted   = 5
)

func (r *repository) path(name string) string { return filepath.Join(r.root, filepath.FromSlash(name)) }

// git runs git and discards its output.
func (r *repository) git(args ...string) error {
	_, err := r.run(r.root, r.env, "", "git", args...)
	return err
}

// gitStatus is git status, to be measured.
func (r *repository) gitStatus(args ...string) func() error {
	return func() error {
		return r.git(append([]string{"--no-optional-locks", "status", "--porcelain"}, args...)...)
	}
}
