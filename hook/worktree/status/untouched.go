package status

import (
	"os"
	"path"
	"path/filepath"
	"time"

	"stopgate/hook/worktree/disk"
)

// UntouchedSince returns a function that reports whether a path below the directory root was there at that time as it is now. A file that is
// written, made or moved changes its own status, and one that is moved with its directory that of the directory. root itself is not asked: it
// changes with every file that is made in it. The function asks about each directory once.
func UntouchedSince(root string, at time.Time) func(name string) bool {
	since := func(name string) bool {
		info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return false
		}
		st := disk.StatOf(info)
		changed := st.Changed()
		return !changed.IsZero() && changed.Before(at)
	}
	dirs := map[string]bool{".": true}
	var dir func(name string) bool
	dir = func(name string) bool {
		untouched, known := dirs[name]
		if !known {
			untouched = dir(path.Dir(name)) && since(name)
			dirs[name] = untouched
		}
		return untouched
	}
	return func(name string) bool { return name == "" || dir(path.Dir(name)) && since(name) }
}
