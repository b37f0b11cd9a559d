package screen

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell"
	"stopgate/hook/shell/argv"
)

// runNothing are programs that run no text in their input. Of those, printers print their words, and searchers take them as text to search for, or
// as files.
var (
	runNothing = []string{"cat", "tee", "echo", "printf", "grep", "egrep", "fgrep", "cd", "pwd", "mkdir", "chmod", "ls", "true", "test", "[", "head", "tail", "wc", "touch", "cp", "mv", "rm", "ln", "cmp", "diff", "sleep", "sed", "rg", "sort", "uniq", "cut"}
	printers   = []string{"echo", "printf"}
	searchers  = []string{"grep", "egrep", "fgrep", "rg"}
)

// WithoutText removes text that a command only writes or searches for: comments, here-documents, the words of echo and printf, the quoted ones of
// grep, scripts of sed, and messages for git and for code hosts. Each statement is judged separately. Text stays if its statement may run it, or if
// it becomes a file that another statement names that may run it.
func WithoutText(command string) string {
	source, units := unitsOf(command)
	var idle []syntax.Node
	for i, u := range units {
		idle = append(idle, u.messages...)
		named := func(other unit) bool { return (other.runs || other.assigns) && other.names(source, u.files) }
		if !u.passedOn && !slices.ContainsFunc(units[:i], named) && !slices.ContainsFunc(units[i+1:], named) {
			idle = append(idle, u.texts...)
		}
	}
	return blank(source, idle)
}

// withoutIdleText is WithoutText for a command that runs no text anywhere. If anything in it may run text, all text stays: a file may be run
// without being named, as a Makefile is.
func withoutIdleText(command string) string {
	_, units := unitsOf(command)
	if slices.ContainsFunc(units, func(u unit) bool { return u.runs || u.git }) {
		return command
	}
	return WithoutText(command)
}

// unit is a pipeline of a command, a command substitution in it, or another statement with everything in it except its command substitutions.
type unit struct {
	node     syntax.Node
	texts    []syntax.Node // only written, or searched for, if nothing runs it
	messages []syntax.Node // comments, and messages for git or a code host
	files    []string      // the names of the files that it writes, without their folders; "" for one that only the shell knows
	runs     bool          // one of its programs may run text
	git      bool          // it calls git, which may run hooks and filters, but no text that it is given
	assigns  bool          // it sets a variable, whose value another statement may run
	passedOn bool          // its output reaches a program that may run it: its own, or that of the unit around it
}

// names reports whether the text of a unit has one of the names, or may have one that only the shell knows.
func (u unit) names(source string, files []string) bool {
	text := source[u.node.Pos().Offset():min(u.node.End().Offset(), uint(len(source)))]
	return slices.ContainsFunc(files, func(name string) bool { return name == "" || strings.Contains(text, name) })
}

// unitsOf reads a command. It returns no units if the command cannot be read completely, or if it has functions, which may have the names of other
// programs.
func unitsOf(command string) (source string, units []unit) {
	if len(command) > maxIdle {
		return command, nil
	}
	source = shell.Clean(command)
	statements, rest := shell.Parse(source)
	if rest != "" || len(statements) > maxUnits {
		return command, nil
	}
	functions := false
	var add func(n syntax.Node, passedOn bool)
	add = func(n syntax.Node, passedOn bool) {
		u := unit{node: n}
		var substitutions []*syntax.CmdSubst
		syntax.Walk(n, func(part syntax.Node) bool {
			switch part := part.(type) {
			case *syntax.FuncDecl:
				functions = true
			case *syntax.Comment:
				u.messages = append(u.messages, part)
			case *syntax.Stmt:
				u.redirected(part)
			case *syntax.CallExpr:
				u.called(part)
			case *syntax.DeclClause, *syntax.WordIter:
				u.assigns = true
			case *syntax.CmdSubst:
				if part != n {
					substitutions = append(substitutions, part)
					return false
				}
			}
			return !functions
		})
		u.passedOn = passedOn || u.runs || u.assigns
		units = append(units, u)
		for _, s := range substitutions {
			add(s, u.passedOn)
		}
	}
	for _, s := range statements {
		apart(s, func(s *syntax.Stmt) { add(s, false) })
	}
	if functions || len(units) > maxUnits {
		return command, nil
	}
	return source, units
}

// Bounds for WithoutText: on the length of the command, in bytes, and on its statements, each of which is compared with each.
const (
	maxIdle  = maxHiding
	maxUnits = 256
)

// redirected adds the here-documents and here-strings of a statement, and the files that it writes.
func (u *unit) redirected(s *syntax.Stmt) {
	call, _ := s.Cmd.(*syntax.CallExpr)
	toGit := call != nil && len(call.Args) > 0 && slices.Contains(takeMessages, call.Args[0].Lit())
	for _, r := range s.Redirs {
		switch {
		case writes(r):
			u.files = append(u.files, fileName(r.Word))
		case toGit:
			u.messages = append(u.messages, documents(r)...)
		default:
			u.texts = append(u.texts, documents(r)...)
		}
	}
}

// documents returns the text that a redirection passes to a program, as a here-document or a here-string.
func documents(r *syntax.Redirect) []syntax.Node {
	text := r.Hdoc
	if r.Op == syntax.WordHdoc {
		text = r.Word
	}
	if text == nil || substitutes(text) {
		return nil
	}
	return []syntax.Node{text}
}

// writes reports whether a redirection writes to a file that can be run later.
func writes(r *syntax.Redirect) bool {
	return shell.OpensToWrite(r) && r.Word != nil && r.Word.Lit() != "/dev/null"
}

// called adds a simple command.
func (u *unit) called(c *syntax.CallExpr) {
	if len(c.Args) == 0 {
		u.assigns = true
		return
	}
	switch name := c.Args[0].Lit(); {
	case slices.Contains(takeMessages, name):
		u.git = true
		u.messages = append(u.messages, messageWords(c.Args)...)
	case slices.Contains(runNothing, name):
		u.texts = append(u.texts, textWords(name, c.Args[1:])...)
		if name == "tee" {
			for _, word := range c.Args[1:] {
				u.files = append(u.files, fileName(word))
			}
		}
	default:
		u.runs = true
	}
}

// apart calls add for each statement of a list with && and ||, which the parser nests to the left.
func apart(s *syntax.Stmt, add func(*syntax.Stmt)) {
	var right []*syntax.Stmt
	for {
		list, ok := s.Cmd.(*syntax.BinaryCmd)
		if !ok || len(s.Redirs) > 0 || list.Op != syntax.AndStmt && list.Op != syntax.OrStmt {
			break
		}
		right, s = append(right, list.Y), list.X
	}
	add(s)
	for _, y := range slices.Backward(right) {
		add(y)
	}
}

// fileName returns the name of the file that a word means, without its folder; "" if only the shell knows it.
func fileName(word *syntax.Word) string {
	var b strings.Builder
	shell.WriteParts(&b, word.Parts, false)
	if strings.Contains(b.String(), argv.Unknown) {
		return ""
	}
	return path.Base(b.String())
}

// substitutes reports whether the shell puts the output of a command into the text.
func substitutes(n syntax.Node) (found bool) {
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n.(type) {
		case *syntax.CmdSubst, *syntax.ProcSubst:
			found = true
		}
		return !found
	})
	return found
}

// blank replaces nodes by spaces.
func blank(source string, nodes []syntax.Node) string {
	kept := []byte(source)
	for _, n := range nodes {
		for i := n.Pos().Offset(); i < min(n.End().Offset(), uint(len(kept))); i++ {
			kept[i] = ' '
		}
	}
	return string(kept)
}

// textWords returns the arguments of a program that are only text for it.
func textWords(name string, arguments []*syntax.Word) (words []syntax.Node) {
	switch {
	case name == "sed":
		return sedScripts(arguments)
	case name == "printf" && len(arguments) > 0 && strings.HasPrefix(arguments[0].Lit(), "-v"): // into a variable, which may be run
		return nil
	case slices.Contains(printers, name):
		for _, arg := range arguments {
			words = append(words, printed(arg)...)
		}
	case slices.Contains(searchers, name): // a word without quotation marks may be a file
		for _, arg := range arguments {
			for _, part := range arg.Parts {
				switch part.(type) {
				case *syntax.SglQuoted, *syntax.DblQuoted:
					if !substitutes(part) {
						words = append(words, part)
					}
				}
			}
		}
	}
	return words
}

// printed returns the text in a node: all of it, or the parts outside of command substitutions.
func printed(n syntax.Node) (text []syntax.Node) {
	if !substitutes(n) {
		return []syntax.Node{n}
	}
	var parts []syntax.WordPart
	switch n := n.(type) {
	case *syntax.Word:
		parts = n.Parts
	case *syntax.DblQuoted:
		parts = n.Parts
	}
	for _, part := range parts {
		text = append(text, printed(part)...)
	}
	return text
}

// sedScripts returns the scripts among the arguments of sed: what follows an -e, else the first that is not an option. The others are files.
func sedScripts(arguments []*syntax.Word) (scripts []syntax.Node) {
	var first syntax.Node
	given := false
	for i, arg := range arguments {
		switch option := arg.Lit(); {
		case endsInE().MatchString(option):
			given = true
			if i+1 < len(arguments) && !substitutes(arguments[i+1]) {
				scripts = append(scripts, arguments[i+1])
			}
		case strings.HasPrefix(option, "-"):
			given = given || !plainOption().MatchString(option)
		case first == nil && !substitutes(arg):
			first = arg
		}
	}
	if !given && first != nil {
		return []syntax.Node{first}
	}
	return scripts
}

// endsInE matches an option of sed that a script follows; plainOption, one without a script.
var (
	endsInE     = lazyregexp.New(`^(-[nErsuz]*e|--expression)$`)
	plainOption = lazyregexp.New(`^(-[nErsuz]+|-i\S*|-I\S*|--(quiet|silent|in-place(=\S*)?|regexp-extended|separate|null-data|unbuffered|posix|debug))$`)
)

// messageWords returns the messages in a call of git or of a code host's program, and the text that git searches for.
func messageWords(args []*syntax.Word) (words []syntax.Node) {
	for i, arg := range args {
		if i == 0 || !beforeMessage().MatchString(args[i-1].Lit()) {
			continue
		}
		if !substitutes(arg) {
			words = append(words, arg)
			continue
		}
		syntax.Walk(arg, func(n syntax.Node) bool { // "$(cat <<'EOF' …)"
			if r, ok := n.(*syntax.Redirect); ok && r.Hdoc != nil && !substitutes(r.Hdoc) {
				words = append(words, r.Hdoc)
			}
			return true
		})
	}
	return words
}

// takeMessages are programs that take messages and run none of them.
var takeMessages = []string{"git", "gh", "glab"}

// beforeMessage matches the options of these that a message follows, or a text to look for.
var beforeMessage = lazyregexp.New(`^(-[a-zA-Z]{0,4}m|--message|--body|-b|--title|-t|--notes|-n|--description|-d|--grep|-S|-G)$`)
