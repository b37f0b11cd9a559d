package shell

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// Parse reads a script. rest is the part that could not be parsed, from the end of the last statement, "" if there is none.
//
// A shell runs a script as it reads it, so the statements before a syntax error run. A script that is not valid for bash may be valid for
// zsh.
func Parse(source string) (statements []*syntax.Stmt, rest string) {
	statements, err := parseAs(syntax.LangBash, source)
	if err == nil {
		return statements, ""
	}
	if !errors.Is(err, errDeep) {
		if other, err := parseAs(syntax.LangZsh, source); err == nil {
			return other, ""
		}
	}
	end := 0
	if n := len(statements); n > 0 {
		end = min(int(statements[n-1].End().Offset()), len(source))
	}
	return statements, source[end:]
}

func parseAs(language syntax.LangVariant, source string) (statements []*syntax.Stmt, err error) {
	reader := &shallowReader{strings.NewReader(source)}
	for statement, wrong := range syntax.NewParser(syntax.Variant(language), syntax.KeepComments(true)).StmtsSeq(reader) {
		if wrong != nil {
			err = wrong // the loop must not end here: the parser may tell of its end twice, and would panic
			continue
		}
		statements = append(statements, statement)
	}
	return statements, err
}

// maxFrames limits the parser's recursion, in stack frames. One nested parenthesis needs up to twenty.
const maxFrames = 4000

var errDeep = errors.New("nested too deeply")

// shallowReader stops a parser whose recursion is too deep. The parser recurses for every opening bracket and keyword, without a limit, and Go ends
// the process when a stack grows to 1 GB. The parser reads while it recurses, so each Read can measure the depth.
type shallowReader struct {
	io.Reader
}

func (r *shallowReader) Read(p []byte) (int, error) {
	var frame [1]uintptr
	if runtime.Callers(maxFrames, frame[:]) > 0 {
		return 0, errDeep
	}
	return r.Reader.Read(p[:min(len(p), 512)])
}

// Separators end a simple command outside of quotation marks.
const Separators = ";&|\n(){}`"

// SimpleCommand reads the words up to the next separator outside quotes. size is their length in bytes. Text after a quote that is not
// closed is part of the last word, as in a shell.
func SimpleCommand(text string) (words []string, size int) {
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
		case strings.IndexByte(Separators, c) >= 0:
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

// Clean removes NULs, as shells do, and replaces invalid UTF-8, which shells accept and the parser does not.
func Clean(command string) string {
	if strings.IndexByte(command, 0) >= 0 {
		command = strings.ReplaceAll(command, "\x00", "")
	}
	if utf8.ValidString(command) {
		return command
	}
	b := make([]byte, 0, len(command))
	for i := 0; i < len(command); {
		r, size := utf8.DecodeRuneInString(command[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(b, '?') // one byte for one byte, so that offsets stay
		} else {
			b = append(b, command[i:i+size]...)
		}
		i += size
	}
	return string(b)
}
