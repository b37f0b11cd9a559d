package worktree

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Unseen is a path of which git's own word could not be had: a file that cannot be read, one whose filter fails, a directory that
// cannot be looked into. What can be told of it without that stands in for its content, so that two looks can be compared.
type Unseen struct {
	DirtyFile
	// Reason is why it could not be seen.
	Reason string `json:"reason,omitempty"`
}

// isDir tells whether it is a directory, of which git shows nothing itself.
func (u Unseen) isDir() bool { return u.Mode == modeTree }

// hugeFile is from where a file is not read for a survey or a snapshot, and last of all for a claim, in bytes: its size, its times and
// its inode stand in for its content.
const hugeFile = 64 << 20

// halfOf is a context for what may use up half of the time that ctx has left: reading content, so that what can be known without is.
func halfOf(ctx context.Context) (context.Context, context.CancelFunc) {
	end, bounded := ctx.Deadline()
	if !bounded {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/2)
}

// tooBig is why the content of a huge file is not known.
var tooBig = fmt.Sprintf("it is larger than %d MiB and was not read", hugeFile>>20)

// standIn identifies a state of a file by what the system remembers of it. An equal value means that nobody has written to the file
// meanwhile; another one that somebody may have.
func (st *fileStat) standIn() string {
	return fmt.Sprintf("%d-%d.%09d-%d.%09d-%d", st.size, st.mtimeSec, st.mtimeNsec, st.ctimeSec, st.ctimeNsec, st.ino)
}

// standInOf is the same for what another look told.
func standInOf(info fs.FileInfo) string {
	st := fileStat{size: info.Size(), mtimeSec: info.ModTime().Unix(), mtimeNsec: int64(info.ModTime().Nanosecond())}
	if s, ok := statOf(info); ok {
		st.ctimeSec, st.ctimeNsec, st.ino = s.ctimeSec, s.ctimeNsec, s.ino
	}
	return st.standIn()
}

// sizeIn is the size that a stand-in tells of; false where it stands for something that could not be looked at.
func sizeIn(standIn string) (int64, bool) {
	size, _, _ := strings.Cut(standIn, "-")
	n, err := strconv.ParseInt(size, 10, 64)
	return n, err == nil
}

// standInFor is the stand-in of a name that may lie in a directory that hides it: then that of the nearest directory that can be looked
// at, whose times change when somebody opens it to others and closes it again.
func standInFor(root, name string) string {
	for dir := name; ; dir = path.Dir(dir) {
		info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(dir)))
		switch {
		case err == nil && dir == name:
			return standInOf(info)
		case err == nil:
			return "in " + standInOf(info)
		case dir == ".":
			return "unseen"
		}
	}
}

// sinceStandIn compares a file with a stand-in: equal where nothing was written to it, different where the size tells; else nobody knows.
func sinceStandIn(then File, now File, standIn string) (same, known bool) {
	if now.Mode&modeType != then.Mode&modeType {
		return false, true
	}
	if standIn == then.Stat {
		return true, true
	}
	before, ok := sizeIn(then.Stat)
	after, okNow := sizeIn(standIn)
	return false, ok && okNow && before != after
}
