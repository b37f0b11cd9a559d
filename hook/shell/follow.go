package shell

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// follow is the state of the shell that runs a script.
type follow struct {
	source            string
	dir               string
	abroad            bool     // in another system, whose folders are not these: docker exec app sh -c '…'
	back              []string // the folders of pushd
	errexit, pipefail bool
	values            map[string]string
	functions         map[string]*syntax.Stmt
	aliases           map[string]string
	arguments         []string // of the function
	files             map[string]string
	output            string // the file that gets the standard output; "" for none
	opened            []string
	input             string // what a pipe brings, if the text shows it
	within            *Run   // the call of what the scripts made that this is part of
	depth             int
	runs              *[]Run
	written           *[]string // paths that are written; nil if nobody asks
	kept              *int      // bytes of files, those written over too
	steps             *int
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

// script follows the source, and takes the words of what cannot be parsed.
func (f *follow) script(end fate) {
	statements, rest := parse(f.source)
	if rest != "" {
		end = fate{} // a shell ends with a syntax error, whatever ran before
	}
	f.statements(statements, end)
	for rest != "" {
		words, size := simpleCommand(rest)
		if len(words) > 0 {
			f.add(Run{Words: words, Dir: f.dir}, fate{})
		}
		rest = strings.TrimLeft(rest[size:], separators)
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
	end = f.alone(end)
	end.tested = false
	inner.script(end)
}

func (f *follow) statements(list []*syntax.Stmt, end fate) {
	for i, s := range list {
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

// nameOf returns the name of the variable that is all of a word; "" for any other word.
func nameOf(word *syntax.Word) string {
	if word == nil || len(word.Parts) != 1 {
		return ""
	}
	if p, ok := unquoted(word.Parts[0]).(*syntax.ParamExp); ok {
		return variable(p)
	}
	return ""
}

func (f *follow) statement(s *syntax.Stmt, end fate) {
	if *f.steps++; *f.steps > maxSteps {
		return // functions that call others many times
	}
	condition := fate{exits: end.exits, returns: end.returns, tested: true, piped: end.piped}
	switch {
	case s.Background || s.Coprocess:
		end = fate{}
	case s.Negated:
		end = condition
	}
	opened, input := f.opened, f.input
	defer func() { f.opened, f.input = opened, input }()
	f.input = cmp.Or(documentOf(s), f.input)
	for _, r := range s.Redirs {
		f.inside(r.Word)
		f.inside(r.Hdoc)
		if r.Word != nil && r.Hdoc == nil {
			f.opened = append(f.opened[:len(f.opened):len(f.opened)], f.word(r.Word))
		}
		if f.written != nil && writes(r) {
			f.writes(f.word(r.Word))
		}
	}
	defer f.redirected(s)
	output := f.output
	f.output = cmp.Or(f.outputOf(s), output)
	defer func() { f.output = output }()
	switch c := s.Cmd.(type) {
	case nil:
		f.add(Run{Words: []string{":"}, Dir: f.dir}, end)
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
		f.statements(c.Do, fate{exits: end.exits, returns: end.returns, tested: end.tested, piped: end.piped})
	case *syntax.ForClause:
		f.loop(c, fate{exits: end.exits, returns: end.returns, tested: end.tested, piped: end.piped}) // of several rounds, the last one has the status
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
		for _, a := range c.Args {
			f.assign(a, fate{})
		}
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

// define remembers a function. zsh can define several with one body, and runs one without a name at once.
func (f *follow) define(c *syntax.FuncDecl, end fate) {
	names := c.Names
	if c.Name != nil {
		names = append(names[:len(names):len(names)], c.Name)
	}
	if len(names) == 0 {
		f.statement(c.Body, end)
	}
	for _, name := range names {
		f.functions = with(f.functions, name.Value, c.Body)
	}
}

// outputOf returns the file to which a statement redirects its standard output; "" for none.
func (f *follow) outputOf(s *syntax.Stmt) (file string) {
	for _, r := range s.Redirs {
		switch r.Op {
		case syntax.RdrOut, syntax.AppOut, syntax.RdrClob, syntax.RdrAll, syntax.AppAll:
			if r.N == nil || r.N.Value == "1" {
				if file = f.word(r.Word); strings.HasPrefix(file, "/dev/std") || strings.HasPrefix(file, "/dev/fd/") || file == "/dev/tty" {
					file = ""
				}
			}
		}
	}
	return file
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
			f.input = f.printed(left)
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

// inside follows the substitutions of a node. Nothing becomes of their failure.
func (f *follow) inside(node syntax.Node) { f.substitutions(node, fate{}) }

func (f *follow) substitutions(node syntax.Node, end fate) {
	if word, ok := node.(*syntax.Word); node == nil || ok && word == nil {
		return
	}
	eachSubstitution(node, func(statements []*syntax.Stmt, process bool) {
		if process {
			f.apart(statements, fate{})
			return
		}
		f.apart(statements, end)
	})
}

func (f *follow) assign(a *syntax.Assign, end fate) {
	if a.Value != nil {
		f.substitutions(a.Value, end)
	}
	if a.Name != nil && a.Array != nil {
		var elements []string
		for _, element := range a.Array.Elems {
			if element.Value != nil {
				f.inside(element.Value)
				elements = append(elements, f.word(element.Value))
			}
		}
		f.remember(a.Name.Value, strings.Join(elements, " "))
	}
	if a.Name != nil && a.Value != nil && !a.Append {
		f.remember(a.Name.Value, f.word(a.Value))
	}
}

// remember sets a variable. A value that is too long is like one that the text does not show.
func (f *follow) remember(name, value string) {
	if len(value) > maxValue {
		value = "$" + name
	}
	f.values = with(f.values, name, value)
}

// call follows a simple command.
func (f *follow) call(c *syntax.CallExpr, end fate) {
	before := f.values
	r := Run{Dir: f.dir, Input: f.input}
	for _, a := range c.Assigns {
		inner := end
		if len(c.Args) > 0 {
			inner = fate{}
		}
		if f.assign(a, inner); a.Name != nil {
			r.Variables = append(r.Variables, a.Name.Value+"="+f.values[a.Name.Value])
		}
	}
	for _, word := range c.Args {
		inner := fate{}
		if len(c.Args) == 1 && len(word.Parts) == 1 {
			inner = end
		}
		f.substitutions(word, inner)
		if name := nameOf(word); name == "@" || name == "*" {
			r.Words = append(r.Words, f.arguments...)
			continue
		}
		r.Words = append(r.Words, f.word(word))
	}
	if len(r.Words) > 0 {
		f.run(r, end)
	}
	if len(c.Args) > 0 {
		f.values = before // the variables were the command's alone
	}
}

// run follows what a simple command runs, and notes it.
func (f *follow) run(r Run, end fate) {
	rest := r.Words[1:]
	switch name := program(r.Words[0]); {
	case f.opens(r, end):
	case name == "eval":
		f.source, rest = strings.Join(rest, " "), []string{f.source}
		if f.depth++; f.depth < maxDepth {
			f.script(end)
		}
		f.source, f.depth = rest[0], f.depth-1
	case f.shell(r, end):
	default:
		f.add(r, end)
		switch name {
		case "cd", "pushd", "popd":
			f.changeDir(name, rest)
		case "set":
			f.set(rest)
		case "alias":
			for _, definition := range rest {
				if name, value, ok := strings.Cut(definition, "="); ok {
					f.aliases = with(f.aliases, name, value)
				}
			}
		case "cp", "mv", "ln", "install":
			f.copies(rest)
		}
	}
}

// opens follows a call of what the scripts made, and reports whether it is one: a function, an alias or a file.
func (f *follow) opens(r Run, end fate) bool {
	name, rest := r.Words[0], r.Words[1:]
	body, function := f.functions[name]
	alias, aliased := f.aliases[name]
	text, written := f.made(r)
	if !function && !aliased && !written || f.depth >= maxDepth {
		return false
	}
	inner := *f
	inner.depth++
	if inner.within == nil {
		inner.within = &r
	}
	switch {
	case function && body != nil:
		inner.arguments = rest
		end.returns = f.decides(end)
		inner.functions = with(f.functions, name, nil) // a function that calls itself has no end
		inner.statement(body, end)
		f.dir, f.values = inner.dir, inner.values
	case function:
	case aliased:
		inner.aliases = with(f.aliases, name, name)
		delete(inner.aliases, name)
		inner.source = alias + " " + quoted(rest)
		inner.script(end)
		f.dir, f.values = inner.dir, inner.values
	case !prints(text):
		inner.arguments = r.Bare()[1:]
		inner.nested(text, nil, end)
	}
	r.Opened = true
	f.add(r, end)
	return true
}

// quoted returns words for a shell to read.
func quoted(words []string) string {
	var list []string
	for _, word := range words {
		list = append(list, Quote(word))
	}
	return strings.Join(list, " ")
}

// shell follows a shell that a command starts with a script, and reports whether it is one whose script is known.
func (f *follow) shell(r Run, end fate) bool {
	at := slices.IndexFunc(r.Words, func(word string) bool {
		return slices.Contains([]string{"sh", "bash", "zsh", "dash", "ksh"}, program(word))
	})
	if at < 0 {
		return false
	}
	rest := r.Words[at+1:]
	o := readLeading(rest, "-o -O --rcfile --init-file")
	options := rest[:len(rest)-len(o.operands)]
	inner := *f
	inner.abroad = f.abroad || len(Run{Words: r.Words[:at]}.Bare()) > 0
	switch script := o.first(); {
	case o.has("-c"):
		inner.nested(script, options, end)
	case script == "" && r.Input != "":
		inner.nested(r.Input, options, end)
	default:
		text, written := f.files[f.at(script)]
		if script == "" || !written {
			return false
		}
		if inner.within == nil {
			inner.within = &r
		}
		inner.arguments = o.operands[1:]
		inner.nested(text, options, end)
		r.Opened = true
		f.add(r, end)
	}
	return true
}

func (f *follow) add(r Run, end fate) {
	if f.written != nil {
		if bare := r.Bare(); len(bare) > 0 {
			f.writes(writtenBy(program(bare[0]), bare[1:])...)
		}
	}
	if len(*f.runs) < MaxRuns {
		r.Decides, r.Piped, r.Within, r.Output = f.decides(end), end.piped, f.within, f.output
		r.Values, r.Files = f.values, f.opened
		*f.runs = append(*f.runs, r)
	}
}

func (f *follow) changeDir(name string, rest []string) {
	n := len(f.back)
	switch to := readOptions(rest, "").first(); {
	case f.abroad:
	case name == "popd":
		if n > 0 {
			f.dir, f.back = f.back[n-1], f.back[:n-1:n-1]
		}
	case to == "" || strings.ContainsAny(to[:1], "~-") || strings.ContainsAny(to, "$`*?["):
	default:
		if name == "pushd" {
			f.back = append(f.back[:n:n], f.dir)
		}
		if path.IsAbs(to) {
			f.dir = ""
		}
		f.dir = path.Join(f.dir, to)
	}
}

// set follows set and the options of a shell: -e, -o pipefail and what takes them back.
func (f *follow) set(options []string) {
	for i, option := range options {
		if len(option) < 2 || option[0] != '-' && option[0] != '+' {
			continue
		}
		on := option[0] == '-'
		if strings.Contains(option[1:], "e") && option[1] != option[0] {
			f.errexit = on
		}
		if strings.HasSuffix(option, "o") && i+1 < len(options) {
			switch options[i+1] {
			case "pipefail":
				f.pipefail = on
			case "errexit":
				f.errexit = on
			}
		}
	}
}

// word returns a word without quotes and escapes. An expansion stands as it is written, but for variables whose value the script shows.
func (f *follow) word(word *syntax.Word) string {
	var b strings.Builder
	f.parts(&b, word.Parts, false)
	home := f.values["HOME"]
	if rest, ok := strings.CutPrefix(b.String(), "~"); ok && home != "" && (rest == "" || rest[0] == '/') {
		if lit, ok := word.Parts[0].(*syntax.Lit); ok && strings.HasPrefix(lit.Value, "~") {
			return home + rest
		}
	}
	return b.String()
}

// value returns the value of a variable or of an argument of the function or the script; false if the text does not show it.
func (f *follow) value(name string) (string, bool) {
	if n, err := strconv.Atoi(name); err == nil && n > 0 && n <= len(f.arguments) {
		return f.arguments[n-1], true
	}
	value, known := f.values[name]
	return value, known
}

func (f *follow) parts(b *strings.Builder, list []syntax.WordPart, quoted bool) {
	for _, part := range list {
		switch p := part.(type) {
		case *syntax.Lit:
			b.WriteString(unescape(p.Value, quoted))
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			f.parts(b, p.Parts, true)
		default:
			if p, ok := part.(*syntax.ParamExp); ok {
				if value, known := f.value(variable(p)); known {
					b.WriteString(value)
					continue
				}
			}
			size := uint(len(f.source))
			from, to := min(part.Pos().Offset(), size), min(part.End().Offset(), size)
			b.WriteString(f.source[from:max(from, to)])
		}
	}
}
