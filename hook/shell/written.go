package shell

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/syntax"

	"stopgate/hook/shell/argv"
)

// redirect takes in the redirections of a statement, for the commands in it.
func (f *follow) redirect(s *syntax.Stmt) {
	f.input = cmp.Or(documentOf(s), f.input)
	f.opened, f.sources = slices.Clip(f.opened), slices.Clip(f.sources) // others have them, too
	for _, r := range s.Redirs {
		f.inside(r.Word)
		f.inside(r.Hdoc)
		switch {
		case r.Word == nil || r.Hdoc != nil:
		case r.Op == syntax.RdrIn:
			f.sources = append(f.sources, f.word(r.Word))
		default:
			f.opened = append(f.opened, f.word(r.Word))
		}
		if f.written != nil && OpensToWrite(r) && r.Word != nil && r.Word.Lit() != "/dev/null" {
			f.writes(f.word(r.Word))
		}
	}
	f.output = cmp.Or(f.outputOf(s), f.output)
}

// outputOf returns the file to which a statement redirects its standard output; "" for none.
func (f *follow) outputOf(s *syntax.Stmt) (file string) {
	for _, r := range s.Redirs {
		if toOutput := r.N == nil && r.Op != syntax.RdrInOut || r.N != nil && r.N.Value == "1"; toOutput && OpensToWrite(r) {
			if file = f.word(r.Word); strings.HasPrefix(file, "/dev/std") || strings.HasPrefix(file, "/dev/fd/") || file == "/dev/tty" {
				file = ""
			}
		}
	}
	return file
}

// keep remembers the text that a statement writes into files, and forgets those whose text is not known.
func (f *follow) keep(s *syntax.Stmt) {
	printed := sync.OnceValue(func() string { return f.printedWhole(s) })
	for _, r := range s.Redirs {
		if r.N != nil && r.N.Value != "1" {
			continue
		}
		switch r.Op {
		case syntax.RdrOut, syntax.RdrClob, syntax.RdrAll, syntax.RdrAllClob:
			f.write(f.word(r.Word), printed())
		case syntax.AppOut, syntax.AppClob, syntax.AppAll, syntax.AppAllClob:
			name, text := f.word(r.Word), printed()
			if old, _ := f.text(name); old == "" || text == "" {
				f.write(name, "")
			} else {
				f.write(name, old+text)
			}
		default:
		}
	}
}

// printedWhole returns what a statement prints, if its text shows all of that; "" if it does not.
func (f *follow) printedWhole(s *syntax.Stmt) string {
	if text, whole := f.printed(s); whole {
		return text
	}
	return ""
}

// printed returns what a statement prints, as far as its text shows that: the words of echo and printf, or the document of cat. whole means that this
// is all of it.
func (f *follow) printed(s *syntax.Stmt) (text string, whole bool) {
	switch c := s.Cmd.(type) {
	case *syntax.Block:
		return f.printedBy(c.Stmts)
	case *syntax.Subshell:
		return f.printedBy(c.Stmts)
	case *syntax.CallExpr:
		if len(c.Args) == 0 {
			return "", true
		}
		var words []string
		for _, word := range c.Args[1:] {
			if text := f.word(word); len(words) > 0 || !strings.HasPrefix(text, "-") {
				words = append(words, text)
			}
		}
		switch c.Args[0].Lit() {
		case "cat":
			if len(words) == 0 {
				text = documentOf(s)
				return text, text != ""
			}
		case "echo":
			return strings.Join(words, " ") + "\n", true
		case "printf":
			return strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(strings.Join(words, "\n")), true
		}
	}
	return "", false
}

// printedBy is printed for several statements.
func (f *follow) printedBy(list []*syntax.Stmt) (text string, whole bool) {
	var b strings.Builder
	whole = true
	for _, s := range list {
		if f.outputOf(s) != "" {
			continue
		}
		text, all := f.printed(s)
		whole = whole && all
		b.WriteString(text)
	}
	return b.String(), whole
}

// documentOf returns the text that a statement gets at its standard input by << or <<<; "" if none.
func documentOf(s *syntax.Stmt) string {
	for _, r := range s.Redirs {
		var b strings.Builder
		switch {
		case r.Hdoc != nil:
			WriteParts(&b, r.Hdoc.Parts, true)
		case r.Op == syntax.WordHdoc:
			WriteParts(&b, r.Word.Parts, false)
		default:
			continue
		}
		return strings.ReplaceAll(b.String(), argv.Unknown, "$")
	}
	return ""
}

// files has the texts of the files that an agent wrote.
type files struct {
	// texts are by the places of the files.
	texts map[string]string
	// programs has the places of those in a package manager's folder of programs, by the name that runs them.
	programs map[string]string
	kept     int // bytes of all texts, those written over too
}

// write remembers the text of the file at a place; "" if it is not known.
func (f *files) write(at, text string) {
	if f.kept += len(text); text == "" || f.kept > maxFiles {
		delete(f.texts, at)
		return
	}
	if f.texts == nil {
		f.texts, f.programs = map[string]string{}, map[string]string{}
	}
	f.texts[at] = text
	if match := packages().FindStringSubmatch(at); match != nil {
		f.programs[match[1]] = at
		if strings.Contains(at, "node_modules/") {
			for _, manager := range managers {
				f.programs[manager] = at
			}
		}
	}
}

// write remembers the text of a file; "" if it is not known.
func (f *follow) write(name, text string) { f.files.write(f.at(name), text) }

// text returns the text of a file, if it is known.
func (f *follow) text(name string) (text string, known bool) {
	text, known = f.files.texts[f.at(name)]
	return text, known
}

// copies remembers the texts of a file, or of those in a folder, that is copied, moved or linked.
func (f *follow) copies(arguments []string) {
	files := argv.Read(arguments, "-m --mode -t").Operands
	if len(files) != 2 {
		return
	}
	from := f.at(files[0])
	if f.steps += len(f.files.texts); f.steps <= maxSteps {
		for _, file := range slices.Sorted(maps.Keys(f.files.texts)) {
			if rest, below := strings.CutPrefix(file, from+"/"); below {
				f.write(path.Join(files[1], rest), f.files.texts[file])
				f.write(path.Join(files[1], path.Base(from), rest), f.files.texts[file])
			}
		}
	}
	text, known := f.text(files[0])
	if found := succeeds().FindStringSubmatch(files[0]); found != nil && !known {
		text, known = found[1]+"\n", true
	}
	if !known {
		f.write(files[1], "")
		return
	}
	f.write(files[1], text)
	f.write(path.Join(files[1], path.Base(files[0])), text) // where it is a folder
}

// at returns the place of a file.
func (f *follow) at(name string) string { return place(f.base, f.dir, name) }

// place returns the place of a file that a command in the folder dir names, in a script that began in base.
func place(base, dir, name string) string {
	switch {
	case name == "" || path.IsAbs(name):
		return path.Clean(name)
	case path.IsAbs(dir):
		return path.Join(dir, name)
	}
	return path.Join(base, dir, name)
}
