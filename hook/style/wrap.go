package style

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// narrowest is the minimum number of columns for the words of a continuation line, and the minimum width of a terminal for which lines are broken.
const narrowest = 20

// Wrap breaks lines that are wider than the terminal, at spaces. A continuation line is indented to the beginning of the line's words, after its
// columns or its bullet. A word that is wider than the terminal stays whole, so that a path can be copied. A line of JSON is not broken.
func (s Style) Wrap(text string) string {
	if s.Width < narrowest {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		bare, end := strings.CutSuffix(line, "\n")
		b.WriteString(s.Hang(bare, wordsAt(bare, s.Width/2)))
		if end {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// Hang is like Wrap for one line whose continuation lines are indented to the given column.
func (s Style) Hang(line string, column int) string {
	if s.Width < narrowest || width(line) <= s.Width || strings.HasPrefix(strings.TrimSpace(line), "{") {
		return line
	}
	indent := "\n" + strings.Repeat(" ", max(0, min(column, s.Width-narrowest)))
	start := len(line) - len(strings.TrimLeft(line, " "))
	var b strings.Builder
	b.WriteString(line[:start])
	columns, blanks := start, 0 // the columns in use on the terminal's line, and the spaces before the next word
	for i, word := range strings.Split(line[start:], " ") {
		if i > 0 {
			blanks++
		}
		if word == "" {
			continue
		}
		if w := width(word); i > 0 && columns+blanks+w > s.Width && columns > len(indent)-1 {
			b.WriteString(indent)
			columns = len(indent) - 1 + w
		} else {
			b.WriteString(strings.Repeat(" ", blanks))
			columns += blanks + w
		}
		b.WriteString(word)
		blanks = 0
	}
	return b.String()
}

// wordsAt returns the column at which the words of a line begin, of those up to most.
func wordsAt(line string, most int) int {
	words := strings.TrimLeft(line, " ")
	column := len(line) - len(words)
	if bullet, _, found := strings.Cut(words, " "); found && (bullet == "-" || bullet == "*" || strings.TrimLeftFunc(bullet, unicode.IsDigit) == ".") {
		return column + len(bullet) + 1
	}
	for i := 0; i < len(line); {
		gap := strings.Index(line[i:], "  ")
		if gap < 0 {
			break
		}
		for i += gap; i < len(line) && line[i] == ' '; i++ {
		}
		if at := width(line[:i]); at > most || i == len(line) {
			break
		} else if at > column {
			column = at
		}
	}
	return column
}

// width returns the number of columns of a text. Colours take none.
func width(text string) int {
	columns := utf8.RuneCountInString(text)
	for {
		_, code, found := strings.Cut(text, "\x1b[")
		if !found {
			return columns
		}
		code, text, _ = strings.Cut(code, "m")
		columns -= len("\x1b[m") + len(code)
	}
}
