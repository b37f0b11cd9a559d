// Package gitdir finds the git repository that a directory belongs to. It also reads git's small files: files of one line, configuration files, and
// other files up to a maximum size. It follows gitrepository-layout(5). It starts no process and writes nothing.
package gitdir

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrNoRepository means that neither the directory nor one above it is the top of a worktree or a bare repository.
var ErrNoRepository = errors.New("not in the work tree of a git repository")

// A Place has the paths of a worktree and its repository. All paths are absolute and without symbolic links.
type Place struct {
	Root      string // the top of the worktree; the same as GitDir for a bare repository, which has no worktree
	GitDir    string // $GIT_DIR, with HEAD and index of this worktree
	CommonDir string // $GIT_COMMON_DIR, with objects, refs and config; differs from GitDir only in a linked worktree
}

// Locate walks up from dir to the repository that contains it, as git does without GIT_DIR (git(1), "The Git Repository"). It only reads files, and
// of the configuration only core.bare. It starts no git process. A directory inside a bare repository belongs to that repository. Locate fails with
// ErrNoRepository if there is no repository, and with another error if git's files are broken or dir cannot be resolved.
func Locate(dir string) (Place, error) {
	here, err := os.Getwd()
	if err != nil && !filepath.IsAbs(dir) {
		return Place{}, fmt.Errorf("locating the repository of %q: %w", dir, err)
	}
	real, err := filepath.EvalSymlinks(Resolve(here, dir))
	if failed, ok := errors.AsType[*fs.PathError](err); ok && failed.Path == dir {
		err = failed.Err // the error below names the path already
	}
	if err != nil {
		return Place{}, fmt.Errorf("locating the repository of %q: %w", dir, err)
	}
	for at := real; ; at = filepath.Dir(at) {
		gitDir, err := Find(at)
		if err != nil {
			return Place{}, fmt.Errorf("locating the repository of %q: %w", dir, err)
		}
		if gitDir != "" {
			return At(at, gitDir)
		}
		inGit := isGitDir(at)
		if inGit && isBare(at) {
			return Place{Root: at, GitDir: at, CommonDir: at}, nil
		}
		if inGit || at == filepath.Dir(at) {
			return Place{}, fmt.Errorf("locating the repository of %q: %w", dir, ErrNoRepository)
		}
	}
}

// At returns the place of the worktree at root with that git directory. It fails if the git directory or its common directory does not exist.
func At(root, gitDir string) (Place, error) {
	gitDir, err := filepath.EvalSymlinks(gitDir)
	if err != nil {
		return Place{}, fmt.Errorf("locating the git directory of %q: %w", root, err)
	}
	common, err := filepath.EvalSymlinks(commonDir(gitDir))
	if err != nil {
		return Place{}, fmt.Errorf("locating the common git directory of %q: %w", root, err)
	}
	return Place{Root: root, GitDir: gitDir, CommonDir: common}, nil
}

// Linked reports whether the place is a linked worktree (git-worktree(1)) and the file "gitdir" in its git directory names this worktree. It
// returns false after somebody moved the worktree by hand, and for a copy of a worktree.
func (p Place) Linked() bool {
	if filepath.Dir(p.GitDir) != filepath.Join(p.CommonDir, "worktrees") {
		return false
	}
	back, err := ReadLine(filepath.Join(p.GitDir, "gitdir"))
	if err != nil {
		return false
	}
	there, err := os.Stat(Resolve(p.GitDir, back))
	if err != nil {
		return false
	}
	here, err := os.Stat(filepath.Join(p.Root, ".git"))
	return err == nil && os.SameFile(here, there)
}

// Branch returns the short name of the branch that is checked out. It returns "" if HEAD is detached or cannot be read.
func (p Place) Branch() string {
	line, err := ReadLine(filepath.Join(p.GitDir, "HEAD"))
	if err != nil {
		return ""
	}
	name, found := strings.CutPrefix(strings.TrimSpace(line), "ref: refs/heads/")
	if !found {
		return ""
	}
	return name
}

// MainRoot returns the root of the repository's main worktree. It returns "" if there is none, as in a bare repository, and if it is unknown.
func (p Place) MainRoot() string {
	var values Config
	for _, name := range []string{"config", "config.worktree"} {
		if name == "config.worktree" && !values.IsTrue("extensions.worktreeconfig") {
			break
		}
		if err := values.ReadFile(filepath.Join(p.CommonDir, name)); err != nil {
			return ""
		}
	}
	root := filepath.Dir(p.CommonDir)
	switch dir, found := values.Get("core.worktree"); {
	case values.IsTrue("core.bare"):
		return ""
	case found:
		root = Resolve(p.CommonDir, dir)
	case filepath.Base(p.CommonDir) != ".git":
		if p.GitDir != p.CommonDir {
			return ""
		}
		root = p.Root // after git init --separate-git-dir
	}
	return RealPath(root)
}

// Find returns the git directory of the worktree whose top is dir: either dir/.git itself, or the directory that the file dir/.git names. It
// returns "" if dir is not the top of a worktree. It fails if the file dir/.git names something else.
func Find(dir string) (string, error) {
	path := filepath.Join(dir, ".git")
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if info.Mode().IsRegular() {
		target, err := readGitFile(path)
		if err != nil {
			return "", err
		}
		if !isGitDir(target) {
			return "", fmt.Errorf("%q names %q, which is not a git directory", path, target)
		}
		return target, nil
	}
	if isGitDir(path) {
		return path, nil
	}
	return "", nil
}

// readGitFile returns the directory that a .git file names (gitrepository-layout(5)).
func readGitFile(path string) (string, error) {
	line, err := ReadLine(path)
	if err != nil {
		return "", err
	}
	target, found := strings.CutPrefix(line, "gitdir: ")
	if !found || target == "" || strings.ContainsRune(target, 0) {
		return "", fmt.Errorf("%q is not a .git file", path)
	}
	return Resolve(filepath.Dir(path), target), nil
}

// isGitDir makes the same test as git: there is a plausible HEAD, and the directories objects and refs.
func isGitDir(dir string) bool {
	if !isHead(filepath.Join(dir, "HEAD")) {
		return false
	}
	common := commonDir(dir)
	for _, name := range []string{"objects", "refs"} {
		if info, err := os.Stat(filepath.Join(common, name)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// isBare reports whether a git directory belongs to a bare repository.
func isBare(gitDir string) bool {
	var values Config
	return values.ReadFile(filepath.Join(gitDir, "config")) == nil && values.IsTrue("core.bare")
}

func isHead(path string) bool {
	if target, err := os.Readlink(path); err == nil {
		return strings.HasPrefix(target, "refs/")
	}
	line, err := ReadLine(path)
	if err != nil {
		return false
	}
	if target, found := strings.CutPrefix(line, "ref:"); found {
		return strings.HasPrefix(strings.TrimLeft(target, " \t"), "refs/")
	}
	id, _, _ := strings.Cut(line, " ")
	_, err = hex.DecodeString(id)
	return err == nil && (len(id) == 40 || len(id) == 64)
}

// commonDir returns the directory that a linked worktree shares with the other worktrees. For any other git directory it returns gitDir.
func commonDir(gitDir string) string {
	line, err := ReadLine(filepath.Join(gitDir, "commondir"))
	if err != nil || line == "" {
		return gitDir
	}
	return Resolve(gitDir, line)
}
