package report

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"stopgate/hook/quote"
)

// Kind is the kind of a message's content.
type Kind int

const (
	// KindNone is neither a report nor an exit by protocol.
	KindNone Kind = iota
	// KindReport is an object that is meant as a report, valid or not.
	KindReport
	// KindError is a line "ERROR: …" by protocol (seed, "Exit protocol" and "File Conflict Detection"), and no report.
	KindError
)

// Found is the result of Find.
type Found struct {
	Kind Kind
	// Text is the report as the message has it, for Parse. For KindError it is the text after ERROR, on one line of at most 1,000
	// characters and an ellipsis. Several such lines are joined by "; ".
	Text string
}

// Find finds the report in a message: the message itself if it is one object, else the last object that looks like a report.
// An object looks like a report if it has at least two of the required fields at its top, one of them in reports alone. Misspelled
// names count, and so do broken JSON and an object that is cut off: the agent can fix a wrong report only if the report is found.
// An object at the beginning of a line, in a data fence or outside fences, comes before one inside a line or in a fence of
// commands, where it is likely a quotation. An object inside of a JSON string is found if there is no other; Text is then that string.
//
// Without a report, a line that begins with "ERROR:" is an exit by protocol. Markdown around the word does not matter. Inside a
// fence the line is a tool's output, unless the message is nothing but that fence.
//
// Find takes time in proportion to the length of the message.
func Find(message string) Found { return find(message, reportForm) }

// find is Find for objects of any form.
func find(message string, form form) Found {
	objects := candidates(message, form)
	last, ok := pick(objects, alike)
	if !ok {
		if text := quoted(message, form); text != "" {
			return Found{KindReport, text}
		}
		if text := exitLine(message); text != "" {
			return Found{KindError, text}
		}
		last, ok = pick(objects, akin)
	}
	if !ok {
		return Found{}
	}
	return Found{KindReport, strings.TrimRight(message[last.start:last.end], " \t\r\n")}
}

// quoted returns the last JSON string of a message that contains an object of the form, unchanged; "" if there is none.
func quoted(message string, form form) string {
	last := ""
	for at := 0; ; {
		open := strings.IndexByte(message[at:], '"')
		if open < 0 {
			return last
		}
		at += open
		end := stringEnd(message, at)
		if text := message[at:end]; strings.Contains(text, "{") && strings.Contains(text, `\"`) && isQuoted(text, form) {
			last = text
		}
		at = max(end, at+1)
	}
}

// stringEnd returns the offset after the JSON string that begins at an offset; the offset itself if none ends on that line.
func stringEnd(text string, at int) int {
	for i := at + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		case '\n':
			return at
		}
	}
	return at
}

// maxQuoted bounds how often an object is a string inside a string.
const maxQuoted = 3

// unquoted returns the text in a JSON string, however often it is quoted; any other text is returned as it is.
func unquoted(text string) string {
	for range maxQuoted {
		var inner string
		if !strings.HasPrefix(strings.TrimSpace(text), `"`) || json.Unmarshal([]byte(text), &inner) != nil {
			break
		}
		text = inner
	}
	return text
}

// isQuoted reports whether a value is a string that holds an object of the form.
func isQuoted(value any, form form) bool {
	text, ok := value.(string)
	if !ok {
		return false
	}
	_, found := pick(candidates(unquoted(text), form), alike)
	return found
}

// pick returns the last of the objects of a rank. It prefers objects that are alone.
func pick(objects []object, wanted rank) (object, bool) {
	for _, alone := range []bool{true, false} {
		for _, o := range slices.Backward(objects) {
			if o.rank == wanted && o.alone == alone {
				return o, true
			}
		}
	}
	return object{}, false
}

// candidates lists the objects of a message that could be its report, in order.
func candidates(message string, form form) []object {
	everything := objects(message, 0, len(message), form)
	for i := range everything {
		everything[i].alone = beginsLine(message, everything[i].start)
	}
	if n := len(everything); n > 0 && everything[n-1].closed {
		last := everything[n-1]
		if isBlank(message[:last.start]) && isBlank(message[last.end:]) {
			return everything // any fence is inside a string
		}
	}
	var byBlock []object
	eachBlock(message, func(b block) {
		for _, o := range objects(message, b.start, b.end, form) {
			o.alone = !b.commands && (o.start == b.start || beginsLine(message, o.start))
			byBlock = append(byBlock, o)
		}
	})
	if best(byBlock) < best(everything) {
		return everything // the fences are not fences
	}
	return byBlock
}

func best(objects []object) rank {
	highest := unlike
	for _, o := range objects {
		highest = max(highest, o.rank)
	}
	return highest
}

// isBlank reports whether a text is nothing but white space and byte order marks.
func isBlank(text string) bool {
	return strings.Trim(text, " \t\r\n\uFEFF") == ""
}

// beginsLine reports whether there is nothing but white space before an offset in its line.
func beginsLine(text string, at int) bool {
	for at > 0 {
		c, size := utf8.DecodeLastRuneInString(text[:at])
		switch c {
		case '\n':
			return true
		case ' ', '\t', '\r', '\uFEFF':
			at -= size
		default:
			return false
		}
	}
	return true
}

// decoration is the Markdown and the symbols that models put around the word ERROR.
const decoration = " \t\r\n*_#`-+\"“”❌⛔🚫🛑✖✗⚠\uFE0F\uFEFF"

// maxExit bounds the characters of the text after ERROR.
const maxExit = 1000

// exitLine returns the text of the ERROR lines of a message, on one bounded line; "" if there is none with a text.
func exitLine(message string) string {
	prose, fences := 0, 0
	eachBlock(message, func(b block) {
		if b.fenced {
			fences++
		} else {
			prose++
		}
	})
	var texts []string
	size, first := 0, true
	eachBlock(message, func(b block) {
		if b.fenced && (prose > 0 || fences > 1) {
			first = false
			return
		}
		for rest := message[b.start:b.end]; rest != "" && size < maxExit; {
			var line string
			line, rest, _ = strings.Cut(rest, "\n")
			if text := exit(line, rest, first); text != "" {
				texts, size = append(texts, text), size+len(text)
			}
			first = first && isBlank(line)
		}
	})
	return quote.Line(quote.Clip(strings.Join(texts, "; "), maxExit))
}

// exit returns the text of a line after the word ERROR and a colon; "" if the line does not begin with them. Without a text on that line, the next
// line is the text. The first line of a message may spell the word in any case. Further down only capitals count, since other spellings there are
// usually a tool's output.
func exit(line, rest string, first bool) string {
	const word = "ERROR"
	opened := strings.TrimLeft(trimItem(strings.TrimLeft(line, decoration)), decoration)
	if len(opened) < len(word) || opened[:len(word)] != word && !(first && strings.EqualFold(opened[:len(word)], word)) {
		return ""
	}
	text, ok := strings.CutPrefix(strings.TrimLeft(opened[len(word):], decoration), ":")
	if !ok {
		return ""
	}
	if text = strings.Trim(text, decoration); text == "" {
		next, _, _ := strings.Cut(strings.TrimLeft(rest, decoration), "\n")
		text = strings.Trim(next, decoration)
	}
	return text
}
