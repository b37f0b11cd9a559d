package report

import "strings"

// object is a span of text in braces that could be a report.
type object struct {
	start, end int
	rank       rank
	// closed: its closing brace is there.
	closed bool
	// valued: it stands where JSON has a value.
	valued bool
	// alone: it begins a line, in a place where data stands.
	alone bool
}

// brace is an opening brace whose closing one has not come yet.
type brace struct {
	start  int
	fields fieldSet
	// valued: it stands where JSON has a value, so that it belongs to what is around it.
	valued bool
	// holds is the highest rank among the values in it.
	holds rank
}

// rank of what the brace opens: its own, or of what it wraps.
func (b brace) rank(form form) rank { return max(form.rank(b.fields), b.holds) }

// maxOpen bounds the braces that are kept open. No report is nested so deep: the outermost are given up first.
const maxOpen = 256

// objects finds the objects of text[from:to] that look like one of that form, in order, none within another. It reads as little into the
// text as will do for prose, program code and broken JSON: braces, colons, and strings that end with their line at the latest.
// An object that never closes reaches to the end. It takes one pass.
func objects(text string, from, to int, form form) []object {
	var list []object
	var open []brace
	add := func(o object) {
		for len(list) > 0 && list[len(list)-1].start > o.start {
			list = list[:len(list)-1]
		}
		list = append(list, o)
	}
	inString := false
	before := byte(0) // the last byte that was no white space
	sameLine := false // it stands in this line
	for i := from; i < to; i++ {
		c := text[i]
		if len(open) == 0 && c != '{' {
			next := strings.IndexByte(text[i:to], '{')
			if next < 0 {
				break
			}
			i += next
			c, before = '{', 0
		}
		if inString {
			switch c {
			case '\\':
				i++
			case '"':
				inString, before, sameLine = false, c, true
			case '\n':
				inString, before, sameLine = false, 0, false
			}
			continue
		}
		switch c {
		case ' ', '\t', '\r':
			continue
		case '\n':
			sameLine = false
			continue
		case '"':
			inString = opensString(before)
		case '{':
			if len(open) == maxOpen {
				open = append(open[:0], open[maxOpen/2:]...)
			}
			open = append(open, brace{start: i, valued: before == ':' && sameLine || before == '[' || before == ','})
		case ':':
			open[len(open)-1].fields |= form.fieldOf(nameBefore(text[from:i]))
		case '}':
			closed := open[len(open)-1]
			open = open[:len(open)-1]
			if closed.rank(form) == unlike {
				break
			}
			add(object{start: closed.start, end: i + 1, rank: closed.rank(form), closed: true, valued: closed.valued})
			if closed.valued && len(open) > 0 {
				outer := &open[len(open)-1]
				outer.holds = max(outer.holds, closed.rank(form))
			}
		}
		before, sameLine = c, true
	}
	for _, b := range open {
		// A whole object that only follows what was never closed is no part of it.
		follows := len(list) > 0 && list[len(list)-1].start > b.start && !list[len(list)-1].valued
		if b.rank(form) != unlike && !follows {
			add(object{start: b.start, end: to, rank: b.rank(form)})
			break
		}
	}
	return list
}

// opensString tells whether a double quote behind that byte opens a string: in JSON or a program it does. Behind anything else
// it ends a string that was broken over lines, or one with quotes in it.
func opensString(before byte) bool { return strings.IndexByte(`{[,:(="`, before) >= 0 }

// nameBefore is the name that text ends with, in quotes of any kind or in none; "" where it ends otherwise. It looks at no
// more than a name's length.
func nameBefore(text string) string {
	const longest = 64
	text = text[max(0, len(text)-longest):]
	text = strings.TrimRight(text, " \t\r\n")
	bare := strings.TrimRight(text, "\"'`“”‘’")
	end := len(bare)
	start := end
	for start > 0 && isNameByte(bare[start-1], len(bare) < len(text)) {
		start--
	}
	return strings.TrimSpace(bare[start:end])
}

func isNameByte(c byte, quoted bool) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.' || quoted && c == ' '
}
