package report

import "strings"

// object is a span of text in braces that could be a report.
type object struct {
	start, end int
	rank       rank
	// closed: its closing brace is there.
	closed bool
	// valued: it is in the place of a JSON value.
	valued bool
	// alone: it begins a line, outside fences or in a data fence.
	alone bool
}

// brace is an opening brace without its closing brace so far.
type brace struct {
	start  int
	fields fieldSet
	// valued: it is in the place of a JSON value, so it belongs to the object around it.
	valued bool
	// holds is the highest rank among the values in it.
	holds rank
}

// rank returns the rank of the object that the brace opens, or of an object inside it.
func (b brace) rank(form form) rank { return max(form.rank(b.fields), b.holds) }

// maxOpen bounds the open braces that are kept. The outermost are dropped first, since no report is nested so deep.
const maxOpen = 256

// objects finds the objects of text[from:to] that look like one of that form, in order, none inside another. It takes one pass and
// reads only braces, colons, and strings that end with their line at the latest, so that it copes with prose, program code and broken
// JSON. An object that never closes reaches to the end.
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
	before := byte(0) // the last byte that was not white space
	sameLine := false // before is in this line
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
		// A whole object after a brace that never closes is not part of that brace's object.
		follows := len(list) > 0 && list[len(list)-1].start > b.start && !list[len(list)-1].valued
		if b.rank(form) != unlike && !follows {
			add(object{start: b.start, end: to, rank: b.rank(form)})
			break
		}
	}
	return list
}

// opensString reports whether a double quote after that byte opens a string, as in JSON and in programs. After any other byte it
// ends a string that was broken over lines, or one with quotes in it.
func opensString(before byte) bool { return strings.IndexByte(`{[,:(="`, before) >= 0 }

// nameBefore returns the name at the end of text, with or without quotes of any kind; "" if there is none. It reads at most the length of a name.
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
