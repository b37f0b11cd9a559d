package shell

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"stopgate/hook/shell/argv"
)

// inside follows the substitutions of a node. Nothing becomes of their failure.
func (f *follow) inside(node syntax.Node) { f.substitutions(node, fate{}) }

func (f *follow) substitutions(node syntax.Node, end fate) {
	if word, ok := node.(*syntax.Word); node == nil || ok && word == nil {
		return
	}
	EachSubstitution(node, func(statements []*syntax.Stmt, process bool) {
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
	before, exported := f.values, f.exported
	r := Run{Dir: f.dir, Input: f.input}
	for _, a := range c.Assigns {
		inner := end
		if len(c.Args) > 0 {
			inner = fate{}
		}
		if f.assign(a, inner); a.Name != nil {
			r.Variables = append(r.Variables, a.Name.Value+"="+f.values[a.Name.Value])
			if len(c.Args) > 0 {
				f.exported = with(f.exported, a.Name.Value, true)
			}
		}
	}
	for _, word := range c.Args {
		inner := fate{}
		if len(c.Args) == 1 && len(word.Parts) == 1 {
			inner = end
		}
		f.substitutions(word, inner)
		if name := nameOf(word); name == "@" || name == "*" {
			for _, argument := range f.arguments {
				if f.spend(argument) {
					r.Words = append(r.Words, argument)
				}
			}
			continue
		}
		r.Words = append(r.Words, f.word(word))
	}
	if len(r.Words) > 0 {
		f.run(r, end)
	}
	if len(c.Args) > 0 && len(c.Assigns) > 0 {
		f.values, f.exported = before, exported // the variables were the command's alone
	}
}

// run follows what a simple command runs, and notes it.
func (f *follow) run(r Run, end fate) {
	rest := r.Words[1:]
	f.scripted(r)
	switch name := argv.Program(r.Words[0]); {
	case f.opens(r, end):
	case name == "eval":
		source := f.source
		f.source = strings.Join(rest, " ")
		if f.depth++; f.depth < maxDepth {
			f.script(end)
		}
		f.source, f.depth = source, f.depth-1
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
		case "crontab", "at", "batch":
			f.nested(f.scheduled(name, rest, r.Input), nil, fate{})
		case "cp", "mv", "ln", "install":
			f.copies(rest)
		case "tee":
			for _, file := range rest {
				if !strings.HasPrefix(file, "-") {
					f.write(file, r.Input)
				}
			}
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
		f.dir, f.lost, f.values = inner.dir, inner.lost, inner.values
	case function:
	case aliased:
		inner.aliases = with(f.aliases, name, name)
		delete(inner.aliases, name)
		inner.source = alias + " " + quoted(rest)
		inner.script(end)
		f.dir, f.lost, f.values = inner.dir, inner.lost, inner.values
	case argv.Program(name) == "." || argv.Program(name) == "source":
		inner.source = text
		inner.script(end)
		f.dir, f.lost, f.values, f.functions, f.aliases = inner.dir, inner.lost, inner.values, inner.functions, inner.aliases
	case text != "" && !prints(text):
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

// Shells are the programs that run a script after -c. They must not be changed.
var Shells = []string{"sh", "bash", "zsh", "dash", "ksh"}

// shell follows a shell that a command starts with a script, and reports whether it is one whose script is known.
func (f *follow) shell(r Run, end fate) bool {
	at := slices.IndexFunc(r.Words, func(word string) bool {
		return slices.Contains(Shells, argv.Program(word))
	})
	if at < 0 {
		return false
	}
	rest := r.Words[at+1:]
	o := argv.ReadLeading(rest, "-o -O --rcfile --init-file")
	options := rest[:len(rest)-len(o.Operands)]
	inner := *f
	for _, word := range r.Words[:at] {
		if name, value, ok := strings.Cut(word, "="); ok { // env NAME=value sh
			inner.remember(name, value)
			inner.exported = with(inner.exported, name, true)
		}
	}
	if file := inner.values["BASH_ENV"]; inner.exported["BASH_ENV"] && argv.Program(r.Words[at]) == "bash" {
		inner.startup, _ = f.text(file)
	}
	inner.abroad = f.abroad || len(Run{Words: r.Words[:at]}.Bare()) > 0
	switch script := o.First(); {
	case o.Has("-c"):
		inner.nested(script, options, end)
	case script == "" && r.Input != "":
		inner.nested(r.Input, options, end)
	default:
		text, written := f.text(script)
		if script == "" || !written {
			return false
		}
		if inner.within == nil {
			inner.within = &r
		}
		inner.arguments = o.Operands[1:]
		inner.nested(text, options, end)
		r.Opened = true
		f.add(r, end)
		return true
	}
	if at > 0 {
		f.add(Run{Words: r.Words[:at], Dir: r.Dir, Opened: true}, end)
	}
	return true
}

func (f *follow) add(r Run, end fate) {
	if f.written != nil {
		if bare := r.Bare(); len(bare) > 0 {
			name := argv.Program(bare[0])
			f.writes(WrittenBy(name, bare[1:])...)
			f.writes(copiesInto(name, bare[1:])...)
		}
	}
	if len(f.runs) < MaxRuns {
		r.Decides, r.Piped, r.Within, r.Output = f.decides(end), end.piped, f.within, f.output
		r.Values, r.Files, r.Sources = f.values, f.opened, f.sources
		r.exported, r.Lost = f.exported, f.lost
		f.runs = append(f.runs, r)
	}
}

func (f *follow) changeDir(name string, rest []string) {
	n := len(f.back)
	to := argv.Read(rest, "").First()
	if to == "" && name == "cd" {
		to = f.values["HOME"]
	}
	switch {
	case f.abroad:
	case name == "popd":
		if n > 0 {
			f.dir, f.back, f.lost = f.back[n-1], f.back[:n-1:n-1], ""
		}
	case to == "" || strings.ContainsAny(to[:1], "~-") || strings.ContainsAny(to, "$`*?["):
		f.lost = to
	default:
		if name == "pushd" && n < maxNames {
			f.back = append(f.back[:n:n], f.dir)
		}
		if path.IsAbs(to) {
			f.dir, f.lost = "", ""
		}
		if f.lost != "" {
			f.lost = path.Join(f.lost, to)
		}
		if dir := path.Join(f.dir, to); len(dir) <= maxValue { // no system has longer paths
			f.dir = dir
		}
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

// spend reports whether the script may expand to one more value.
func (f *follow) spend(value string) bool {
	if f.spent+len(value) >= maxSpent {
		return false
	}
	f.spent += len(value) + 1 // one of an empty value, which takes a place in a list of words
	return true
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
				if value, known := f.value(Variable(p)); known && f.spend(value) {
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

// nameOf returns the name of the variable that is all of a word; "" for any other word.
func nameOf(word *syntax.Word) string {
	if word == nil || len(word.Parts) != 1 {
		return ""
	}
	if p, ok := Unquoted(word.Parts[0]).(*syntax.ParamExp); ok {
		return Variable(p)
	}
	return ""
}
