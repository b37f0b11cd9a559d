package worktree

import (
	"io/fs"
	"os"
)

// sameStat reports whether two looks at a file saw the same state of it.
func sameStat(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.Mode() == b.Mode() &&
		a.ModTime().Equal(b.ModTime()) && sameSystemStat(a, b)
}

func sameSystemStat(a, b fs.FileInfo) bool {
	sa, _ := statOf(a)
	sb, _ := statOf(b)
	return sa == sb
}
