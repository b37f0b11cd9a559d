package shell

import (
	"errors"
	"io"
	"runtime"
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

// shallowReader stops a parser whose recursion is too deep. The parser recurses for every bracket and keyword that opens something, without
// a bound, and Go ends the process when a stack grows to 1 GB. The parser reads while it recurses, so each Read can measure the depth.
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
