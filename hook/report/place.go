package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// place is the position of a value in the text, with the places of its fields or items.
type place struct {
	at, end int
	items   []place
	fields  map[string]place
}

// find is the offset of the value at the tokens of a JSON pointer. If there is none, it is the offset of the value that lacks it.
func (p place) find(tokens []string) int {
	for _, t := range tokens {
		next, ok := p.fields[t]
		if i, err := strconv.Atoi(t); p.items != nil && err == nil && 0 <= i && i < len(p.items) {
			next, ok = p.items[i], true
		}
		if !ok {
			break
		}
		p = next
	}
	return p.at
}

// names are the names of an object's fields, in the order of the text.
func (p place) names() []string {
	return slices.SortedFunc(maps.Keys(p.fields), func(a, b string) int { return cmp.Compare(p.fields[a].at, p.fields[b].at) })
}

// spot is a position in a text for a message. It is worked out only if the message is written.
type spot struct {
	text string
	at   int
}

// String gives line and column, both from 1, the column in characters.
func (s spot) String() string {
	before := s.text[:s.at]
	start := strings.LastIndexByte(before, '\n') + 1
	return fmt.Sprintf("line %d, column %d", strings.Count(before, "\n")+1, utf8.RuneCountInString(before[start:])+1)
}
