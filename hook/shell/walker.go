package shell

import (
	"maps"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// walker walks a command in the order in which a shell would run it, and takes every branch. It remembers the values of variables,
// functions, aliases and the working directory.
type walker struct {
	source string
	outer  int // offset of the command that runs this script; -1 in the command itself
	depth  int

	variables   map[string][]field
	functions   map[string]function
	aliases     map[string]string
	arguments   []field // $1 and on
	callUnknown bool    // the arguments are unknown: this is the body of a function declaration
	dir         string  // the working directory, relative to where the command started

	again bool // this was walked before, with other values
	left  *budget
	uses  []Use
}

type function struct {
	body   *syntax.Stmt
	source string
}

// maxDepth bounds the nesting of scripts, functions and substitutions.
const maxDepth = 12

// budget bounds the work on a command beyond one walk over its text. The walk skips what exceeds it.
type budget struct {
	statements int // in loops after the first round, and in functions that are called
	scripts    int // bytes of scripts within the command
	expanded   int // bytes of expanded text

	// What makes the place of git commands uncertain, wherever in the command they stand: variables that lead git elsewhere, and, for those
	// behind it, a repository that the command makes. Where git is led to another index, it is only uncertain what is staged.
	led, indexed, fresh bool
}

func newBudget() *budget {
	return &budget{statements: 4096, scripts: 4 * MaxCommand, expanded: maxExpanded}
}

// spend takes n bytes from the budget for expanded text, and reports whether they were left.
func (b *budget) spend(n int) bool {
	b.expanded -= n
	return b.expanded >= 0
}

// found records a use at a position in the source.
func (w *walker) found(kind Kind, from, to uint) {
	w.record(Use{Kind: kind, Dir: w.dir, Sure: true}, from, to)
}

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
	use.Sure = !led && !w.left.fresh && !w.left.led && (!w.left.indexed || use.Kind != Add) && !strings.Contains(dir, unknown) && !strings.HasPrefix(dir, "~") && !strings.HasPrefix(dir, "-") &&
		!strings.ContainsAny(dir, "*?[")
	return use
}

// record fills in where the use stands.
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
	if w.left.scripts -= len(source); w.left.scripts < 0 {
		return
	}
	statements, rest := parse(source)
	w.statements(statements)
	if rest != "" {
		w.scan(rest, len(source)-len(rest))
	}
}

// nested walks a script that the command at offset from runs with these arguments. With apart, the script's variables, functions and
// aliases do not leave it.
func (w *walker) nested(source string, arguments []field, from uint, apart bool) {
	if w.depth >= maxDepth || len(source) > alwaysRead && !worthReading(source) {
		return
	}
	inner := *w
	inner.depth++
	if inner.outer < 0 {
		inner.outer = int(from)
	}
	inner.source, inner.arguments, inner.callUnknown = source, arguments, false
	if apart {
		inner.variables, inner.functions, inner.aliases = maps.Clone(w.variables), maps.Clone(w.functions), map[string]string{}
	}
	inner.script(source)
	w.uses = inner.uses
	if !apart {
		w.dir = inner.dir
	}
}

func (w *walker) statements(statements []*syntax.Stmt) {
	for _, s := range statements {
		w.statement(s, "")
	}
}

// apart walks statements that run in a subshell. It keeps their assignments, which does no harm.
func (w *walker) apart(statements []*syntax.Stmt) {
	dir := w.dir
	w.statements(statements)
	w.dir = dir
}

// statement walks one statement. input is its stdin, if that is known.
func (w *walker) statement(s *syntax.Stmt, input string) {
	if s == nil {
		return
	}
	if w.again {
		if w.left.statements--; w.left.statements < 0 {
			return
		}
	}
	for _, r := range s.Redirs {
		if text, ok := w.redirection(r); ok {
			input = text
		}
	}
	switch c := s.Cmd.(type) {
	case nil:
	case *syntax.CallExpr:
		w.call(c, input)
	case *syntax.BinaryCmd:
		w.binary(s, input)
	case *syntax.Block:
		w.block(c.Stmts, input)
	case *syntax.Subshell:
		dir := w.dir
		w.block(c.Stmts, input)
		w.dir = dir
	case *syntax.IfClause:
		for ; c != nil; c = c.Else {
			w.statements(c.Cond)
			w.statements(c.Then)
		}
	case *syntax.WhileClause:
		w.statements(c.Cond)
		w.statements(c.Do)
	case *syntax.ForClause:
		w.loop(c)
	case *syntax.CaseClause:
		w.value(c.Word)
		for _, item := range c.Items {
			for _, pattern := range item.Patterns {
				w.inside(pattern)
			}
			w.statements(item.Stmts)
		}
	case *syntax.FuncDecl:
		w.declare(c)
	case *syntax.DeclClause:
		w.assign(c.Args)
	case *syntax.TimeClause:
		w.statement(c.Stmt, input)
	case *syntax.CoprocClause:
		w.statement(c.Stmt, "")
	case *syntax.TestDecl:
		w.statement(c.Body, "")
	default: // tests and arithmetic
		w.inside(c)
	}
}

// block walks statements. The first may read the input.
func (w *walker) block(statements []*syntax.Stmt, input string) {
	for _, s := range statements {
		w.statement(s, input)
		input = ""
	}
}

// binary walks a chain of &&, || and |. The parser nests them to the left, as deep as the chain is long.
func (w *walker) binary(s *syntax.Stmt, input string) {
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
	dir := w.dir
	w.statement(first, input)
	before := first
	for _, c := range slices.Backward(chain) {
		input := ""
		if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
			w.dir = dir
			input = w.output(before)
		}
		w.statement(c.Y, input)
		before = c.Y
	}
}

// redirection walks a redirection, and returns the text that it gives to stdin.
func (w *walker) redirection(r *syntax.Redirect) (input string, ok bool) {
	switch r.Op {
	case syntax.Hdoc, syntax.DashHdoc:
		w.inside(r.Word)
		return w.value(r.Hdoc), true
	case syntax.WordHdoc:
		return w.value(r.Word) + "\n", true
	case syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.AppClob, syntax.RdrAll, syntax.RdrAllClob, syntax.AppAll, syntax.AppAllClob, syntax.RdrInOut:
		if w.inGitDir(w.value(r.Word)) {
			w.record(w.tampers(w.value(r.Word)), r.Pos().Offset(), r.End().Offset())
		}
	default:
		if fields := w.expand([]*syntax.Word{r.Word}); len(fields) == 1 && r.Op == syntax.RdrIn && fields[0].content != "" {
			return fields[0].content, true
		}
	}
	return "", false
}

// inside walks the statements in the substitutions of a node that is not evaluated.
func (w *walker) inside(node syntax.Node) {
	if node == nil {
		return
	}
	syntax.Walk(node, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			w.substitute(n.Stmts)
			return false
		case *syntax.ProcSubst:
			w.substitute(n.Stmts)
			return false
		case *syntax.BinaryArithm: // nested to the left, as deep as the sum is long
			left := syntax.ArithmExpr(n)
			for sum, ok := left.(*syntax.BinaryArithm); ok; sum, ok = left.(*syntax.BinaryArithm) {
				w.inside(sum.Y)
				left = sum.X
			}
			w.inside(left)
			return false
		case *syntax.BinaryTest:
			left := syntax.TestExpr(n)
			for test, ok := left.(*syntax.BinaryTest); ok; test, ok = left.(*syntax.BinaryTest) {
				w.inside(test.Y)
				left = test.X
			}
			w.inside(left)
			return false
		}
		return true
	})
}

// substitute walks the statements of a substitution, and returns their output, unknown if that cannot be known.
func (w *walker) substitute(statements []*syntax.Stmt) string {
	if w.depth >= maxDepth {
		return unknown
	}
	w.depth++
	w.apart(statements)
	w.depth--
	if len(statements) != 1 {
		return unknown
	}
	if text := w.output(statements[0]); text != "" {
		return text
	}
	return unknown
}

// loop walks the body of a loop once for each of its words.
func (w *walker) loop(c *syntax.ForClause) {
	iter, ok := c.Loop.(*syntax.WordIter)
	if !ok {
		w.inside(c.Loop)
		w.statements(c.Do)
		return
	}
	values := w.arguments
	if iter.InPos.IsValid() {
		values = w.expand(iter.Items)
	} else if w.callUnknown {
		values = nil
	}
	if len(values) == 0 {
		values = []field{{text: unknown}}
	}
	again := w.again
	for i, value := range values {
		w.again = again || i > 0
		if w.left.statements < 0 && i > 0 {
			break
		}
		w.set(iter.Name.Value, []field{value})
		w.statements(c.Do)
	}
	w.again = again
}

// declare remembers a function, and walks its body with unknown arguments.
func (w *walker) declare(c *syntax.FuncDecl) {
	names := c.Names
	if c.Name != nil {
		names = append(names, c.Name)
	}
	for _, name := range names {
		w.functions[name.Value] = function{body: c.Body, source: w.source}
	}
	arguments, callUnknown, dir := w.arguments, w.callUnknown, w.dir
	w.arguments, w.callUnknown = nil, true
	w.statement(c.Body, "")
	w.arguments, w.callUnknown, w.dir = arguments, callUnknown, dir
}

// invoke walks the body of a function that is called.
func (w *walker) invoke(f function, arguments []field, input string, from uint) {
	if w.depth >= maxDepth {
		return
	}
	inner := *w
	inner.depth++
	inner.again, inner.source, inner.arguments, inner.callUnknown = true, f.source, arguments, false
	if f.source != w.source && inner.outer < 0 {
		inner.outer = int(from)
	}
	inner.statement(f.body, input)
	w.uses, w.dir = inner.uses, inner.dir
}

// assign remembers the values of variables.
func (w *walker) assign(assigns []*syntax.Assign) {
	for _, a := range assigns {
		if a.Index != nil {
			w.inside(a.Index)
		}
		var values []field
		switch {
		case a.Array != nil:
			for _, element := range a.Array.Elems {
				if element.Index != nil {
					w.inside(element.Index)
				}
				if element.Value != nil {
					values = append(values, w.expand([]*syntax.Word{element.Value})...)
				}
			}
		case a.Value != nil:
			values = []field{{text: w.value(a.Value)}}
		}
		if a.Name == nil || a.Naked {
			continue
		}
		name := a.Name.Value
		switch old := w.variables[name]; {
		case a.Index != nil:
			values = []field{{text: unknown}}
		case a.Append && a.Array != nil:
			values = append(old[:len(old):len(old)], values...)
		case a.Append:
			values = []field{{text: join(old) + join(values)}}
		case values == nil:
			values = []field{{}}
		}
		w.set(name, values)
	}
}

// set remembers the value of a variable, unless it is long.
func (w *walker) set(name string, values []field) {
	size := 0
	for _, v := range values {
		size += 1 + len(v.text)
	}
	if size > maxValue {
		values = []field{{text: unknown}}
	}
	w.variables[name] = values
}

// call walks a simple command.
func (w *walker) call(c *syntax.CallExpr, input string) {
	if len(c.Args) == 0 {
		w.assign(c.Assigns)
		return
	}
	command := invocation{walker: w, fields: w.expand(c.Args), input: input, from: c.Pos().Offset(), to: c.End().Offset()}
	if len(c.Assigns) == 0 {
		command.run()
		return
	}
	// An assignment in front of a command is for that command alone.
	variables := w.variables
	w.variables = maps.Clone(variables)
	w.assign(c.Assigns)
	command.run()
	w.variables = variables
}

// changeDir follows cd and pushd.
func (w *walker) changeDir(arguments []field) {
	for _, a := range arguments {
		if a.text == "-" || !strings.HasPrefix(a.text, "-") {
			if a.text == "-" || path.IsAbs(a.text) || strings.HasPrefix(a.text, unknown) || strings.HasPrefix(a.text, "~") {
				w.dir = ""
			}
			w.dir = path.Join(w.dir, a.text)
			return
		}
	}
	w.dir = "~"
}

// inGitDir reports whether a path is a .git directory or inside one.
func (w *walker) inGitDir(name string) bool {
	name = strings.ReplaceAll(name, `\`, "/")
	if name == "" {
		return false
	}
	if !path.IsAbs(name) && !strings.HasPrefix(name, unknown) && !strings.HasPrefix(name, "~") {
		name = path.Join(w.dir, name)
	}
	for element := range strings.SplitSeq(name, "/") {
		if len(element) < len(".git") || !strings.HasPrefix(strings.ToLower(element), ".gi") {
			continue
		}
		if strings.EqualFold(element, ".git") {
			return true
		}
		if ok, err := path.Match(element, ".git"); err == nil && ok {
			return true
		}
	}
	return false
}

// tampers is a write to a path in a .git directory. Its Dir is the folder that has that directory, or the one below which a pattern finds some.
func (w *walker) tampers(target string) Use {
	target = strings.ReplaceAll(target, `\`, "/")
	if !path.IsAbs(target) && !strings.HasPrefix(target, "~") && !strings.HasPrefix(target, unknown) {
		target = path.Join(w.dir, target)
	}
	var above []string
	for element := range strings.SplitSeq(path.Clean(target), "/") {
		if strings.EqualFold(element, ".git") || strings.ContainsAny(element, "*?[") {
			break
		}
		above = append(above, element)
	}
	dir := strings.Join(above, "/")
	if dir == "" && path.IsAbs(target) {
		dir = "/"
	}
	sure := !w.left.fresh && !strings.HasPrefix(dir, "~") && !strings.HasPrefix(dir, "-") && !strings.Contains(dir, unknown)
	return Use{Kind: Tamper, Dir: dir, Sure: sure}
}

// gitDirNamed is the path of a .git directory in another than the one where the whole command runs, "" where the text does not tell it
// for certain.
func (w *walker) gitDirNamed(name string) string {
	if !path.IsAbs(name) {
		name = path.Join(w.dir, name)
	}
	dir, last := path.Split(path.Clean(name))
	if last != ".git" || dir == "" || dir == "/" || strings.HasPrefix(name, "~") || strings.HasPrefix(name, "-") || strings.ContainsAny(name, "*?[{\\"+unknown) {
		return ""
	}
	return path.Clean(name)
}
