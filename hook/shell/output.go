package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// output is the output of a statement that has been walked: an echo, a printf, a cat of a here-document, or a command that prints where git
// is. It is "" if it is not known.
func (w *walker) output(s *syntax.Stmt) string {
	c, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || len(c.Args) == 0 || len(c.Assigns) > 0 {
		return ""
	}
	name, ok := plain(c.Args[0])
	if !ok {
		return ""
	}
	switch name {
	case "echo", "printf", "cat", "command", "which", "type", "git":
	default:
		return ""
	}
	muted := &walker{
		source: w.source, depth: maxDepth, variables: w.variables, functions: w.functions, aliases: w.aliases,
		arguments: w.arguments, callUnknown: w.callUnknown, left: w.left, uses: make([]Use, MaxUses),
	}
	arguments := texts(muted.expand(c.Args[1:]))
	text := ""
	switch name {
	case "echo":
		text = echo(arguments)
	case "printf":
		text = printf(arguments)
	case "cat":
		if len(arguments) == 0 || arguments[0] == "-" || arguments[0] == "/dev/stdin" {
			for _, r := range s.Redirs {
				if input, ok := muted.redirection(r); ok {
					text = input
				}
			}
		}
	case "git":
		text = gitDir(arguments)
	default: // command -v git, which git, type -P git
		if n := len(arguments); n > 0 && (n > 1 || name == "which") {
			text = arguments[n-1]
		}
	}
	return text
}

func echo(arguments []string) string {
	escapes, end := false, "\n"
	for len(arguments) > 0 {
		switch flag := arguments[0]; flag {
		case "-n", "-e", "-ne", "-en", "-E":
			escapes = escapes || strings.Contains(flag, "e")
			if strings.Contains(flag, "n") {
				end = ""
			}
			arguments = arguments[1:]
			continue
		}
		break
	}
	text := strings.Join(arguments, " ")
	if escapes {
		text = ansiC(text)
	}
	return text + end
}

// printf supports %s, %b, %q and %%. It uses the format again until there are no arguments left.
func printf(arguments []string) string {
	if len(arguments) > 1 && arguments[0] == "--" {
		arguments = arguments[1:]
	}
	if len(arguments) == 0 || strings.HasPrefix(arguments[0], "-v") {
		return ""
	}
	format, arguments := ansiC(arguments[0]), arguments[1:]
	var b strings.Builder
	for {
		used := false
		for i := 0; i < len(format); i++ {
			if format[i] != '%' || i+1 == len(format) {
				b.WriteByte(format[i])
				continue
			}
			i++
			switch format[i] {
			case '%':
				b.WriteByte('%')
			case 's', 'b', 'q':
				if len(arguments) > 0 {
					b.WriteString(arguments[0])
					arguments, used = arguments[1:], true
				}
			default:
				return ""
			}
		}
		if !used || len(arguments) == 0 || b.Len() > MaxCommand {
			return b.String()
		}
	}
}

// gitDir is the output of git rev-parse for the repository's directory. The name alone shows a write into it.
func gitDir(arguments []string) string {
	for i, a := range arguments {
		switch a {
		case "--git-dir", "--absolute-git-dir", "--git-common-dir":
			return ".git"
		case "--git-path":
			if i+1 < len(arguments) {
				return ".git/" + arguments[i+1]
			}
		}
	}
	return ""
}
