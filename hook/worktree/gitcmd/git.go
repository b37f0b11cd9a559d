// Package gitcmd runs the git binary for what the other packages do not read themselves, and parses what it prints. The commands change
// nothing: they take no lock, write no index, run no program that the configuration names for monitoring, and reach for no network.
package gitcmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Git is what surrounds a repository: variables, and the git binary to
// ask where this program does not know.
type Git struct {
	Vars []string // "NAME=value", the last one of a name counts
	Path string   // absolute path of the binary, "" for none
	// Forbidden is why git must not be run, "" where it may: it would run a program that it was not configured to run before.
	Forbidden string
	root      string // of the work tree that git runs in
}

// New is the environment of a work tree: git is found in PATH where it is "", vars are those of the process where they are nil.
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

// Get returns a variable of the environment; "" where it is not set.
func (e Git) Get(name string) string {
	value, _ := e.Lookup(name)
	return value
}

// findGit searches PATH. Elements that are not absolute are passed over: they
// would let a repository bring its own git.
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

// kept are the variables of git that say where configuration stands. Every other
// one, GIT_DIR and GIT_INDEX_FILE first, would answer for another repository or in
// another way (git(1), "Environment Variables").
// Those that give configuration themselves, GIT_CONFIG_COUNT and its companions, are kept by their prefix.
var kept = []string{"GIT_ATTR_NOSYSTEM", "GIT_EXEC_PATH"}

// forGit is the environment of a git process in the work tree.
func (e Git) forGit() []string {
	var vars []string
	for _, v := range e.Vars {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "GIT_") && !strings.HasPrefix(name, "GIT_CONFIG_") && !slices.Contains(kept, name) || name == "LC_ALL" || name == "LANGUAGE" {
			continue
		}
		vars = append(vars, v)
	}
	return append(vars,
		"LC_ALL=C",
		"GIT_OPTIONAL_LOCKS=0",
		"GIT_NO_LAZY_FETCH=1",     // a partial clone must not reach for the network
		"GIT_ALLOW_PROTOCOL=none", // nor must a git before 2.44, which does not know that variable
		"GIT_TERMINAL_PROMPT=0",
		"GIT_CEILING_DIRECTORIES="+filepath.Dir(e.root),
	)
}
