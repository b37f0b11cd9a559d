package status

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"stopgate/hook/worktree/object"
)

// Unseen is a path of which git's own word could not be had: a file that cannot be read, one whose filter fails, a directory that
// cannot be looked into. What can be told of it without that stands in for its content, so that two looks can be compared.
type Unseen struct {
	DirtyFile
	// Reason is why it could not be seen.
	Reason string `json:"reason,omitempty"`
}

// isDir tells whether it is a directory, of which git shows nothing itself.
func (u Unseen) isDir() bool { return u.Mode == object.ModeTree }

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

// sizeIn is the size that a stand-in tells of; false where it stands for something that could not be looked at.
func sizeIn(standIn string) (int64, bool) {
	size, _, _ := strings.Cut(standIn, "-")
	n, err := strconv.ParseInt(size, 10, 64)
	return n, err == nil
}

// sinceStandIn compares a file with a stand-in. It is the same if the stand-ins are equal, and another one if the sizes differ. Otherwise it is
// not known.
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
