package disk

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
)

// StandIn identifies a state of a file by what the system remembers of it. An equal value means that nobody has written to the file
// meanwhile; another one that somebody may have.
func (st Stat) StandIn() string {
	return fmt.Sprintf("%d-%d.%09d-%d.%09d-%d", st.Size, st.Mtime.Sec, st.Mtime.Nsec, st.Ctime.Sec, st.Ctime.Nsec, st.Ino)
}

// StandInFor is the stand-in of a name that may lie in a directory that hides it: then that of the nearest directory that can be looked
// at, whose times change when somebody opens it to others and closes it again.
func StandInFor(root, name string) string {
	for dir := name; ; dir = path.Dir(dir) {
		info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(dir)))
		switch {
		case err == nil && dir == name:
			return StatOf(info).StandIn()
		case err == nil:
			return "in " + StatOf(info).StandIn()
		case dir == ".":
			return "unseen"
		}
	}
}
