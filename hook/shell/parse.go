package shell

import (
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// parse reads a script. rest is the part that could not be parsed, from the end of the last statement, "" if there is none.
//
// A shell runs a script as it reads it, so the statements before a syntax error run. A script that is not valid for bash may be valid for
// zsh.
func parse(source string) (statements []*syntax.Stmt, rest string) {
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

// scan searches text that the parser rejects. offset is its position in the source. A shell would not run most of it. So only git with a subcommand
// at the beginning of a command counts, after nothing but assignments and reserved words.
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
