package disk

import (
	"os"
	"path"
	"path/filepath"
	"strconv"
)

// StandIn identifies a state of a file by its size, times and inode. If two are equal, the file was not written to in between. If they differ, it
// may have been.
func (st Stat) StandIn() string {
	b := make([]byte, 0, 80) // a tree of dependencies has tens of thousands
	b = append(strconv.AppendInt(b, st.Size, 10), '-')
	b = append(st.Mtime.append(b), '-')
	b = append(st.Ctime.append(b), '-')
	return string(strconv.AppendUint(b, st.Ino, 10))
}

// append adds the seconds, and the nanoseconds in nine digits.
func (t Time) append(b []byte) []byte {
	b = append(strconv.AppendInt(b, t.Sec, 10), '.')
	for unit := int64(1e8); unit > t.Nsec && unit > 1; unit /= 10 {
		b = append(b, '0')
	}
	return strconv.AppendInt(b, t.Nsec, 10)
}

// StandInFor returns the stand-in of a name. If a directory hides the name, it is the stand-in of the nearest directory that can be read: its times
// change when somebody opens and closes it to others.
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
