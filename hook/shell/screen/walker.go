package screen

import (
	"maps"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"stopgate/hook/shell"
	"stopgate/hook/shell/argv"
	"stopgate/hook/shell/gitop"
)

// walker walks a command in the order in which a shell would run it, and takes every branch. It follows the working directory, but the value of a
// variable only if it holds a path in git's own directory. Everything else that only a shell knows is unknown.
type walker struct {
	source string
	outer  int // offset of the command that runs this script; -1 in the command itself
	depth  int
	dir    string // the working directory, relative to where the command started
	// gitDirs has the variables that hold a path in git's directory, with that path. An assignment makes a new map, so that a subshell does not change
	// this one.
	gitDirs map[string]string
	doubts  *doubts
	uses    []Use
}

// maxDepth limits the nesting of scripts and substitutions.
const maxDepth = 12

// doubts make the place of git commands uncertain, anywhere in the command: variables that make git use another repository (led) or index
// (indexed), and, for later commands, a repository that the command creates (fresh). With another index, only staging is uncertain.
type doubts struct{ led, indexed, fresh bool }

// place sets where a git command with these values of -C runs.
func (w *walker) place(use Use, folders []string, led bool) Use {
	dir := w.dir
	for _, folder := range folders {
		if path.IsAbs(folder) {
			dir = ""
		}
		dir = path.Join(dir, folder)
	}
	use.Dir = dir
	use.Sure = !led && !w.doubts.fresh && !w.doubts.led && (!w.doubts.indexed || use.Kind != gitop.Add) && !strings.Contains(dir, argv.Unknown) &&
		!strings.HasPrefix(dir, "~") && !strings.HasPrefix(dir, "-") && !strings.ContainsAny(dir, "*?[")
	return use
}

// record sets the position of the use.
func (w *walker) record(use Use, from, to uint) {
	if use.Kind == "" || len(w.uses) >= MaxUses {
		return
	}
	size := uint(len(w.source))
	from, to = min(from, size), min(to, size)
	use.Command, use.Offset = excerpt(w.source[from:max(from, to)]), int(from)
	if w.outer >= 0 {
		use.Offset = w.outer
	}
	if !slices.Contains(w.uses, use) {
		w.uses = append(w.uses, use)
	}
}

// script walks source, and scans the part that cannot be parsed.
func (w *walker) script(source string) {
	statements, rest := shell.Parse(source)
	w.statements(statements)
	if rest != "" {
		w.scan(rest, len(source)-len(rest))
	}
}

// nested walks a script that the command at offset from runs in a separate shell.
func (w *walker) nested(source string, from uint) {
	if w.depth >= maxDepth || !worthReading(source) {
		return
	}
	inner := *w
	inner.depth++
	if inner.outer < 0 {
		inner.outer = int(from)
	}
	inner.source = source
	inner.script(source)
	w.uses = inner.uses
}

func (w *walker) statements(statements []*syntax.Stmt) {
	for _, s := range statements {
		w.statement(s)
	}
}

// apart walks statements that run in a subshell.
func (w *walker) apart(statements []*syntax.Stmt) {
	dir, gitDirs := w.dir, w.gitDirs
	w.statements(statements)
	w.dir, w.gitDirs = dir, gitDirs
}

func (w *walker) statement(s *syntax.Stmt) {
	if s == nil {
		return
	}
	for _, r := range s.Redirs {
		w.redirection(r)
	}
	switch c := s.Cmd.(type) {
	case nil:
	case *syntax.CallExpr:
		w.call(c)
	case *syntax.BinaryCmd:
		w.binary(s)
	case *syntax.Block:
		w.statements(c.Stmts)
	case *syntax.Subshell:
		w.apart(c.Stmts)
	case *syntax.IfClause:
		for ; c != nil; c = c.Else {
			w.statements(c.Cond)
			w.statements(c.Then)
		}
	case *syntax.WhileClause:
		w.statements(c.Cond)
		w.statements(c.Do)
	case *syntax.ForClause:
		w.inside(c.Loop)
		w.loop(c.Loop)
		w.statements(c.Do)
	case *syntax.CaseClause:
		w.inside(c.Word)
		for _, item := range c.Items {
			for _, pattern := range item.Patterns {
				w.inside(pattern)
			}
			w.statements(item.Stmts)
		}
	case *syntax.FuncDecl:
		w.apart([]*syntax.Stmt{c.Body})
	case *syntax.TimeClause:
		w.statement(c.Stmt)
	case *syntax.DeclClause:
		for _, a := range c.Args {
			w.assign(a)
		}
	case *syntax.CoprocClause:
		w.statement(c.Stmt)
	case *syntax.TestDecl:
		w.statement(c.Body)
	default: // tests and arithmetic
		w.inside(c)
	}
}

// binary walks a chain of &&, || and |. The parser nests them to the left, one level for each operator.
func (w *walker) binary(s *syntax.Stmt) {
	var chain []*syntax.BinaryCmd
	first := s
	for {
		c, ok := first.Cmd.(*syntax.BinaryCmd)
		if !ok || first != s && len(first.Redirs) > 0 {
			break
		}
		chain = append(chain, c)
		first = c.X
	}
	dir, gitDirs := w.dir, w.gitDirs
	w.statement(first)
	for _, c := range slices.Backward(chain) {
		if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
			w.dir, w.gitDirs = dir, gitDirs
		}
		w.statement(c.Y)
	}
}

// redirection walks a redirection, which may write into a .git directory.
func (w *walker) redirection(r *syntax.Redirect) {
	for _, word := range []*syntax.Word{r.Word, r.Hdoc} {
		if word != nil {
			w.inside(word)
		}
	}
	if target := w.text(r.Word); shell.OpensToWrite(r) {
		w.record(w.written(target), r.Pos().Offset(), r.End().Offset())
	}
}

// inside walks the statements in the substitutions of a node.
func (w *walker) inside(node syntax.Node) {
	shell.EachSubstitution(node, func(statements []*syntax.Stmt, _ bool) { w.substitute(statements) })
}

// substitute walks the statements of a substitution.
func (w *walker) substitute(statements []*syntax.Stmt) {
	if w.depth >= maxDepth {
		return
	}
	w.depth++
	w.apart(statements)
	w.depth--
}

// call walks a simple command.
func (w *walker) call(c *syntax.CallExpr) {
	for _, a := range c.Assigns {
		w.assign(a)
	}
	command := invocation{walker: w, from: c.Pos().Offset(), to: c.End().Offset()}
	for _, word := range c.Args {
		w.inside(word)
		command.words = append(command.words, w.text(word))
	}
	command.run()
}

// assign walks an assignment. It remembers the path if the variable holds one in git's directory, as git printed it or as it is written.
func (w *walker) assign(a *syntax.Assign) {
	w.inside(a)
	if a.Name == nil || a.Append || a.Naked {
		return
	}
	held := ""
	if a.Value != nil {
		held = w.text(a.Value)
	}
	w.hold(a.Name.Value, held)
}

// loop remembers for the variable of a loop the first word in git's directory.
func (w *walker) loop(l syntax.Loop) {
	iter, ok := l.(*syntax.WordIter)
	if !ok {
		return
	}
	held := ""
	for _, item := range iter.Items {
		if text := w.text(item); held == "" && w.inGitDir(text) {
			held = text
		}
	}
	w.hold(iter.Name.Value, held)
}

// hold remembers the value of a variable if it is a path in git's directory, and forgets the one before.
func (w *walker) hold(name, value string) {
	if !w.inGitDir(value) {
		value = ""
	} else {
		value = w.fromStart(value)
	}
	if value == w.gitDirs[name] {
		return
	}
	dirs := map[string]string{}
	maps.Copy(dirs, w.gitDirs)
	dirs[name] = value
	w.gitDirs = dirs
}

// changeDir follows cd and pushd.
func (w *walker) changeDir(arguments []string) {
	for _, a := range arguments {
		if a == "-" || !strings.HasPrefix(a, "-") {
			if a == "-" || path.IsAbs(a) || strings.HasPrefix(a, argv.Unknown) || strings.HasPrefix(a, "~") {
				w.dir = ""
			}
			w.dir = path.Join(w.dir, a)
			return
		}
	}
	w.dir = "~"
}

// scan searches text that the parser rejects. offset is its position in the source. A shell would not run most of it. So only git with a subcommand
// at the beginning of a command counts, after nothing but assignments and reserved words.
func (w *walker) scan(text string, offset int) {
	for len(text) > 0 {
		words, size := shell.SimpleCommand(text)
		for len(words) > 1 && (strings.IndexByte(words[0], '=') > 0 || slices.Contains([]string{"then", "do", "else", "!"}, words[0])) {
			words = words[1:]
		}
		if len(words) > 1 && argv.Program(words[0]) == "git" {
			lead := len(text) - len(strings.TrimLeft(text, " \t"))
			from := uint(offset + min(lead, size))
			invocation{walker: w, from: from, to: uint(offset + size)}.git(words[1:])
		}
		text = text[size:]
		n := len(text) - len(strings.TrimLeft(text, shell.Separators))
		text, offset = text[n:], offset+size+n
	}
}
