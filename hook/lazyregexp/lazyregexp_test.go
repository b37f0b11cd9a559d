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

// An expression is compiled only for a text that has one of its marks. For others nothing is found, not even the empty text.
func TestNewFor(t *testing.T) {
	t.Parallel()
	row := lazyregexp.NewFor("|│", `^\s*[|│](.*)$`)
	for text, want := range map[string]string{"| a": " a", "│b": "b", "a": "", "": ""} {
		if m := row(text).FindStringSubmatch(text); (m == nil) != (want == "") || m != nil && m[1] != want {
			t.Errorf("in %q it finds %q, want %q", text, m, want)
		}
	}
	broken := lazyregexp.NewFor("(", `(`)
	if broken("word").MatchString("\xff") {
		t.Error("it matches a text without its marks")
	}
	defer func() {
		if recover() == nil {
			t.Error("an expression that does not compile was used")
		}
	}()
	broken("(")
}
