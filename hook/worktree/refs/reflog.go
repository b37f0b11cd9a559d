package refs

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"stopgate/hook/worktree/gitdir"
)

// A LogEntry is one entry of a reflog (git-reflog(1)).
type LogEntry struct {
	From string    `json:"from,omitempty"` // the object before; empty if there was none
	To   string    `json:"to,omitempty"`   // the object after; empty if the ref was deleted
	When time.Time `json:"when,omitzero"`  // to the second, by the clock of the program that moved the ref
	Who  string    `json:"who"`            // name and address as git had them configured
	// Message begins with the command, as "commit (amend): ".
	Message string `json:"message"`
}

// Limits for reading one reflog, from its end.
const (
	maxLogRead    = 64 << 10 // bytes
	MaxLogEntries = 20
	maxLogText    = 200 // bytes of Who and of Message
)

// MaxLogGrowth is how many bytes are read of what was added to a reflog. Git writes a few hundred for each move of a ref.
const MaxLogGrowth = 2 << 20

// makers are the beginnings of the messages of commands that make commits.
var makers = []string{"commit", "cherry-pick", "revert", "am: ", "merge ", "rebase (pick)", "pull"}

// Makes reports whether the command of the entry made a commit.
func (e LogEntry) Makes() bool {
	return slices.ContainsFunc(makers, func(begin string) bool { return strings.HasPrefix(e.Message, begin) })
}

// A LogQuery selects entries of a reflog: those after the byte After or, if it is 0, those since the ref was at the object Since; at most Limit, the
// newest. If there are more after the byte After, and none of those makes a commit, the last of them is the newest that does.
type LogQuery struct {
	Ref   string // "" for none
	Dir   string // the git directory that contains logs/
	Since string
	After int64
	Limit int
}

// ReadLog reads from the end of a reflog, however long it is. A reflog that cannot be read has no entries.
func ReadLog(source LogQuery) []LogEntry {
	path := filepath.Join(source.Dir, "logs", filepath.FromSlash(source.Ref))
	tail, err := readTail(path, source.After)
	if err != nil && source.After > 0 {
		source.After = 0 // it was shortened, by expiry for example
		tail, err = readTail(path, 0)
	}
	if err != nil {
		return nil
	}
	return source.entries(tail)
}

// entries returns the selected entries from the end of a reflog.
func (source LogQuery) entries(tail []byte) []LogEntry {
	var entries []LogEntry
	for len(entries) < source.Limit || source.After > 0 {
		line := tail[bytes.LastIndexByte(tail, '\n')+1:]
		if e, ok := parseLogEntry(string(line)); ok {
			if source.After == 0 && e.To == source.Since && e.To != "" {
				break
			}
			switch {
			case len(entries) < source.Limit:
				entries = append(entries, e)
			case e.Makes() && !slices.ContainsFunc(entries, LogEntry.Makes):
				entries[len(entries)-1] = e
			}
			if source.After == 0 && e.From == "" {
				break // here the ref was created
			}
		}
		if len(line) == len(tail) {
			break
		}
		tail = tail[:len(tail)-len(line)-1]
	}
	return entries
}

var errShortened = errors.New("the file is shorter than it was")

// readTail reads whole lines from the end of a file that begin at or after the byte after.
func readTail(path string, after int64) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // a symbolic link too
		return nil, gitdir.ErrNotRegular
	}
	f, err := gitdir.OpenPlain(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info.Size() < after {
		return nil, errShortened
	}
	limit := int64(maxLogRead)
	if after > 0 {
		limit = MaxLogGrowth
	}
	start := max(after, info.Size()-limit)
	tail, err := io.ReadAll(io.NewSectionReader(f, start, info.Size()-start))
	if err == nil && start > after { // the first line is cut
		_, tail, _ = bytes.Cut(tail, []byte{'\n'})
	}
	return tail, err
}

// parseLogEntry reads a line: two objects, an identity with its address in angle brackets, a time with its zone, a tab and the message.
func parseLogEntry(line string) (LogEntry, bool) {
	head, message, _ := strings.Cut(line, "\t")
	from, rest, _ := strings.Cut(head, " ")
	to, rest, _ := strings.Cut(rest, " ")
	end := strings.LastIndex(rest, "> ")
	if !IsObjectName(from) || !IsObjectName(to) || end < 0 {
		return LogEntry{}, false
	}
	e := LogEntry{From: unlessNull(from), To: unlessNull(to), Who: ClipText(rest[:end+1]), Message: ClipText(message)}
	e.When = ParseTime(rest[end+2:])
	return e, true
}

// maxTime is the end of the year 9999, beyond which JSON has no times.
const maxTime = 253402300800

// ParseTime reads the seconds at the beginning of a text; the zero time if there are none.
func ParseTime(text string) time.Time {
	seconds, _, _ := strings.Cut(text, " ")
	at, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || at < 0 || at >= maxTime {
		return time.Time{}
	}
	return time.Unix(at, 0).UTC()
}

func unlessNull(id string) string {
	if strings.Trim(id, "0") == "" {
		return ""
	}
	return id
}

// ClipText shortens a text of a reflog and makes it valid UTF-8.
func ClipText(text string) string {
	if len(text) > maxLogText {
		text = text[:maxLogText]
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
