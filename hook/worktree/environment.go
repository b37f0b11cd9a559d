package worktree

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// environment is what surrounds a repository: variables, and the git binary to
// ask where this program does not know.
type environment struct {
	vars []string // "NAME=value", the last one of a name counts
	git  string   // absolute path of the binary, "" for none
	root string   // of the work tree that git runs in
}

// newEnvironment is the environment of a work tree: git is found in PATH where it is "", vars are those of the process where they are nil.
func newEnvironment(root, git string, vars []string) environment {
	e := environment{vars: vars, git: git, root: root}
	if e.vars == nil {
		e.vars = os.Environ()
	}
	if e.git == "" {
		e.git = e.findGit()
	}
	return e
}

func (e environment) lookup(name string) (string, bool) {
	for i := len(e.vars) - 1; i >= 0; i-- {
		if value, found := strings.CutPrefix(e.vars[i], name+"="); found {
			return value, true
		}
	}
	return "", false
}

func (e environment) get(name string) string {
	value, _ := e.lookup(name)
	return value
}

// findGit searches PATH. Elements that are not absolute are passed over: they
// would let a repository bring its own git.
func (e environment) findGit() string {
	name := "git"
	if runtime.GOOS == "windows" {
		name = "git.exe"
	}
	for _, dir := range filepath.SplitList(e.get("PATH")) {
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
var kept = []string{"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_ATTR_NOSYSTEM", "GIT_EXEC_PATH"}

// forGit is the environment of a git process in the work tree.
func (e environment) forGit() []string {
	var vars []string
	for _, v := range e.vars {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "GIT_") && !slices.Contains(kept, name) || name == "LC_ALL" || name == "LANGUAGE" {
			continue
		}
		vars = append(vars, v)
	}
	return append(vars,
		"LC_ALL=C",
		"GIT_OPTIONAL_LOCKS=0",
		"GIT_NO_LAZY_FETCH=1", // a partial clone must not reach for the network
		"GIT_TERMINAL_PROMPT=0",
		"GIT_CEILING_DIRECTORIES="+filepath.Dir(e.root),
	)
}
