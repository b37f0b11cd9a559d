// Package gitcmd runs the git binary for what the other packages do not read themselves, and parses its output. The commands change nothing: they
// take no lock, write no index, run no file system monitor, and use no network.
package gitcmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Git is the environment of a repository: variables, and the git binary for what this program cannot read itself.
type Git struct {
	Vars []string // "NAME=value"; the last value of a name counts
	Path string   // absolute path of the binary; "" for none
	// Forbidden is the reason why git must not be run: it would run a program that it was not configured to run before. It is "" if git may run.
	Forbidden string
	// Distrust returns such a reason when git is about to be run for the first time; nil for no reason.
	Distrust func() string
	root     string   // the work tree that git runs in
	extra    []string // variables of git's that are added
}

// New returns the environment of a work tree. If git is "", it is looked up in PATH; if vars is nil, they are those of the process.
func New(root, git string, vars []string) Git {
	e := Git{Vars: vars, Path: git, root: root}
	if e.Vars == nil {
		e.Vars = os.Environ()
	}
	if e.Path == "" {
		e.Path = e.findGit()
	}
	return e
}

// Lookup returns a variable of the environment, and whether it is set.
func (e Git) Lookup(name string) (string, bool) {
	for i := len(e.Vars) - 1; i >= 0; i-- {
		if value, found := strings.CutPrefix(e.Vars[i], name+"="); found {
			return value, true
		}
	}
	return "", false
}

// Get returns a variable of the environment; "" if it is not set.
func (e Git) Get(name string) string {
	value, _ := e.Lookup(name)
	return value
}

// findGit searches PATH. It skips elements that are not absolute, because they would let a repository bring its own git.
func (e Git) findGit() string {
	name := "git"
	if runtime.GOOS == "windows" {
		name = "git.exe"
	}
	for _, dir := range filepath.SplitList(e.Get("PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	return ""
}

// kept lists git's variables that say where its configuration is. All others, above all GIT_DIR and GIT_INDEX_FILE, would make git use another
// repository or behave differently (git(1), "Environment Variables"). Variables that contain configuration, GIT_CONFIG_COUNT and its companions,
// are kept by their prefix.
var kept = []string{"GIT_ATTR_NOSYSTEM", "GIT_EXEC_PATH"}

// forGit returns the environment of a git process in the work tree.
func (e Git) forGit() []string {
	var vars []string
	for _, v := range e.Vars {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "GIT_") && !strings.HasPrefix(name, "GIT_CONFIG_") && !slices.Contains(kept, name) || name == "LC_ALL" || name == "LANGUAGE" {
			continue
		}
		vars = append(vars, v)
	}
	return append(append(vars,
		"LC_ALL=C",
		"GIT_OPTIONAL_LOCKS=0",
		"GIT_NO_LAZY_FETCH=1",     // a partial clone must not use the network
		"GIT_ALLOW_PROTOCOL=none", // the same for git before 2.44, which does not know that variable
		"GIT_TERMINAL_PROMPT=0",
		"GIT_CEILING_DIRECTORIES="+filepath.Dir(e.root),
	), e.extra...)
}
