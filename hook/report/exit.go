package report

import "strings"

// decoration is the Markdown and the symbols that models put around the word ERROR.
const decoration = " \t\r\n*_#`-+\"“”❌⛔🚫🛑✖✗⚠\uFE0F\uFEFF"

// maxExit bounds the characters of the text after ERROR.
const maxExit = 1000

// exitLine is the text of the ERROR lines of a message, on one bounded line; "" if there is none with a text.
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
	return oneLine(strings.Join(texts, "; "), maxExit)
}

// exit is the text of a line after the word ERROR and a colon; "" if the line does not begin with them. Without a text on that
// line, the next line is the text. The first line of a message may spell the word in any case. Further down only capitals count,
// since other spellings there are usually a tool's output.
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
