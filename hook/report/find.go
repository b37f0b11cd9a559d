package report

import (
	"slices"
	"strings"
	"unicode/utf8"
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

// Found is what Find found in a message.
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
// commands, where it is likely a quotation.
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

// pick is the last of the objects of a rank. Objects that stand alone come before all others.
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
