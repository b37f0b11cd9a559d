package screen

import (
	"path"
	"path/filepath"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"stopgate/hook/shell"
	"stopgate/hook/shell/argv"
)

// text returns a word without its quotes and escapes. The value of an expansion is unknown, except that $PWD is the working directory, and $HOME is ~.
func (w *walker) text(word *syntax.Word) string {
	if word == nil {
		return ""
	}
	var b strings.Builder
	shell.WriteParts(&b, word.Parts, false)
	rest, ok := strings.CutPrefix(b.String(), argv.Unknown)
	switch {
	case !ok || rest != "" && rest[0] != '/':
	case rest != "" && isVariable(word.Parts[0], "PWD"):
		return "." + rest
	case rest != "" && isVariable(word.Parts[0], "HOME"):
		return "~" + rest
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
	switch part := shell.Unquoted(part).(type) {
	case *syntax.ParamExp:
		return w.fromHere(w.gitDirs[shell.Variable(part)])
	case *syntax.CmdSubst:
		if len(part.Stmts) != 1 {
			return ""
		}
		call, ok := part.Stmts[0].Cmd.(*syntax.CallExpr)
		if !ok || len(call.Args) < 3 || len(call.Args) > 7 {
			return ""
		}
		var words []string
		for _, arg := range call.Args {
			var b strings.Builder
			shell.WriteParts(&b, arg.Parts, false)
			words = append(words, b.String())
		}
		return w.saidOfGitDir(words)
	}
	return ""
}

// fromHere returns a path relative to the working directory, for one that is absolute or relative to where the command started.
func (w *walker) fromHere(name string) string {
	if name == "" || w.dir == "" || path.IsAbs(name) || strings.HasPrefix(name, "~") || strings.HasPrefix(name, argv.Unknown) {
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
	if argv.Program(words[0]) != "git" {
		return ""
	}
	dir, words := "", words[1:]
	if len(words) > 3 && words[0] == "-C" {
		dir, words = words[1], words[2:]
	}
	if words[0] != "rev-parse" {
		return ""
	}
	switch last := words[len(words)-1]; {
	case last == "--git-dir" || last == "--git-common-dir" || last == "--absolute-git-dir":
		return path.Join(dir, ".git")
	case words[len(words)-2] == "--git-path" && !strings.Contains(last, argv.Unknown):
		return path.Join(dir, ".git", last)
	}
	return ""
}

// isVariable reports whether a part is the value of that variable, with or without quotation marks.
func isVariable(part syntax.WordPart, name string) bool {
	p, ok := shell.Unquoted(part).(*syntax.ParamExp)
	return ok && shell.Variable(p) == name
}
