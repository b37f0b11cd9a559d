// Package lazyregexp compiles regular expressions when they are first used. Every event waits for the program to start, and most events need none.
package lazyregexp

import (
	"regexp"
	"sync"
)

// New returns a function that compiles expr at its first call and returns the same expression at each. The call panics if expr does not
// compile, as regexp.MustCompile does. It is safe for concurrent use.
func New(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
