package report

import (
	"strconv"
	"strings"
	"unicode"
)

// maxShown bounds the characters of a value or a pointer that a problem shows.
const maxShown = 120

// quote writes text as a Go string, cut to maxShown, so that no character in it can break the line or reorder the text around it.
func quote(s string) string {
	short := clip(s, maxShown)
	if len(short) < len(s) {
		return strconv.Quote(short) + "…"
	}
	return strconv.Quote(s)
}

// display returns a JSON pointer for a message. It is quoted if a name in it could be mistaken for this program's words.
func display(pointer string) string {
	if len(pointer) <= maxShown && !strings.ContainsFunc(pointer, func(c rune) bool {
		return c != '/' && c != '_' && c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	}) {
		return pointer
	}
	return quote(pointer)
}

// oneLine returns the beginning of a text on one line: at most limit characters, and an ellipsis if there is more.
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

// clip returns the first limit characters of s.
func clip(s string, limit int) string {
	for i := range s {
		if limit == 0 {
			return s[:i]
		}
		limit--
	}
	return s
}
