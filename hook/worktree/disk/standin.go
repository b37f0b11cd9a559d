package disk

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// StandIn identifies a state of a file by what the system remembers of it. An equal value means that nobody has written to the file
// meanwhile; another one that somebody may have.
func (st *Stat) StandIn() string {
	return fmt.Sprintf("%d-%d.%09d-%d.%09d-%d", st.Size, st.MtimeSec, st.MtimeNsec, st.CtimeSec, st.CtimeNsec, st.Ino)
}

// StandInOf is the same for what another look told.
func StandInOf(info fs.FileInfo) string {
	st := Stat{Size: info.Size(), MtimeSec: info.ModTime().Unix(), MtimeNsec: int64(info.ModTime().Nanosecond())}
	if s, ok := StatOf(info); ok {
		st.CtimeSec, st.CtimeNsec, st.Ino = s.CtimeSec, s.CtimeNsec, s.Ino
	}
	return st.StandIn()
}

// StandInFor is the stand-in of a name that may lie in a directory that hides it: then that of the nearest directory that can be looked
// at, whose times change when somebody opens it to others and closes it again.
func StandInFor(root, name string) string {
	for dir := name; ; dir = path.Dir(dir) {
		info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(dir)))
		switch {
		case err == nil && dir == name:
			return StandInOf(info)
		case err == nil:
			return "in " + StandInOf(info)
		case dir == ".":
			return "unseen"
		}
	}
}
