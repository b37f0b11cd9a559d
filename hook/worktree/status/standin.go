package status

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"stopgate/hook/worktree/object"
)

// Unseen is a path that git could not report on: a file that cannot be read, one whose filter fails, a directory that cannot be entered. A stand-in
// made from its stat data replaces its content, so that two states can be compared.
type Unseen struct {
	DirtyFile
	// Reason is why it could not be seen.
	Reason string `json:"reason,omitempty"`
}

// isDir reports whether it is a directory, which git itself does not show.
func (u Unseen) isDir() bool { return u.Mode == object.ModeTree }

// hugeFile is the size in bytes from which a file is not read for a survey or a snapshot, and read last for a claim. Its size, times and inode are
// the stand-in for its content.
const hugeFile = 64 << 20

// halfOf returns a context for what may use up half of the time that ctx has left: reading content, so that what can be known without is.
func halfOf(ctx context.Context) (context.Context, context.CancelFunc) {
	end, bounded := ctx.Deadline()
	if !bounded {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/2)
}

// tooBig is the reason why the content of a huge file is unknown.
var tooBig = fmt.Sprintf("it is larger than %d MiB and was not read", hugeFile>>20)

// sizeIn returns the size in a stand-in; false if it is for something that could not be read.
func sizeIn(standIn string) (int64, bool) {
	size, _, _ := strings.Cut(standIn, "-")
	n, err := strconv.ParseInt(size, 10, 64)
	return n, err == nil
}

// sinceStandIn compares a file with a stand-in. It is the same if the stand-ins are equal, and different if the sizes differ. Otherwise known is
// false.
func sinceStandIn(then object.File, now object.File, standIn string) (same, known bool) {
	if now.Mode&object.ModeType != then.Mode&object.ModeType {
		return false, true
	}
	if standIn == then.Stat {
		return true, true
	}
	before, ok := sizeIn(then.Stat)
	after, okNow := sizeIn(standIn)
	return false, ok && okNow && before != after
}
