package disk

import (
	"os"
	"path"
	"path/filepath"
	"strconv"
)

// StandIn identifies a state of a file by its size, times and inode number. If two stand-ins of a file are equal, it was not written to in between.
// If they differ, it may have been.
func (st Stat) StandIn() string {
	b := make([]byte, 0, 80) // a directory of dependencies has tens of thousands of files, so this allocates only once
	b = append(strconv.AppendInt(b, st.Size, 10), '-')
	b = append(st.Mtime.append(b), '-')
	b = append(st.Ctime.append(b), '-')
	return string(strconv.AppendUint(b, st.Ino, 10))
}

// append appends the time in seconds, with the nanoseconds as nine decimal places.
func (t Time) append(b []byte) []byte {
	b = append(strconv.AppendInt(b, t.Sec, 10), '.')
	for unit := int64(1e8); unit > t.Nsec && unit > 1; unit /= 10 {
		b = append(b, '0')
	}
	return strconv.AppendInt(b, t.Nsec, 10)
}

// StandInFor returns the stand-in of the file called name. If the file cannot be seen because a directory may not be searched, it returns "in " and
// the stand-in of the nearest directory that can be seen. If somebody grants access to that directory and withdraws it again, its times change.
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
