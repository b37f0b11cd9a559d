package shell

import (
	"slices"
	"strings"
)

// scan searches text that the parser refuses. offset is its position in the source. A shell would not run most of it, so only git and a
// subcommand at the beginning of a command count, after nothing but assignments and reserved words.
func (w *walker) scan(text string, offset int) {
	for len(text) > 0 {
		words, size := simpleCommand(text)
		for len(words) > 1 && (strings.IndexByte(words[0], '=') > 0 || slices.Contains([]string{"then", "do", "else", "!"}, words[0])) {
			words = words[1:]
		}
		if len(words) > 1 && program(words[0]) == "git" {
			lead := len(text) - len(strings.TrimLeft(text, " \t"))
			from := uint(offset + min(lead, size))
			invocation{walker: w, from: from, to: uint(offset + size)}.git(words[1:])
		}
		text = text[size:]
		n := len(text) - len(strings.TrimLeft(text, separators))
		text, offset = text[n:], offset+size+n
	}
}

const separators = ";&|\n(){}`"

// simpleCommand reads the words up to the next separator outside quotes. size is their length in bytes. Text after a quote that is not
// closed is part of the last word, as in a shell.
func simpleCommand(text string) (words []string, size int) {
	var word strings.Builder
	began := false
	end := func() {
		if began {
			words = append(words, word.String())
			word.Reset()
			began = false
		}
	}
	var quote byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '\\' && quote != '\'' && i+1 < len(text):
			i++
			if text[i] != '\n' {
				word.WriteByte(text[i])
				began = true
			}
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteByte(c)
		case c == '\'' || c == '"':
			quote, began = c, true
		case c == ' ' || c == '\t' || c == '\r':
			end()
		case c == '#' && !began:
			n := strings.IndexByte(text[i:], '\n')
			if n < 0 {
				n = len(text) - i
			}
			end()
			return words, i + n
		case strings.IndexByte(separators, c) >= 0:
			end()
			return words, i
		default:
			word.WriteByte(c)
			began = true
		}
	}
	end()
	return words, len(text)
}
