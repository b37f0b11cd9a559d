package status

import (
	"context"
	"strconv"
	"strings"
	"time"

	"stopgate/hook/worktree/object"
)

// Unseen is a path whose state git could not report either: a file that cannot be read or whose filter fails, or a directory that cannot be entered.
// Its stand-in, made from stat data, replaces the content, so that two states can be compared.
type Unseen struct {
	DirtyFile
	// Reason is why the path could not be read.
	Reason string `json:"reason,omitempty"`
}

// isDir reports whether it is a directory. Git shows files, but no directories.
func (u Unseen) isDir() bool { return u.Mode == object.ModeTree }

// hugeFile is the size in bytes above which a file is not read for a survey or a snapshot, and is read last for a claim. Its stand-in is made from
// its size, times and inode.
const hugeFile = 64 << 20

// halfOf returns a context that ends after half of the time that ctx has left, if ctx has a deadline. It bounds the reading of content, so that time
// remains for what can be found out without it.
func halfOf(ctx context.Context) (context.Context, context.CancelFunc) {
	end, bounded := ctx.Deadline()
	if !bounded {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/2)
}

// sizeIn returns the file size in a stand-in; false if the stand-in is of something whose stat data could not be read.
func sizeIn(standIn string) (int64, bool) {
	size, _, _ := strings.Cut(standIn, "-")
	n, err := strconv.ParseInt(size, 10, 64)
	return n, err == nil
}

// sinceStandIn compares a file, now, with its earlier state, which has a stand-in. standIn is the stand-in of now. The file is the same if the
// stand-ins are equal. It differs if the type or the size differs. Otherwise known is false.
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
