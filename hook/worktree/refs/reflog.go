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
	From string    `json:"from,omitempty"` // the object before; "" if the ref was created
	To   string    `json:"to,omitempty"`   // the object after; "" if the ref was deleted
	When time.Time `json:"when,omitzero"`  // to the second, by the clock of the process that changed the ref; zero if unreadable
	Who  string    `json:"who"`            // the committer's name and address as git had them configured
	// Message begins with the command, for example "commit (amend): ".
	Message string `json:"message"`
}

// Limits for reading a reflog. It is read from its end.
const (
	maxLogRead    = 64 << 10 // bytes
	MaxLogEntries = 20
	maxLogText    = 200 // bytes, for Who and for Message
)

// MaxLogGrowth is the number of bytes that are read of what was added to a reflog since a known size. Git adds a few hundred bytes each time a ref
// changes.
const MaxLogGrowth = 2 << 20

// makers are the prefixes of the messages of commands that make commits.
var makers = []string{"commit", "cherry-pick", "revert", "am: ", "merge ", "rebase (pick)", "pull"}

// Makes reports whether the entry is of a command that made a commit.
func (e LogEntry) Makes() bool {
	return slices.ContainsFunc(makers, func(begin string) bool { return strings.HasPrefix(e.Message, begin) })
}

// A LogQuery selects entries of a reflog, and of those the newest, at most MaxLogEntries. If After is not 0, it selects the entries that begin at this byte
// of the file or after it. If After is 0, it selects the entries since the ref had the object Since. If there are more than that after the byte
// After, and none of the newest made a commit, the newest that made one takes the last place.
type LogQuery struct {
	Ref    string // the full name of the ref; "" for none
	Dir    string // the git directory that has the folder logs
	Since  string
	After  int64
	Newest bool // only the newest entry is selected
}

// Limit returns how many entries are selected at most.
func (source LogQuery) Limit() int {
	if source.Newest {
		return 1
	}
	return MaxLogEntries
}

// ReadLog reads entries from the end of a reflog, the newest first. The time does not depend on the size of the file. It returns nil if the reflog
// cannot be read.
func ReadLog(source LogQuery) []LogEntry {
	path := filepath.Join(source.Dir, "logs", filepath.FromSlash(source.Ref))
	tail, err := readTail(path, source.After)
	if err != nil && source.After > 0 {
		source.After = 0 // the file was shortened, for instance because entries expired
		tail, err = readTail(path, 0)
	}
	if err != nil {
		return nil
	}
	return source.entries(tail)
}

// entries returns the selected entries of tail, the end of a reflog.
func (source LogQuery) entries(tail []byte) []LogEntry {
	var entries []LogEntry
	for len(entries) < source.Limit() || source.After > 0 {
		line := tail[bytes.LastIndexByte(tail, '\n')+1:]
		if e, ok := parseLogEntry(string(line)); ok {
			if source.After == 0 && e.To == source.Since && e.To != "" {
				break
			}
			switch {
			case len(entries) < source.Limit():
				entries = append(entries, e)
			case e.Makes() && !slices.ContainsFunc(entries, LogEntry.Makes):
				entries[len(entries)-1] = e
			}
			if source.After == 0 && e.From == "" {
				break // this entry created the ref
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

// readTail returns the last lines of a file. They begin at or after the offset after. If after is 0, it returns at most maxLogRead bytes, otherwise
// MaxLogGrowth.
func readTail(path string, after int64) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // nor a symbolic link
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
	if err == nil && start > after { // the first line is incomplete
		_, tail, _ = bytes.Cut(tail, []byte{'\n'})
	}
	return tail, err
}

// parseLogEntry parses a line of a reflog: two objects, an identity with its address in angle brackets, the time and the time zone, a tab, and the
// message.
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

// maxTime is the first second after the year 9999. JSON has no times from then on.
const maxTime = 253402300800

// ParseTime returns the time from the number of seconds at the start of text. It returns the zero time if there is no valid number.
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

// ClipText shortens a text of a reflog to maxLogText bytes and makes it valid UTF-8.
func ClipText(text string) string {
	if len(text) > maxLogText {
		text = text[:maxLogText]
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
