package report

import "strings"

// decoration is what models put around the word ERROR: emphasis, code, headings, items, quotes, signs.
const decoration = " \t\r\n*_#`-+\"“”❌⛔🚫🛑✖✗⚠\uFE0F\uFEFF"

// maxExit bounds the characters of what stands behind ERROR.
const maxExit = 1000

// exitLine is what the ERROR lines of a message say, on one bounded line, and where the first of them begins; "" where there
// is none that says something.
func exitLine(message string) (text string, at int) {
	prose, fences := 0, 0
	eachBlock(message, func(b block) {
		if b.fenced {
			fences++
		} else {
			prose++
		}
	})
	var said []string
	size, first := 0, true
	eachBlock(message, func(b block) {
		if b.fenced && (prose > 0 || fences > 1) {
			first = false
			return
		}
		for start := b.start; start < b.end && size < maxExit; {
			line, rest, _ := strings.Cut(message[start:b.end], "\n")
			if what, column := exit(line, rest, first); what != "" {
				if len(said) == 0 {
					at = start + column
				}
				said, size = append(said, what), size+len(what)
			}
			first = first && isBlank(line)
			start = b.end - len(rest)
		}
	})
	return oneLine(strings.Join(said, "; "), maxExit), at
}

// exit is what a line says behind the word ERROR and a colon, if it opens with them, and where the word begins; "" if it
// does not. Where nothing is left in the line, it is the next line that says it. The first line of a message may spell the word as it likes; further down only
// capitals are the protocol's and not some tool's.
func exit(line, rest string, first bool) (what string, at int) {
	const word = "ERROR"
	if len(line) < len(word) {
		return "", 0
	}
	opened := strings.TrimLeft(trimItem(strings.TrimLeft(line, decoration)), decoration)
	if len(opened) < len(word) || opened[:len(word)] != word && !(first && strings.EqualFold(opened[:len(word)], word)) {
		return "", 0
	}
	what, ok := strings.CutPrefix(strings.TrimLeft(opened[len(word):], decoration), ":")
	if !ok {
		return "", 0
	}
	if what = strings.Trim(what, decoration); what == "" {
		next, _, _ := strings.Cut(strings.TrimLeft(rest, decoration), "\n")
		what = strings.Trim(next, decoration)
	}
	return what, len(line) - len(opened)
}
