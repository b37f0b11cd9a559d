package status

import (
	"path/filepath"

	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/object"
	"stopgate/hook/worktree/refs"
)

// nested is what git add would record of the repository whose top is the directory of that name: the mode of a submodule, with its
// commit in place of a blob, "" where that is not known. linked means that it is another worktree of this same repository.
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
