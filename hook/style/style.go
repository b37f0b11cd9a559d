// Package style lays out text for people: its colours, its width and its times.
package style

import (
	"strings"
	"time"
	"unicode/utf8"

	"stopgate/hook/rule"
)

// Style is how a command prints for people. The zero Style is for a file or a pipe: no colour, no line cut, times in UTC.
type Style struct {
	// Colour allows ANSI colours.
	Colour bool
	// Width is the width of the terminal in columns; 0 cuts no line.
	Width int
	// Zone is where times are shown; nil is UTC.
	Zone *time.Location
}

// Time returns a moment, to the second, with its offset from UTC ("Z" in UTC). A time without an offset cannot be compared with another's.
func (s Style) Time(at time.Time) string { return at.In(s.zone()).Format("2006-01-02 15:04:05Z07:00") }

// Clock returns the time of a day, to the second.
func (s Style) Clock(at time.Time) string { return at.In(s.zone()).Format(time.TimeOnly) }

// Day returns a date.
func (s Style) Day(at time.Time) string { return at.In(s.zone()).Format(time.DateOnly) }

// DayWithZone returns a date and the offset of its times from UTC.
func (s Style) DayWithZone(at time.Time) string {
	return at.In(s.zone()).Format("2006-01-02 ") + strings.Replace(at.In(s.zone()).Format("Z07:00"), "Z", "UTC", 1)
}

func (s Style) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// The ANSI codes of what a text means.
const (
	Good    = "32" // green
	Bad     = "31" // red
	Caution = "33" // yellow
	Strong  = "1"
	Faint   = "2"
)

const reset = "\x1b[0m"

// Paint colours text, if colours are allowed.
func (s Style) Paint(code, text string) string {
	if !s.Colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + reset
}

// Verdict colours text by a verdict.
func (s Style) Verdict(v rule.Verdict, text string) string {
	switch v {
	case rule.Verified, rule.Passed, rule.Ended:
		return s.Paint(Good, text)
	case rule.Incomplete, rule.Declined, rule.Unknown, rule.NoResult:
		return s.Paint(Caution, text)
	case rule.Rejected, rule.Capped, rule.Violation, rule.Failed:
	}
	return s.Paint(Bad, text)
}

// Fit cuts a line that is wider than the terminal, and ends it with an ellipsis. Colours take no width. The line has no line feed.
func (s Style) Fit(line string) string {
	if s.Width < 2 || width(line) <= s.Width {
		return line
	}
	var b strings.Builder
	columns, coloured := 0, false
	for i := 0; i < len(line); {
		if code, found := strings.CutPrefix(line[i:], "\x1b["); found {
			n := len("\x1b[") + strings.IndexByte(code, 'm') + 1
			b.WriteString(line[i : i+n])
			coloured = line[i:i+n] != reset
			i += n
			continue
		}
		if columns == s.Width-1 {
			b.WriteString("…")
			break
		}
		_, n := utf8.DecodeRuneInString(line[i:])
		b.WriteString(line[i : i+n])
		columns, i = columns+1, i+n
	}
	if coloured {
		b.WriteString(reset)
	}
	return b.String()
}
