package report

import (
	"strings"
	"unicode/utf8"
)

// Kind is what a message holds.
type Kind int

const (
	// KindNone is neither a report nor an exit by protocol.
	KindNone Kind = iota
	// KindReport is something that is meant as a report, whatever it is worth.
	KindReport
	// KindError is a line "ERROR: …" by protocol (seed, "Exit protocol" and "File Conflict Detection"), and no report.
	KindError
)

// Found is what Find found in a message.
type Found struct {
	Kind Kind
	// Text is, of a report, its text as it stands in the message, for Parse; of an exit, what stands behind ERROR, on one line
	// of at most 1,000 characters and an ellipsis, several such lines joined by "; ".
	Text string
	// Offset is where the report or the ERROR line begins in the message, in bytes from 0; Line and Column say the same for
	// people, both from 1, the column in characters.
	Offset, Line, Column int
	// Reports counts what the message holds that could be the report; Text is the last of them.
	Reports int
}

// Position turns a line and a column of Text, as a Problem has them, into those of the message.
func (f Found) Position(line, column int) (int, int) {
	if line == 1 {
		column += f.Column - 1
	}
	return f.Line + line - 1, column
}

// Find finds the report in a message: the message itself if it is one object; else the last object that looks like a report.
// An object looks like a report if two of the required fields or more stand at its top, among them one that only reports
// have. A name counts with slips in it, and so do broken JSON and an object that is cut off: a report that is wrong must be
// found to be told so. An object that begins a line, in a fence for data or in none, comes before one that stands within a
// line or in a fence for commands, where things are quoted.
//
// Without a report, a line that opens with "ERROR:" is an exit by protocol. Markdown around the word does not matter; within
// a fence it is the output of some tool, unless the fence is all there is.
//
// Find takes time in proportion to the message, whatever is in it.
func Find(message string) Found { return find(message, reportForm) }

// find is Find for objects of any form.
func find(message string, form form) Found {
	objects := candidates(message, form)
	last, count := pick(objects, alike)
	if count == 0 {
		if text, at := exitLine(message); text != "" {
			return found(KindError, message, text, at, 0)
		}
		last, count = pick(objects, akin)
	}
	if count == 0 {
		return Found{}
	}
	return found(KindReport, message, strings.TrimRight(message[last.start:last.end], " \t\r\n"), last.start, count)
}

func found(kind Kind, message, text string, at, reports int) Found {
	line, column := position(message, at)
	return Found{Kind: kind, Text: text, Offset: at, Line: line, Column: column, Reports: reports}
}

// pick is the last of the objects of that rank, those that stand alone first, and how many there are like it.
func pick(objects []object, wanted rank) (last object, count int) {
	for _, alone := range []bool{true, false} {
		for _, o := range objects {
			if o.rank == wanted && o.alone == alone {
				last, count = o, count+1
			}
		}
		if count > 0 {
			break
		}
	}
	return last, count
}

// candidates are the objects of a message that could be its report, in order.
func candidates(message string, form form) []object {
	everything := objects(message, 0, len(message), form)
	for i := range everything {
		everything[i].alone = beginsLine(message, everything[i].start)
	}
	if n := len(everything); n > 0 && everything[n-1].closed {
		last := everything[n-1]
		if isBlank(message[:last.start]) && isBlank(message[last.end:]) {
			return everything // what looks like a fence in it is part of a string
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
		return everything // the fences are not what they seem
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

// isBlank tells whether nothing but white space and byte order marks are in a text.
func isBlank(text string) bool {
	return strings.Trim(text, " \t\r\n\uFEFF") == ""
}

// beginsLine tells whether nothing but white space stands before an offset in its line.
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
