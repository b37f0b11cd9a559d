package shell

import (
	"errors"
	"io"
	"runtime"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// parse reads a script. rest is what could not be read, from the end of the last statement on; it is empty where all was.
//
// A shell runs a script as it reads it: the statements before an error have run when it comes to the error. A script that bash
// refuses may be one for zsh, which is many people's own shell.
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
	for statement, err := range syntax.NewParser(syntax.Variant(language)).StmtsSeq(reader) {
		if err != nil {
			return statements, err
		}
		statements = append(statements, statement)
	}
	return statements, nil
}

// maxFrames bounds the parser's recursion, in stack frames. One nested parenthesis costs up to twenty.
const maxFrames = 4000

var errDeep = errors.New("nested too deeply")

// shallowReader stops a parser that has gone too deep. The parser goes one level down for every bracket and keyword that opens
// something, and has no bound of its own: Go ends the process when the stack has grown to 1 GB, and nothing can recover from that.
// Since the parser reads as it goes, each Read sees how deep it is.
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
