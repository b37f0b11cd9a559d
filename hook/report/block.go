package report

import (
	"slices"
	"strings"
)

// block is a part of a message: the content of a fence, without the fence itself, or the text between two fences.
type block struct {
	start, end int
	fenced     bool
	// commands: the fence is tagged as something to run or read, not as data.
	commands bool
}

// dataTags are the tags of fences that may hold a report. A fence without a tag may hold one too.
var dataTags = []string{"", "json", "jsonc", "json5", "javascript", "js", "text", "txt", "plaintext", "markdown", "md", "report"}

// eachBlock splits a message at its fences: three or more backticks or tildes at the beginning of a line (CommonMark 0.31,
// section 4.5). Unlike CommonMark it accepts any indentation, and a fence that is a list item, since agents write both. A fence ends
// at a line of nothing but as many such characters or more, or with the message. Blank blocks are left out.
func eachBlock(message string, visit func(block)) {
	current := block{}
	var mark string // what closes the current fence
	emit := func(end int) {
		current.end = end
		if strings.TrimSpace(message[current.start:end]) != "" {
			visit(current)
		}
	}
	for start := 0; start < len(message); {
		next := len(message)
		if i := strings.IndexByte(message[start:], '\n'); i >= 0 {
			next = start + i + 1
		}
		line := message[start:next]
		if mark == "" {
			if fence, info, at := opening(line); fence != "" {
				emit(start)
				tag, _, _ := strings.Cut(strings.ToLower(info), " ")
				current = block{start: start + at, fenced: true, commands: !slices.Contains(dataTags, tag)}
				mark = fence
			}
		} else if closes(line, mark) {
			emit(start)
			current, mark = block{start: next}, ""
		}
		start = next
	}
	emit(len(message))
}

// opening returns the run of backticks or tildes that opens a fence in a line, the fence's tag, and the offset in the line of its content. fence is
// "" if the line opens none. A brace in the line belongs to the content.
func opening(line string) (fence, info string, content int) {
	if len(line) < 3 {
		return "", "", 0
	}
	rest := strings.TrimLeft(line, " \t")
	rest = strings.TrimLeft(trimItem(rest), " \t")
	if rest == "" {
		return "", "", 0
	}
	after := strings.TrimLeft(rest, rest[:1])
	fence = rest[:len(rest)-len(after)]
	if len(fence) < 3 || fence[0] != '`' && fence[0] != '~' {
		return "", "", 0
	}
	if fence[0] == '`' && strings.Contains(after, "`") {
		return "", "", 0 // code within a line
	}
	content = len(line)
	if i := strings.IndexByte(after, '{'); i >= 0 {
		content -= len(after) - i
		after = after[:i]
	}
	return fence, strings.TrimSpace(after), content
}

// trimItem removes a list marker from a line.
func trimItem(line string) string {
	rest := strings.TrimLeft(line, "0123456789")
	if len(rest) < len(line) && len(rest) > 1 && (rest[0] == '.' || rest[0] == ')') && rest[1] == ' ' {
		return rest[2:]
	}
	if len(line) > 1 && strings.IndexByte("-*+", line[0]) >= 0 && line[1] == ' ' {
		return line[2:]
	}
	return line
}

func closes(line, mark string) bool {
	line = strings.Trim(line, " \t\r\n")
	return len(line) >= len(mark) && strings.Trim(line, mark[:1]) == ""
}
