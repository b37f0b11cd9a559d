package status

import (
	"os"
	"path"
	"path/filepath"
	"time"

	"stopgate/hook/worktree/disk"
)

// UntouchedSince reports whether a path below the directory root was there at that time as it is now. A file that is written, made or moved
// changes its own status, and one that is moved with its directory that of the directory. root itself is not asked: it changes with every
// file that is made in it.
func UntouchedSince(root, name string, at time.Time) bool {
	for ; name != "." && name != ""; name = path.Dir(name) {
		info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return false
		}
		st := disk.StatOf(info)
		if changed := st.Changed(); changed.IsZero() || !changed.Before(at) {
			return false
		}
	}
	return true
}
