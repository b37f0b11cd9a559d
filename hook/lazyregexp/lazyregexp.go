// Package lazyregexp compiles regular expressions when they are first used. Every event waits for the program to start, and most events need none.
package lazyregexp

import (
	"regexp"
	"strings"
	"sync"
)

// New returns a function that compiles expr at its first call and returns the same expression at each. The call panics if expr does not
// compile, as regexp.MustCompile does. It is safe for concurrent use.
func New(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// NewFor is New for an expression that matches only texts with at least one of the characters in marks. The function takes the text that will be
// searched, and returns an expression that matches nothing, without compiling expr, if none of them is in it.
func NewFor(marks, expr string) func(text string) *regexp.Regexp {
	compiled := New(expr)
	return func(text string) *regexp.Regexp {
		if strings.ContainsAny(text, marks) {
			return compiled()
		}
		return nothing()
	}
}

// nothing matches no text.
var nothing = New(`[^\x00-\x{10FFFF}]`)
