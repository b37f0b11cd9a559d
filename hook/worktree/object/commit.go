package object

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// Commit is the content of a commit object.
type Commit struct {
	Tree    ID
	Parents []ID
	// Time is the committer's time, to the second. It is zero if the commit does not have it in git's form.
	Time time.Time
	// Message is the beginning of the commit message, at most maxMessage bytes. It can be any text, and need not be UTF-8.
	Message string
}

const (
	maxParents = 1000
	maxMessage = 4 << 10 // bytes
)

// Commit reads a commit object (git-commit-tree(1)). It fails if the commit names no tree. Of more than maxParents parents it returns the first.
func (o *Store) Commit(id ID) (Commit, error) {
	content, err := o.read(id, plumbing.CommitObject)
	if err != nil {
		return Commit{}, err
	}
	head, message, _ := bytes.Cut(content, []byte("\n\n"))
	c := Commit{Message: string(message[:min(len(message), maxMessage)])}
	for line := range strings.SplitSeq(string(head), "\n") {
		key, value, _ := strings.Cut(line, " ")
		switch key {
		case "tree":
			c.Tree, _ = ParseID(value)
		case "parent":
			if parent, ok := ParseID(value); ok && len(c.Parents) < maxParents {
				c.Parents = append(c.Parents, parent)
			}
		case "committer":
			c.Time = commitTime(value)
		}
	}
	if c.Tree.IsZero() {
		return Commit{}, fmt.Errorf("the commit %s has no tree", id)
	}
	return c, nil
}

// commitTime reads the time from "NAME <ADDRESS> 1764150000 +0100", in seconds since 1970. It does not need the time zone, because the seconds
// count in UTC. It returns zero if the text has another form.
func commitTime(who string) time.Time {
	fields := strings.Fields(who[strings.LastIndexByte(who, '>')+1:])
	if len(fields) == 0 {
		return time.Time{}
	}
	seconds, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil || seconds < 0 || seconds > 1<<40 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
