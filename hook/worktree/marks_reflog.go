package worktree

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A LogEntry is one entry of a reflog (git-reflog(1)).
type LogEntry struct {
	From string    `json:"from,omitempty"` // the object before; empty where there was none
	To   string    `json:"to,omitempty"`   // the object after; empty where the ref was deleted
	When time.Time `json:"when,omitzero"`  // to the second, by the clock of whoever moved the ref
	Who  string    `json:"who"`            // name and address as git had them configured
	// Message begins with the command, as "commit (amend): ".
	Message string `json:"message"`
}

// The bounds of what is read of one reflog, from its end.
const (
	maxLogRead    = 64 << 10 // bytes
	maxLogEntries = 20
	maxLogText    = 200 // bytes of Who and of Message
)

// explain fills in what the reflogs tell of changes, which CompareMarks found between before and now: the entries since then, at
// most twenty of each. Where there is no reflog, as of tags and of what was deleted, there is no explanation.
func (t marker) explain(ctx context.Context, before Marks, changes []MarkChange) {
	reftable := t.hasReftable()
	trees, _ := t.otherWorktrees() // those that cannot be listed explain nothing
	for i := range changes {
		c := &changes[i]
		if ctx.Err() != nil {
			return
		}
		source := t.logOf(before, trees, c)
		switch {
		case source.ref == "":
			continue
		case reftable:
			c.Log = t.askLog(ctx, source)
		default:
			c.Log = readLog(source)
		}
		if len(c.Log) > 0 && source.ref != stashRef {
			c.By = commandOf(c.Log[0].Message)
		}
	}
}

// A logSource says which entries of a reflog are wanted: those behind the byte after or, where it is 0, those since the ref was at
// the object since, at most limit.
type logSource struct {
	ref   string // "" for none
	dir   string // the git directory that logs/ is in
	since string
	after int64
	limit int
}

// logOf is where an explanation of c is found.
func (t marker) logOf(before Marks, trees []worktreeDir, c *MarkChange) logSource {
	switch c.Kind {
	case HeadMoved, HeadSwitched, HeadReturned:
		return logSource{"HEAD", t.place.GitDir, before.Head.Commit, before.Head.Log, maxLogEntries}
	case StashGrown, StashReplaced:
		return logSource{stashRef, t.place.CommonDir, c.From, 0, maxLogEntries}
	case BranchCreated, BranchMoved, TagCreated, TagMoved, RemoteCreated, RemoteMoved, RefCreated, RefMoved:
		if name := string(c.Name); !c.Many && safeRef(name) {
			return logSource{name, refDir(t.place, name), c.From, 0, maxLogEntries}
		}
	case WorktreeHeadMoved:
		source := logSource{ref: "HEAD", limit: maxLogEntries}
		_, source.since, _ = strings.Cut(c.From, " ")
		if _, now, _ := strings.Cut(c.To, " "); now == source.since { // another branch at the same commit
			source.since, source.limit = "", 1
		}
		for _, other := range trees {
			if other.root == c.Name {
				source.dir = other.gitDir
				return source
			}
		}
	case BranchDeleted, TagDeleted, RemoteDeleted, RefDeleted, StashShrunk, // a log goes with its ref
		Staged, Unstaged, IntentToAdd, FileHidden, FileUnhidden, OperationStarted, OperationEnded,
		ConfigChanged, HookChanged, InfoChanged, WorktreeAdded, WorktreeRemoved:
	}
	return logSource{}
}

// headLog is the reflog of HEAD.
func (t marker) headLog() string { return filepath.Join(t.place.GitDir, "logs", "HEAD") }

// readLog reads from the end of a reflog, however long it is. What cannot be read explains nothing.
func readLog(source logSource) []LogEntry {
	path := filepath.Join(source.dir, "logs", filepath.FromSlash(source.ref))
	tail, err := readTail(path, source.after)
	if err != nil && source.after > 0 {
		source.after = 0 // it was shortened, by expiry for example
		tail, err = readTail(path, 0)
	}
	if err != nil {
		return nil
	}
	return source.entries(tail)
}

// entries reads the wanted ones from the end of a reflog.
func (source logSource) entries(tail []byte) []LogEntry {
	var entries []LogEntry
	for len(entries) < source.limit {
		line := tail[bytes.LastIndexByte(tail, '\n')+1:]
		if e, ok := parseLogEntry(string(line)); ok {
			if source.after == 0 && e.To == source.since && e.To != "" {
				break
			}
			entries = append(entries, e)
			if source.after == 0 && e.From == "" {
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

// readTail reads whole lines from the end of a file, none that begins before the byte after.
func readTail(path string, after int64) ([]byte, error) {
	f, info, err := openRegular(path, os.Lstat)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info.Size() < after {
		return nil, errShortened
	}
	start := max(after, info.Size()-maxLogRead)
	tail, err := io.ReadAll(io.NewSectionReader(f, start, info.Size()-start))
	if err == nil && start > after { // the first line is cut
		_, tail, _ = bytes.Cut(tail, []byte{'\n'})
	}
	return tail, err
}

// parseLogEntry reads a line: two objects, an identity with its address in angle brackets, a time with its zone, a tab and the
// message.
func parseLogEntry(line string) (LogEntry, bool) {
	head, message, _ := strings.Cut(line, "\t")
	from, rest, _ := strings.Cut(head, " ")
	to, rest, _ := strings.Cut(rest, " ")
	end := strings.LastIndex(rest, "> ")
	if !isObjectName(from) || !isObjectName(to) || end < 0 {
		return LogEntry{}, false
	}
	e := LogEntry{From: unlessNull(from), To: unlessNull(to), Who: clipText(rest[:end+1]), Message: clipText(message)}
	seconds, _, _ := strings.Cut(rest[end+2:], " ")
	if at, err := strconv.ParseInt(seconds, 10, 64); err == nil && 0 <= at && at < maxTime {
		e.When = time.Unix(at, 0).UTC()
	}
	return e, true
}

// maxTime is the end of the year 9999, beyond which JSON has no times.
const maxTime = 253402300800

func unlessNull(id string) string {
	if strings.Trim(id, "0") == "" {
		return ""
	}
	return id
}

func clipText(text string) string {
	if len(text) > maxLogText {
		text = text[:maxLogText]
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// commandOf is the command that the message of a reflog names; "" where it names none. Git writes most as "COMMAND (DETAIL): ...",
// what update-ref was told as it is, and of a push just this.
func commandOf(message string) string {
	if message == "update by push" {
		return "push"
	}
	head, _, found := strings.Cut(message, ":")
	command, _, _ := strings.Cut(strings.ToLower(head), " ")
	if !found || strings.Trim(command, "abcdefghijklmnopqrstuvwxyz-") != "" {
		return ""
	}
	return command
}

// askLog lets git read a reflog.
func (t marker) askLog(ctx context.Context, source logSource) []LogEntry {
	ref := source.ref
	if ref == "HEAD" && source.dir != t.place.GitDir {
		return nil // of another work tree
	}
	out, err := t.env.run(ctx, "log", "-g", "-n", strconv.Itoa(source.limit), "--date=raw", "-z", "--format=%H %gn <%ge> %gD%x09%gs", ref, "--")
	if err != nil {
		return nil
	}
	var entries []LogEntry
	for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		head, message, _ := strings.Cut(line, "\t")
		to, rest, _ := strings.Cut(head, " ")
		end := strings.LastIndex(rest, "> "+ref+"@{")
		if !isObjectName(to) || end < 0 {
			break
		}
		if len(entries) > 0 {
			entries[len(entries)-1].From = to
		}
		if to == source.since {
			break
		}
		e := LogEntry{To: to, Who: clipText(rest[:end+1]), Message: clipText(message)}
		seconds, _, _ := strings.Cut(rest[end+len("> "+ref+"@{"):], " ")
		if at, err := strconv.ParseInt(seconds, 10, 64); err == nil && 0 <= at && at < maxTime {
			e.When = time.Unix(at, 0).UTC()
		}
		entries = append(entries, e)
	}
	return entries
}

// stashDepth counts the entries of the stash, which are those of its reflog.
func (t marker) stashDepth(ctx context.Context) int {
	if t.hasReftable() {
		out, err := t.env.run(ctx, "stash", "list")
		if err != nil {
			return -1
		}
		return bytes.Count(out, []byte{'\n'})
	}
	content, err := readSmall(filepath.Join(t.place.CommonDir, "logs", filepath.FromSlash(stashRef)), maxStashLog)
	if err != nil {
		return -1
	}
	return bytes.Count(content, []byte{'\n'})
}

// maxStashLog bounds the reflog of the stash, in bytes.
const maxStashLog = 8 << 20
