package report

import (
	"strconv"
	"strings"
	"unicode"
)

// maxShown bounds the characters of a value or a pointer that a problem shows.
const maxShown = 120

// quote shows text as Go would write it, so that nothing in it can end the line, reorder or hide the text around it.
func quote(s string) string {
	short := clip(s, maxShown)
	if len(short) < len(s) {
		return strconv.Quote(short) + "…"
	}
	return strconv.Quote(s)
}

// display is a JSON pointer fit to be shown.
func display(pointer string) string {
	short := clip(pointer, maxShown)
	quoted := strconv.Quote(short)
	shown := strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
	if len(short) < len(pointer) {
		shown += "…"
	}
	return shown
}

// oneLine is the beginning of a text on one line, of at most limit characters and the ellipsis that tells there is more.
func oneLine(text string, limit int) string {
	short := clip(text, limit)
	shown := strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, short)
	if len(short) < len(text) {
		shown += "…"
	}
	return shown
}

// clip is the first limit characters of s.
func clip(s string, limit int) string {
	for i := range s {
		if limit == 0 {
			return s[:i]
		}
		limit--
	}
	return s
}
