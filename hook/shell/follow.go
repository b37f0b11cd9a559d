package shell

import (
	"maps"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// follow is the state of the shell that runs a script.
type follow struct {
	*shared
	source            string
	base              string // where the script began, if that is known
	dir, lost         string
	abroad            bool     // in another system, whose folders are not these: docker exec app sh -c '…'
	back              []string // the folders of pushd
	errexit, pipefail bool
	values            map[string]string
	exported          map[string]bool // the variables that programs get
	functions         map[string]*syntax.Stmt
	aliases           map[string]string
	arguments         []string // of the function
	output            string   // the file that gets the standard output; "" for none
	opened, sources   []string // what redirections open, to write and to read
	input             string   // what a pipe brings, if the text shows it
	within            *Run     // the call of what the scripts made that this is part of
	startup           string   // the text that a shell runs before its script
	depth             int
}

// shared is what the shells of one script have in common.
type shared struct {
	files   *files
	runs    []Run
	written *[]string // paths that are written; nil if nobody asks
	steps   int
	spent   int // bytes of expanded variables and arguments
}

// fate is what becomes of the failure of a command.
type fate struct {
	// status means that the script fails with this status, exits that it fails if the shell ends here with a failure, and returns that it does if the
	// function ends here with one.
	status, exits, returns bool
	// tested means that something tests the status, so that set -e does not end the shell.
	tested bool
	piped  bool
}

// decides reports whether the script fails.
func (f *follow) decides(end fate) bool { return end.status || f.errexit && end.exits && !end.tested }

// alone returns the fate of the commands of a shell that only they run in.
func (f *follow) alone(end fate) fate {
	end.status = f.decides(end)
	end.exits = end.status
	return end
}

// replaced returns the fate of a command whose status another one after it replaces: the next round of a loop, or the branch after a condition.
func (e fate) replaced() fate {
	e.status = false
	return e
}

// script follows the source, and takes the words of what cannot be parsed.
func (f *follow) script(end fate) {
	statements, rest := Parse(f.source)
	if rest != "" {
		end = fate{} // a shell ends with a syntax error, whatever ran before
	}
	f.statements(statements, end)
	for rest != "" {
		words, size := SimpleCommand(rest)
		if len(words) > 0 {
			opened := f.opened
			f.opened = slices.Concat(opened, words) // any of them may be that of a redirection
			f.add(Run{Words: words, Dir: f.dir}, fate{})
			f.opened = opened
		}
		rest = strings.TrimLeft(rest[size:], Separators)
	}
}

// nested follows a script that another shell runs. options are that shell's own.
func (f *follow) nested(source string, options []string, end fate) {
	if f.depth >= maxDepth {
		return
	}
	inner := *f
	inner.source, inner.depth, inner.errexit, inner.pipefail, inner.functions = source, f.depth+1, false, false, nil
	inner.input = ""
	inner.set(options)
	if inner.startup = ""; f.startup != "" {
		inner.source = f.startup + "\n" + source
	}
	end = f.alone(end)
	end.tested = false
	inner.script(end)
}

func (f *follow) statements(list []*syntax.Stmt, end fate) {
	for i, s := range list {
		if f.steps > maxSteps {
			return // functions and loops that run others many times
		}
		here := end
		here.status = i == len(list)-1 && end.status || handedOn(list[i:], end)
		f.statement(s, here)
	}
}

// handedOn reports whether the exit status of the first statement is the one that the last one exits with: npm test; rc=$?; echo done; exit $rc.
func handedOn(list []*syntax.Stmt, end fate) bool {
	if !end.exits || len(list) < 2 {
		return false
	}
	last, ok := list[len(list)-1].Cmd.(*syntax.CallExpr)
	if !ok || len(last.Args) != 2 || last.Args[0].Lit() != "exit" {
		return false
	}
	name := nameOf(last.Args[1])
	if len(list) == 2 {
		return name == "?"
	}
	saved, ok := list[1].Cmd.(*syntax.CallExpr)
	return ok && len(saved.Args) == 0 && len(saved.Assigns) == 1 && name == saved.Assigns[0].Name.Value && nameOf(saved.Assigns[0].Value) == "?"
}

func (f *follow) statement(s *syntax.Stmt, end fate) {
	if f.steps++; f.steps > maxSteps {
		return
	}
	condition := end.replaced()
	condition.tested = true
	switch {
	case s.Background || s.Coprocess:
		end = fate{}
	case s.Negated:
		end = condition
	}
	opened, sources, input, output, ran := f.opened, f.sources, f.input, f.output, len(f.runs)
	f.redirect(s)
	if f.command(s, end, condition); len(s.Redirs) > 0 && len(f.runs) == ran {
		f.add(Run{Words: []string{":"}, Dir: f.dir}, end) // a redirection alone opens its file, too
	}
	f.keep(s)
	f.opened, f.sources, f.input, f.output = opened, sources, input, output
}

// command follows what a statement runs. condition is the fate of its conditions.
func (f *follow) command(s *syntax.Stmt, end, condition fate) {
	switch c := s.Cmd.(type) {
	case nil:
	case *syntax.CallExpr:
		f.call(c, end)
	case *syntax.BinaryCmd:
		f.binary(s, end)
	case *syntax.Block:
		f.statements(c.Stmts, end)
	case *syntax.Subshell:
		f.apart(c.Stmts, end)
	case *syntax.IfClause:
		f.branches(c, end, condition)
	case *syntax.WhileClause:
		f.statements(c.Cond, condition)
		f.statements(c.Do, end.replaced())
	case *syntax.ForClause:
		f.loop(c, end.replaced())
	case *syntax.CaseClause:
		f.inside(c.Word)
		for _, item := range c.Items {
			f.statements(item.Stmts, end)
		}
	case *syntax.FuncDecl:
		f.define(c, end)
	case *syntax.TimeClause:
		if c.Stmt != nil {
			f.statement(c.Stmt, end)
		}
	case *syntax.CoprocClause:
		f.statement(c.Stmt, fate{})
	case *syntax.DeclClause:
		f.declare(c)
	default: // tests and arithmetic
		f.inside(c)
	}
}

// loop follows each round of a for.
func (f *follow) loop(c *syntax.ForClause, end fate) {
	f.inside(c.Loop)
	items, ok := c.Loop.(*syntax.WordIter)
	if !ok || len(items.Items) == 0 {
		f.statements(c.Do, end)
		return
	}
	for _, item := range items.Items {
		f.remember(items.Name.Value, f.word(item))
		f.statements(c.Do, end)
	}
}

// declare follows export, declare and local.
func (f *follow) declare(c *syntax.DeclClause) {
	exports := c.Variant.Value == "export"
	for _, a := range c.Args {
		f.assign(a, fate{})
		switch {
		case a.Name == nil:
			exports = exports || a.Value != nil && strings.HasPrefix(a.Value.Lit(), "-") && strings.Contains(a.Value.Lit(), "x")
		case exports:
			f.exported = with(f.exported, a.Name.Value, true)
		}
	}
}

// define remembers a function. zsh can define several with one body, and runs one without a name at once.
func (f *follow) define(c *syntax.FuncDecl, end fate) {
	names := c.Names
	if c.Name != nil {
		names = append(slices.Clip(names), c.Name)
	}
	if len(names) == 0 {
		f.statement(c.Body, end)
	}
	for _, name := range names {
		f.functions = with(f.functions, name.Value, c.Body)
	}
}

// branches follows an if. Its condition decides if the branch of a failure ends the shell: if ! npm test; then exit 1; fi.
func (f *follow) branches(c *syntax.IfClause, end, condition fate) {
	for ; c != nil; c = c.Else {
		cond, failed := c.Cond, []*syntax.Stmt(nil)
		if c.Else != nil && len(c.Else.Cond) == 0 {
			failed = c.Else.Then
		}
		if len(cond) == 1 && cond[0].Negated {
			plain := *cond[0]
			plain.Negated = false
			cond, failed = []*syntax.Stmt{&plain}, c.Then
		}
		here := condition
		here.status = len(failed) > 0 && end.after(failed[len(failed)-1])
		f.statements(cond, here)
		f.statements(c.Then, end)
	}
}

// with returns a copy of a map with one more value, so that a subshell does not change the map of its parent. A map of maxNames stays as it is.
func with[V any](m map[string]V, key string, value V) map[string]V {
	if _, known := m[key]; len(m) >= maxNames && !known {
		return m
	}
	next := make(map[string]V, len(m)+1)
	maps.Copy(next, m)
	next[key] = value
	return next
}

// apart follows statements in a subshell.
func (f *follow) apart(list []*syntax.Stmt, end fate) {
	if f.depth >= maxDepth {
		return
	}
	inner := *f
	inner.depth++
	inner.statements(list, f.alone(end))
}

// binary follows a chain of &&, || and |. The parser nests them to the left.
func (f *follow) binary(s *syntax.Stmt, end fate) {
	var chain []*syntax.BinaryCmd
	first := s
	for {
		c, ok := first.Cmd.(*syntax.BinaryCmd)
		if !ok || first != s && (len(first.Redirs) > 0 || first.Negated) {
			break
		}
		chain = append(chain, c)
		first = c.X
	}
	// The fate of the left side of each operator, from the last one to the first.
	ends := make([]fate, len(chain)+1)
	ends[0] = end
	for i, c := range chain {
		ends[i+1] = f.left(c, ends[i])
	}
	f.statementOf(first, ends[len(chain)], isPipe(chain[len(chain)-1]))
	left, input := first, f.input
	for i, c := range slices.Backward(chain) {
		if isPipe(c) {
			f.input, _ = f.printed(left)
		}
		f.statementOf(c.Y, ends[i], isPipe(c))
		left, f.input = c.Y, input
	}
}

// left returns the fate of the left side of an operator.
func (f *follow) left(c *syntax.BinaryCmd, end fate) fate {
	switch {
	case isPipe(c) && f.pipefail:
		return f.alone(end)
	case isPipe(c):
		return fate{piped: true}
	}
	end.tested = true
	if c.Op == syntax.OrStmt {
		end.status = end.after(c.Y)
	}
	return end
}

func isPipe(c *syntax.BinaryCmd) bool { return c.Op == syntax.Pipe || c.Op == syntax.PipeAll }

// statementOf follows one side of an operator, which runs in a subshell if the operator is a pipe.
func (f *follow) statementOf(s *syntax.Stmt, end fate, pipe bool) {
	if pipe {
		f.apart([]*syntax.Stmt{s}, end)
		return
	}
	f.statement(s, end)
}

// after reports whether the script fails with a failure after which this statement is run: exit 1, return 1, or a block whose last command is that.
func (e fate) after(s *syntax.Stmt) bool {
	switch c := s.Cmd.(type) {
	case *syntax.Block:
		return len(c.Stmts) > 0 && e.after(c.Stmts[len(c.Stmts)-1])
	case *syntax.CallExpr:
		if len(c.Args) == 0 || len(c.Args) > 2 || len(c.Args) == 2 && c.Args[1].Lit() == "0" {
			return false
		}
		name := c.Args[0].Lit()
		return name == "exit" && e.exits || name == "return" && e.returns
	}
	return false
}
