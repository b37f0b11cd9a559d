package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// templates are folders that tests get copies of. Each is made once, because that starts many processes, and copying it starts none.
var templates struct {
	dir   string // for all of them
	count atomic.Int32
	made  sync.Map // from its name to the function that makes it, once, and returns its path
}

// withTemplates removes the templates when all tests have run.
type withTemplates struct{ *testing.M }

func (m withTemplates) Run() (status int) {
	dir, err := os.MkdirTemp("", "stopgate-templates-")
	if err == nil {
		// The repositories know each other by absolute paths.
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "making a folder for the templates of tests: %v\n", err)
		return 1
	}
	templates.dir = dir
	defer func() { _ = os.RemoveAll(dir) }()
	return m.M.Run()
}

// copyTemplate copies the template of that name to dir, which must have no symbolic links in its path. The first call for a name makes it.
// Repositories, worktrees and remotes that name each other name the copies.
func copyTemplate(t *testing.T, dir, name string, fill func(dir string) error) {
	t.Helper()
	made, _ := templates.made.LoadOrStore(name, sync.OnceValues(func() (string, error) {
		at := filepath.Join(templates.dir, strconv.Itoa(int(templates.count.Add(1))))
		if err := os.Mkdir(at, 0o700); err != nil {
			return "", err
		}
		return at, fill(at)
	}))
	from, err := made.(func() (string, error))()
	if err != nil {
		t.Fatalf("making the template %q: %v", name, err)
	}
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"*/.git/config", "*/.git/worktrees/*/gitdir", "*/trees/*/.git"} {
		files, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, file, strings.ReplaceAll(string(text), filepath.ToSlash(from), filepath.ToSlash(dir)))
		}
	}
}
