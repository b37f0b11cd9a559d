package worktree

import "path/filepath"

// nested is what git add would record of the repository whose top is the directory of that name: the mode of a submodule, with its
// commit in place of a blob, "" where that is not known. linked means that it is another worktree of this same repository.
func nested(p Place, name string) (f File, linked bool) {
	f.Mode = modeSubmodule
	dir := filepath.Join(p.Root, filepath.FromSlash(name))
	gitDir, err := gitDirIn(dir)
	if err != nil || gitDir == "" {
		return f, false
	}
	there, err := placeAt(dir, gitDir)
	if err != nil {
		return f, false
	}
	if head, err := readHead(there); err == nil && !head.commit.IsZero() {
		f.Blob = head.commit.String()
	}
	return f, there.CommonDir == p.CommonDir
}

// IsRepository tells whether it is no file but the top of a repository, a submodule among them.
func (f File) IsRepository() bool { return f.Mode == modeSubmodule }
