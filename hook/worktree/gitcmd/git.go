// Package gitcmd runs the git binary and parses its output, for what the other packages cannot read themselves. The commands change nothing in the
// repository: they take no lock, do not write the index, run no file system monitor, and do not use the network.
package gitcmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Git is the environment of a repository: the variables, and the git binary to ask.
type Git struct {
	Vars []string // "NAME=value"; the last value of a name counts
	Path string   // the absolute path of the binary; "" if there is none
	// Forbidden is the reason why git must not run, for instance that it would run a program that was not configured before. It is "" if git may run.
	Forbidden string
	// Distrust returns such a reason, or "". It is called when git is about to run and Forbidden is "". It may be nil.
	Distrust func() string
	root     string   // the root of the worktree in which git runs
	extra    []string // variables for git that are added to its environment
}

// New returns the environment of the worktree at root. If git is "", it looks git up in PATH. If vars is nil, it uses the variables of the process.
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
	for _, kv := range slices.Backward(e.Vars) {
		if value, found := strings.CutPrefix(kv, name+"="); found {
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

// findGit looks git up in PATH; "" if there is none. It skips folders that are not absolute, because a repository could have its own git there.
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

// kept are variables that git gets although their names start with GIT_. It also gets those that start with GIT_CONFIG_: they tell where its
// configuration is, or contain configuration. Any other, above all GIT_DIR and GIT_INDEX_FILE, could make git use another repository or behave
// differently (git(1), "Environment Variables").
var kept = []string{"GIT_ATTR_NOSYSTEM", "GIT_EXEC_PATH"}

// forGit returns the environment variables of a git process.
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
		"GIT_NO_LAZY_FETCH=1",     // in a partial clone git must not fetch objects over the network
		"GIT_ALLOW_PROTOCOL=none", // the same for git before 2.44, which does not know the variable above
		"GIT_TERMINAL_PROMPT=0",
		"GIT_CEILING_DIRECTORIES="+filepath.Dir(e.root),
	), e.extra...)
}
