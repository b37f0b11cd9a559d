package status

import (
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/object"
	"stopgate/hook/worktree/refs"
)

// maxPath is the maximum length of a claimed path in bytes. No system opens a longer one.
const maxPath = 4096

// gitName returns the name that git has for a claimed path, or the reason why there can be none. Like git, it resolves ".." in the path without
// looking at the disk.
func gitName(claimed string) (name, outside string) {
	if runtime.GOOS == "windows" {
		claimed = filepath.ToSlash(claimed)
	}
	switch {
	case claimed == "":
		return "", "the path is empty"
	case strings.ContainsRune(claimed, 0):
		return "", "the path contains a NUL byte"
	case len(claimed) > maxPath:
		return "", "the path is longer than any system allows"
	case claimed[0] == '/' || filepath.VolumeName(claimed) != "" || filepath.IsAbs(claimed):
		return "", "the path is absolute"
	}
	name = path.Clean(claimed)
	switch {
	case name == ".":
		return "", "the path is the work tree itself"
	case name == ".." || strings.HasPrefix(name, "../"):
		return "", "the path leads out of the work tree"
	}
	for part := range strings.SplitSeq(name, "/") {
		if isDotGit(part) {
			return "", "the path leads into a git directory"
		}
	}
	return name, ""
}

// isDotGit reports whether the file system may take one element of a path for ".git".
func isDotGit(part string) bool {
	return part == ".git" || runtime.GOOS != "linux" && strings.EqualFold(part, ".git")
}

// nested returns what `git add` would record for the repository in the directory of that name: the mode of a submodule, with the commit of its HEAD
// as the blob; "" if that is unknown. linked means that it is another worktree of the same repository.
func nested(p gitdir.Place, name string) (f object.File, linked bool) {
	f.Mode = object.ModeSubmodule
	dir := filepath.Join(p.Root, filepath.FromSlash(name))
	gitDir, err := gitdir.Find(dir)
	if err != nil || gitDir == "" {
		return f, false
	}
	there, err := gitdir.At(dir, gitDir)
	if err != nil {
		return f, false
	}
	if head, err := refs.ReadHead(there); err == nil && !head.Commit.IsZero() {
		f.Blob = head.Commit.String()
	}
	return f, there.CommonDir == p.CommonDir
}
