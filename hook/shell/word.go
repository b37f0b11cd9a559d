package shell

import (
	"path"
	"path/filepath"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// unknown marks text in a word that only the shell can know. U+FDD0 is a noncharacter for use inside a program.
const unknown = "\ufdd0"

// text returns a word without its quotes and escapes. The value of an expansion is unknown, except that $PWD is the working directory.
func (w *walker) text(word *syntax.Word) string {
	if word == nil {
		return ""
	}
	var b strings.Builder
	parts(&b, word.Parts, false)
	rest, ok := strings.CutPrefix(b.String(), unknown)
	switch {
	case !ok || rest != "" && rest[0] != '/':
	case rest != "" && isWorkingDirectory(word.Parts[0]):
		return "." + rest
	default:
		if dir := w.gitDirOf(word.Parts[0]); dir != "" {
			return dir + rest
		}
	}
	return b.String()
}

// gitDirOf returns the path of git's directory if the first part of a word is its place as git prints it: $(git rev-parse --git-dir), or a variable
// that holds that. It returns "" for anything else.
func (w *walker) gitDirOf(part syntax.WordPart) string {
	switch part := unquoted(part).(type) {
	case *syntax.ParamExp:
		return w.fromHere(w.gitDirs[variable(part)])
	case *syntax.CmdSubst:
		if len(part.Stmts) != 1 {
			return ""
		}
		call, ok := part.Stmts[0].Cmd.(*syntax.CallExpr)
		if !ok || len(call.Args) < 3 || len(call.Args) > 5 {
			return ""
		}
		var words []string
		for _, arg := range call.Args {
			var b strings.Builder
			parts(&b, arg.Parts, false)
			words = append(words, b.String())
		}
		return w.saidOfGitDir(words)
	}
	return ""
}

// fromHere returns a path relative to the working directory, for one that is absolute or relative to where the command started.
func (w *walker) fromHere(name string) string {
	if name == "" || w.dir == "" || path.IsAbs(name) {
		return name
	}
	rel, err := filepath.Rel(w.dir, name)
	if err != nil { // the working directory is absolute
		return name
	}
	return filepath.ToSlash(rel)
}

// saidOfGitDir returns the path that a git rev-parse with those words prints, relative to the working directory, if it is the path of git's
// directory or of something in it.
func (w *walker) saidOfGitDir(words []string) string {
	if program(words[0]) != "git" || words[1] != "rev-parse" {
		return ""
	}
	switch last := words[len(words)-1]; {
	case last == "--git-dir" || last == "--git-common-dir" || last == "--absolute-git-dir":
		return ".git"
	case words[len(words)-2] == "--git-path" && !strings.Contains(last, unknown):
		return path.Join(".git", last)
	}
	return ""
}

func parts(b *strings.Builder, list []syntax.WordPart, quoted bool) {
	for _, part := range list {
		switch part := part.(type) {
		case *syntax.Lit:
			if !quoted && strings.Contains(part.Value, "{") {
				b.WriteString(unknown) // {git,commit} is two words
				continue
			}
			b.WriteString(unescape(part.Value, quoted))
		case *syntax.SglQuoted:
			if part.Dollar && strings.Contains(part.Value, `\`) {
				b.WriteString(unknown) // $'\x67it'
			} else {
				b.WriteString(part.Value)
			}
		case *syntax.DblQuoted:
			parts(b, part.Parts, true)
		default: // expansions and substitutions
			b.WriteString(unknown)
		}
	}
}

// isWorkingDirectory reports whether a part is $PWD, with or without quotation marks.
func isWorkingDirectory(part syntax.WordPart) bool {
	p, ok := unquoted(part).(*syntax.ParamExp)
	return ok && variable(p) == "PWD"
}

// unquoted returns a part, or the first one inside double quotation marks.
func unquoted(part syntax.WordPart) syntax.WordPart {
	if q, ok := part.(*syntax.DblQuoted); ok && len(q.Parts) > 0 {
		return q.Parts[0]
	}
	return part
}

// variable returns the name of a variable that is expanded without changes; "" for any other expansion.
func variable(p *syntax.ParamExp) string {
	if p.Param == nil || p.Exp != nil || p.Slice != nil || p.Repl != nil || p.Length || p.Excl {
		return ""
	}
	return p.Param.Value
}

// unescape removes the backslashes of text outside quotes, or in double quotes.
func unescape(text string, quoted bool) string {
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			switch next := text[i+1]; {
			case next == '\n':
				i++
				continue
			case !quoted || strings.IndexByte("$`\"\\", next) >= 0:
				i++
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
