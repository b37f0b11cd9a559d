package shell

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"stopgate/hook/lazyregexp"
)

// Made is a function, an alias or a file that a command makes.
type Made struct {
	// Name is the name of a function or an alias, or the path of a file: relative to where the command starts, or absolute.
	Name string
	File bool
	// Prints means that the text shows all of it, and that it only prints: run as a program, it would do nothing else.
	Prints bool
}

// MadeBy returns what a command makes and later commands can run: functions, aliases, and files whose text the command has. If one is made in several
// places, all of them must print for Prints.
func MadeBy(command string) []Made {
	if len(command) > maxIdle || !strings.Contains(command, "(") && !strings.Contains(command, ">") && !strings.Contains(command, "alias ") && !strings.Contains(command, "tee ") && !strings.Contains(command, "function ") {
		return nil
	}
	var m maker
	m.script(clean(command), maxMakers)
	for range m.list { // a function may call one that is defined later
		before := len(m.printing())
		for i := range m.list {
			m.list[i].Prints = m.prints(m.list[i].Name, m.bodies[i])
		}
		if len(m.printing()) == before {
			break
		}
	}
	return m.list
}

// maxMakers bounds the nesting of scripts in a command, and maxMade how much of what it makes is looked at.
const (
	maxMakers = 3
	maxMade   = 32
)

type maker struct {
	list   []Made
	bodies []body
}

// body is what a function, an alias or a file has: statements of a shell, or the lines of another language. It is known if the command's text has it.
type body struct {
	statements []*syntax.Stmt
	lines      string
	known      bool
}

func (m *maker) add(name string, file bool, b body) {
	if name != "" && !strings.Contains(name, unknown) && len(m.list) < maxMade {
		m.list, m.bodies = append(m.list, Made{Name: name, File: file}), append(m.bodies, b)
	}
}

// printing returns the names of the functions and aliases that only print, as far as is known.
func (m *maker) printing() (names []string) {
	for _, made := range m.list {
		if made.Prints && !made.File {
			names = append(names, made.Name)
		}
	}
	return names
}

func (m *maker) script(source string, depth int) {
	statements, _ := parse(source)
	if depth == 0 {
		return
	}
	for _, s := range statements {
		syntax.Walk(s, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.FuncDecl:
				if n.Name != nil {
					m.add(n.Name.Value, false, body{statements: []*syntax.Stmt{n.Body}, known: true})
				}
			case *syntax.BinaryCmd:
				if tee, ok := n.Y.Cmd.(*syntax.CallExpr); ok && n.Op == syntax.Pipe && len(tee.Args) > 1 && literal(tee.Args[0]) == "tee" {
					m.file(literal(tee.Args[len(tee.Args)-1]), n.X)
				}
			case *syntax.Stmt:
				m.redirected(n)
				if call, ok := n.Cmd.(*syntax.CallExpr); ok && len(call.Args) > 0 {
					m.call(call, n, depth)
				}
			}
			return true
		})
	}
}

// call reads what an alias or a nested script makes.
func (m *maker) call(call *syntax.CallExpr, s *syntax.Stmt, depth int) {
	switch name := program(literal(call.Args[0])); name {
	case "alias":
		for _, arg := range call.Args[1:] {
			if name, value, ok := strings.Cut(literal(arg), "="); ok {
				statements, rest := parse(value)
				m.add(name, false, body{statements: statements, known: rest == "" && !strings.Contains(value, unknown)})
			}
		}
	case "tee":
		if len(call.Args) > 1 && heredoc(s) != nil {
			m.file(literal(call.Args[len(call.Args)-1]), s)
		}
	case "eval", "sh", "bash", "dash", "zsh", "ksh":
		for _, arg := range call.Args[1:] {
			m.script(literal(arg), depth-1)
		}
		if doc := heredoc(s); doc != nil {
			m.script(document(doc), depth-1)
		}
	}
}

// redirected reads the file that a statement writes by a redirection.
func (m *maker) redirected(s *syntax.Stmt) {
	for _, r := range s.Redirs {
		if (r.Op == syntax.RdrOut || r.Op == syntax.AppOut || r.Op == syntax.RdrClob || r.Op == syntax.RdrAll) && (r.N == nil || r.N.Value == "1") {
			m.file(literal(r.Word), s)
		}
	}
}

// file adds a file that gets the output of a statement.
func (m *maker) file(name string, s *syntax.Stmt) {
	text, known := output(s)
	if name == "" || strings.HasPrefix(name, "/dev/") {
		return
	}
	b := body{lines: text, known: known}
	if known && !printsLines(text) {
		statements, rest := parse(text)
		b = body{statements: statements, known: rest == ""}
	}
	m.add(path.Clean(name), true, b)
}

// output returns what a statement prints, if its text shows it: the words of echo and printf, or the here-document of cat.
func output(s *syntax.Stmt) (text string, known bool) {
	switch c := s.Cmd.(type) {
	case *syntax.Block:
		var b strings.Builder
		for _, inner := range c.Stmts {
			text, known := output(inner)
			if !known {
				return "", false
			}
			b.WriteString(text + "\n")
		}
		return b.String(), len(c.Stmts) > 0
	case *syntax.CallExpr:
		if len(c.Args) == 0 {
			return "", false
		}
		switch literal(c.Args[0]) {
		case "cat", "tee":
			if doc := heredoc(s); doc != nil {
				text := document(doc)
				return text, !strings.Contains(text, unknown)
			}
		case "echo", "printf":
			var words []string
			for _, arg := range c.Args[1:] {
				if word := literal(arg); len(words) > 0 || !strings.HasPrefix(word, "-") {
					words = append(words, word)
				}
			}
			text := strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(strings.Join(words, "\n"))
			return text, !strings.Contains(text, unknown)
		}
	}
	return "", false
}

// heredoc returns the here-document of a statement, or nil.
func heredoc(s *syntax.Stmt) *syntax.Redirect {
	for _, r := range s.Redirs {
		if r.Hdoc != nil {
			return r
		}
	}
	return nil
}

// literal returns a word as a shell would pass it on. What only the shell knows is unknown.
func literal(word *syntax.Word) string {
	if word == nil {
		return ""
	}
	var b strings.Builder
	parts(&b, word.Parts, false)
	return b.String()
}

// document returns the text of a here-document.
func document(r *syntax.Redirect) string {
	var b strings.Builder
	parts(&b, r.Hdoc.Parts, true)
	return b.String()
}

// printingLine matches a line of a script in another language that only prints, or does nothing.
var printingLine = lazyregexp.New(`^\s*(?:(?:print|puts|console\.log|sys\.exit|process\.exit|exit)\b.*|(?:import|from|use|#|//).*)?$`)

// printsLines reports whether a text that is no script of a shell has only lines that print.
func printsLines(text string) bool {
	some := false
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\n"); !printingLine().MatchString(line) {
			return false
		}
		some = some || strings.Contains(line, "(") && !strings.HasPrefix(strings.TrimSpace(line), "#")
	}
	return some
}

// onlyPrint are programs that show text or do nothing, whatever their words are.
var onlyPrint = []string{"echo", "printf", "cat", "head", "tail", "true", "false", ":", "exit", "return", "sleep", "date", "local", "set", "shift", "test", "[", "seq", "tr", "grep", "sort", "uniq", "wc", "cut", "builtin"}

// prints reports whether a body is known and only prints. A function that calls itself by "command NAME" runs the real one.
func (m *maker) prints(name string, b body) bool {
	if !b.known {
		return false
	}
	if b.statements == nil {
		return printsLines(b.lines)
	}
	known := append(m.printing(), onlyPrint...)
	only := true
	for _, s := range b.statements {
		syntax.Walk(s, func(n syntax.Node) bool {
			if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 {
				word := literal(call.Args[0])
				only = only && word != name && slices.Contains(known, word)
			}
			return true
		})
	}
	return only
}
