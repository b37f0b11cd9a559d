//go:build unix

package shell_test

import (
	"os/exec"
	"strings"
	"testing"
	"unicode"

	"stopgate/hook/shell"
)

// TestQuote compares Quote with bash, which must read each word as one argument with the same bytes.
func TestQuote(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		"feature/x", "", "a b", "$(reboot)", "it's", "it's $HOME `id` \\", "a;b", "ü", "~root", "{a,b}", "*", "#1", "if", "a=b", "\x1b[2J", "two\nlines", "\xff",
	} {
		word := shell.Quote(s)
		if strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("Quote(%q) = %q, which is not printable", s, word)
		}
		out, err := exec.Command(bash, "-c", "printf '[%s]' "+word).Output()
		if err != nil || string(out) != "["+s+"]" {
			t.Errorf("Quote(%q) = %s, which bash reads as %q (%v)", s, word, out, err)
		}
	}
	if got := shell.Quote("a\x00b"); got != "ab" {
		t.Errorf("a NUL: %s", got)
	}
}
