package lazyregexp_test

import (
	"testing"

	"stopgate/hook/lazyregexp"
)

// An expression is compiled at its first use, and once.
func TestNew(t *testing.T) {
	t.Parallel()
	word := lazyregexp.New(`^\w+$`)
	if first := word(); first != word() || !first.MatchString("word") || first.MatchString("two words") {
		t.Errorf("%v", first)
	}
	broken := lazyregexp.New(`(`)
	defer func() {
		if recover() == nil {
			t.Error("an expression that does not compile was used")
		}
	}()
	broken()
}
