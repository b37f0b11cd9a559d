package report

import (
	"strings"

	"stopgate/hook/quote"
)

// display returns a JSON pointer for a message. It is quoted if a name in it could be mistaken for this program's words.
func display(pointer string) string {
	if len(pointer) <= quote.MaxName && !strings.ContainsFunc(pointer, func(c rune) bool {
		return c != '/' && c != '_' && c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	}) {
		return pointer
	}
	return quote.String(pointer, quote.MaxName)
}
