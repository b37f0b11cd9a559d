package quote

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
)

func TestQuote(t *testing.T) {
	tests := []struct {
		in    string
		limit int
		want  string
	}{
		{"a.txt", 10, `"a.txt"`},
		{"it's", 10, `"it's"`},
		{`say "x"`, 20, `"say \"x\""`},
		{"a\nb", 10, `"a\nb"`},
		{"\x1b[31m", 20, `"\x1b[31m"`},
		{"\u202egpj", 20, `"\u202egpj"`},
		{"\xff", 10, `"\xff"`},
		{"naïve 😀", 20, `"naïve 😀"`},
		{"abcdef", 3, `"abc"…`},
		{"a\nb", 2, `"a"…`},
		{"", 0, `""`},
	}
	for _, tt := range tests {
		if got := String(tt.in, tt.limit); got != tt.want {
			t.Errorf("quote(%q, %d) = %s, want %s", tt.in, tt.limit, got, tt.want)
		}
	}
}

func FuzzQuoteAndJSON(f *testing.F) {
	for _, s := range []string{"a", "\n\x00\u2028\u202e", "😀\U000e0041", `"\`, "\xff\xfe"} {
		f.Add(s, 20)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = max(0, limit%1000)
		got := String(s, limit)
		if strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("quote(%q) = %q holds what is not printable", s, got)
		}
		if n := Length(got); n > limit+3 {
			t.Errorf("quote(%q, %d) has %d characters", s, limit, n)
		}
		text := JSON(s)
		if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("toJSON(%q) = %q holds what is not printable", s, text)
		}
		var back string
		if err := json.Unmarshal([]byte(text), &back); err != nil || back != strings.ToValidUTF8(s, "\uFFFD") && back != strings.Map(func(r rune) rune { return r }, s) {
			t.Errorf("toJSON(%q) = %s reads back as %q, %v", s, text, back, err)
		}
	})
}

func TestLengthCountsAsJavaScript(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "é": 1, "😀": 2, "\xff": 1} {
		if got := Length(s); got != want {
			t.Errorf("length(%q) = %d, want %d", s, got, want)
		}
	}
}
