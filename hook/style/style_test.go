package style_test

import (
	"testing"
	"time"

	"stopgate/hook/rule"
	"stopgate/hook/style"
)

func TestFit(t *testing.T) {
	for _, test := range []struct {
		line  string
		width int
		want  string
	}{
		{"verified", 0, "verified"},
		{"verified", 8, "verified"},
		{"verified", 7, "verifi…"},
		{"größer", 6, "größer"},
		{"größer", 4, "grö…"},
		{"\x1b[32mverified\x1b[0m", 8, "\x1b[32mverified\x1b[0m"},
		{"\x1b[32mverified\x1b[0m", 4, "\x1b[32mver…\x1b[0m"},
		{"T1 \x1b[32mverified\x1b[0m now", 12, "T1 \x1b[32mverified\x1b[0m…"},
		{"", 3, ""},
	} {
		if got := (style.Style{Width: test.width}).Fit(test.line); got != test.want {
			t.Errorf("%q in %d columns: %q, want %q", test.line, test.width, got, test.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{
		{"as it is, however long it may be", 0, "as it is, however long it may be"},
		{"twenty-four columns wide\n", 24, "twenty-four columns wide\n"},
		{"twenty-four columns wide.\nshort\n", 24, "twenty-four columns\nwide.\nshort\n"},
		{"why        because the worktree has changed since\n", 40, "why        because the worktree has\n           changed since\n"},
		{"ok       git   the version is new enough for it", 42, "ok       git   the version is new enough\n               for it"},
		{"  1. launch the agent again with this prompt", 30, "  1. launch the agent again\n     with this prompt"},
		{"  - größer als die Zeile, um ein Wort", 35, "  - größer als die Zeile, um ein\n    Wort"},
		{"\x1b[31mblocked\x1b[0m  the agent is then \x1b[1mtold why\x1b[0m", 30, "\x1b[31mblocked\x1b[0m  the agent is then\n         \x1b[1mtold why\x1b[0m"},
		{"see /a/very/long/path/that/is/copied and more", 20, "see\n/a/very/long/path/that/is/copied\nand more"},
		{"/a/very/long/path/that/is/copied\n", 20, "/a/very/long/path/that/is/copied\n"},
		{`{"a": "one value", "b": "another"}`, 20, `{"a": "one value", "b": "another"}`},
		{"one two three four  \x1b[2m# default value\x1b[0m", 34, "one two three four  \x1b[2m# default\nvalue\x1b[0m"},
		{"", 20, ""},
	} {
		if got := (style.Style{Width: test.width}).Wrap(test.text); got != test.want {
			t.Errorf("%q in %d columns:\n%q, want\n%q", test.text, test.width, got, test.want)
		}
	}
}

// A terminal has colours unless its user does not want them; a pipe has none unless its user does.
func TestChoice(t *testing.T) {
	for _, test := range []struct {
		env            map[string]string
		terminal, pipe bool
	}{
		{nil, true, false},
		{map[string]string{"NO_COLOR": "1"}, false, false},
		{map[string]string{"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, false, false},
		{map[string]string{"NO_COLOR": ""}, true, false},
		{map[string]string{"CLICOLOR_FORCE": "1"}, true, true},
		{map[string]string{"CLICOLOR_FORCE": "1", "TERM": "dumb"}, true, true},
		{map[string]string{"CLICOLOR_FORCE": "0"}, true, false},
		{map[string]string{"TERM": "dumb"}, false, false},
		{map[string]string{"CLICOLOR": "0"}, false, false},
		{map[string]string{"TERM": "xterm-256color"}, true, false},
	} {
		get := func(name string) string { return test.env[name] }
		if terminal, pipe := style.Choice(get, true), style.Choice(get, false); terminal != test.terminal || pipe != test.pipe {
			t.Errorf("%v: a terminal %t, a pipe %t; want %t and %t", test.env, terminal, pipe, test.terminal, test.pipe)
		}
	}
}

func TestTime(t *testing.T) {
	at := time.Date(2026, 2, 1, 23, 30, 5, 999, time.UTC)
	east := style.Style{Zone: time.FixedZone("", 2*60*60)}
	for got, want := range map[string]string{
		style.Style{}.Time(at): "2026-02-01 23:30:05Z", east.Time(at): "2026-02-02 01:30:05+02:00", east.Clock(at): "01:30:05", east.Day(at): "2026-02-02",
		style.Style{}.DayWithZone(at): "2026-02-01 UTC", east.DayWithZone(at): "2026-02-02 +02:00",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestVerdict(t *testing.T) {
	coloured := style.Style{Colour: true}
	for v, want := range map[rule.Verdict]string{
		rule.Verified: "\x1b[32mx\x1b[0m", rule.Passed: "\x1b[32mx\x1b[0m", rule.Rejected: "\x1b[31mx\x1b[0m", rule.Failed: "\x1b[31mx\x1b[0m", rule.Unknown: "\x1b[33mx\x1b[0m",
	} {
		if got := coloured.Verdict(v, "x"); got != want {
			t.Errorf("%s: %q, want %q", v, got, want)
		}
		if got := (style.Style{}).Verdict(v, "x"); got != "x" {
			t.Errorf("%s without colours: %q", v, got)
		}
	}
}
