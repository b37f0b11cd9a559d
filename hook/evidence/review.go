package evidence

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// maxUnread is how many files one finding names.
const maxUnread = 5

// Review checks the pass of a gate that reads a change. changed are the changed files that still exist, relative to the worktree, and read returns the
// text of one; "" if it cannot be read. That a gate read none of them is said only if it launched no agent and used no tool that is not known here.
func Review(c Claim, calls []Call, changed []string, read func(name string) string) []Finding {
	var seen, elsewhere []Use
	known := true
	for _, u := range calls {
		known = known && slices.Contains(knownTools, u.Tool)
		switch {
		case !u.Answered || u.Failed || !showsContent(u):
		case u.Elsewhere:
			elsewhere = append(elsewhere, u.Use)
		default:
			seen = append(seen, u.Use)
		}
	}
	var unread []string
	copies := 0
	for _, name := range union(changed, c.Reviewed) {
		shown := func(u Use) bool { return u.shows(name, read) }
		if slices.ContainsFunc(seen, shown) {
			continue
		}
		if unread = append(unread, name); slices.ContainsFunc(elsewhere, shown) {
			copies++
		}
	}
	if len(unread) == 0 {
		return nil
	}
	var names []string
	for _, name := range unread[:min(maxUnread, len(unread))] {
		names = append(names, show(name))
	}
	more := ""
	if n := len(unread) - len(names); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	if copies > 0 {
		more += fmt.Sprintf("; of %d of them it shows copies in another worktree; read them in the worktree of the work", copies)
	}
	if known && !slices.ContainsFunc(changed, func(name string) bool { return !slices.Contains(unread, path.Clean(name)) }) && len(changed) > 0 {
		return []Finding{NewFinding(NotShown, "the transcript shows that none of the changed files was read: %s%s", strings.Join(names, ", "), more)}
	}
	return []Finding{NewFinding(NotShown, "the transcript does not show that these files were read: %s%s", strings.Join(names, ", "), more)}
}

// knownTools are the client's tools of which it is known here what they show.
var knownTools = strings.Fields("Read NotebookRead Grep Glob LS Bash BashOutput KillShell TaskOutput TaskStop TodoWrite TaskCreate TaskUpdate TaskList TaskGet ToolSearch WebFetch WebSearch Write Edit")

// union returns the names in both lists without duplicates, as comparable paths.
func union(lists ...[]string) []string {
	var all []string
	for _, name := range slices.Concat(lists...) {
		name = path.Clean(strings.TrimSpace(name))
		known := slices.ContainsFunc(all, func(other string) bool { return other == name || strings.HasSuffix(name, "/"+other) })
		if name != "." && !known {
			all = append(all, name)
		}
	}
	return all
}

// shows reports whether a tool use shows content of the file: its input is the path, or its output or its command names it and the output has words of
// the file.
func (u Use) shows(name string, read func(name string) string) bool {
	if u.Path != "" && (u.Path == name || strings.HasSuffix(u.Path, "/"+name) || strings.HasSuffix(name, "/"+u.Path)) {
		return true
	}
	if u.Tool == "Read" {
		return false
	}
	named := strings.Contains(u.Output, name) || strings.Contains(u.Command, name) || strings.Contains(u.Command, "/"+path.Base(name))
	return u.hasWordsOf(name, read, named)
}

// maxCompared bounds the output of a command that is compared with a file. Of a longer one, only the beginning and the end are known.
const maxCompared = 16 << 10

// hasWordsOf reports whether the output of a tool use has words of a file; otherwise if the file's text, or all of the output, is not known. A file
// that is not named is shown by a whole line.
func (u Use) hasWordsOf(name string, read func(name string) string, named bool) bool {
	text := ""
	if read != nil && len(u.Output) < maxCompared {
		text = read(name)
	}
	parts, least := strings.Fields(text), minWord
	if !named {
		parts, least = strings.Split(text, "\n"), minLine
	}
	unknown := true
	for _, part := range parts {
		if part = strings.TrimSpace(part); len(part) < least || strings.ContainsRune(part, 0) {
			continue
		}
		if unknown = false; strings.Contains(u.Output, part) {
			return true
		}
	}
	return named && unknown
}

// The lengths of the shortest word, and of the shortest line, by which a file is known in an output, in bytes.
const (
	minWord = 4
	minLine = 24
)

// showsContent reports whether a tool use can show the content of files, and not only their names.
func showsContent(u Call) bool {
	switch u.Tool {
	case "Read", "NotebookRead":
		return true
	case "Grep":
		return lineInFile().MatchString(u.Output)
	}
	return slices.ContainsFunc(u.Script, showsFiles)
}
