package document

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Place is the position of a value in the text, in bytes, with the places of its fields or items.
type Place struct {
	At, End int
	Items   []Place          // nil if it is no array
	Fields  map[string]Place // nil if it is no object
}

// Find returns the offset of the value at the tokens of a JSON pointer. If there is none, it is the offset of the value that lacks it.
func (p Place) Find(tokens []string) int {
	for _, t := range tokens {
		next, ok := p.Fields[t]
		if i, err := strconv.Atoi(t); p.Items != nil && err == nil && 0 <= i && i < len(p.Items) {
			next, ok = p.Items[i], true
		}
		if !ok {
			break
		}
		p = next
	}
	return p.At
}

// Names returns the names of an object's fields, in the order of the text.
func (p Place) Names() []string {
	return slices.SortedFunc(maps.Keys(p.Fields), func(a, b string) int { return cmp.Compare(p.Fields[a].At, p.Fields[b].At) })
}

// Spot is a position in a text for a message. It is worked out only if the message is written.
type Spot struct {
	Text string
	At   int // in bytes
}

// String gives line and column, both from 1, the column in characters.
func (s Spot) String() string {
	before := s.Text[:s.At]
	start := strings.LastIndexByte(before, '\n') + 1
	return fmt.Sprintf("line %d, column %d", strings.Count(before, "\n")+1, utf8.RuneCountInString(before[start:])+1)
}
