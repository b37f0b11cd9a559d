package shell

import (
	"cmp"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell/argv"
)

// redirect takes in the redirections of a statement, for the commands in it.
func (f *follow) redirect(s *syntax.Stmt) {
	f.input = cmp.Or(documentOf(s), f.input)
	for _, r := range s.Redirs {
		f.inside(r.Word)
		f.inside(r.Hdoc)
		switch {
		case r.Word == nil || r.Hdoc != nil:
		case r.Op == syntax.RdrIn:
			f.sources = append(f.sources[:len(f.sources):len(f.sources)], f.word(r.Word))
		default:
			f.opened = append(f.opened[:len(f.opened):len(f.opened)], f.word(r.Word))
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
	for _, r := range s.Redirs {
		if r.N != nil && r.N.Value != "1" {
			continue
		}
		switch r.Op {
		case syntax.RdrOut, syntax.RdrClob, syntax.RdrAll, syntax.RdrAllClob:
			f.write(f.word(r.Word), f.printed(s))
		case syntax.AppOut, syntax.AppClob, syntax.AppAll, syntax.AppAllClob:
			name, text := f.word(r.Word), f.printed(s)
			if old := f.files[f.at(name)]; old == "" || text == "" {
				f.write(name, "")
			} else {
				f.write(name, old+text)
			}
		default:
		}
	}
}

// printed returns what a statement prints, if its text shows that: the words of echo and printf, or the document of cat; "" if it does not.
func (f *follow) printed(s *syntax.Stmt) string {
	switch c := s.Cmd.(type) {
	case *syntax.Block:
		var b strings.Builder
		for _, inner := range c.Stmts {
			text := f.printed(inner)
			if text == "" {
				return ""
			}
			b.WriteString(text)
		}
		return b.String()
	case *syntax.CallExpr:
		if len(c.Args) == 0 {
			return ""
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
				return documentOf(s)
			}
		case "echo":
			return strings.Join(words, " ") + "\n"
		case "printf":
			return strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(strings.Join(words, "\n"))
		}
	}
	return ""
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

// write remembers the text of a file; "" if it is not known.
func (f *follow) write(name, text string) {
	if *f.kept += len(text); text == "" || *f.kept > maxFiles {
		delete(f.files, f.at(name))
		return
	}
	file := f.at(name)
	f.files[file] = text
	if match := packages().FindStringSubmatch(file); match != nil {
		f.programs[match[1]] = file
		if strings.Contains(file, "node_modules/") {
			for _, manager := range managers {
				f.programs[manager] = file
			}
		}
	}
}

// copies remembers the texts of a file, or of those in a folder, that is copied, moved or linked.
func (f *follow) copies(arguments []string) {
	files := argv.Read(arguments, "-m --mode -t").Operands
	if len(files) != 2 {
		return
	}
	from := f.at(files[0])
	if *f.steps += len(f.files); *f.steps <= maxSteps {
		for _, file := range slices.Sorted(maps.Keys(f.files)) {
			if rest, below := strings.CutPrefix(file, from+"/"); below {
				f.write(path.Join(files[1], rest), f.files[file])
				f.write(path.Join(files[1], path.Base(from), rest), f.files[file])
			}
		}
	}
	text, known := f.files[f.at(files[0])]
	if !known {
		delete(f.files, f.at(files[1]))
		return
	}
	f.write(files[1], text)
	f.write(path.Join(files[1], path.Base(files[0])), text) // where it is a folder
}

// made returns the text of the file that a command runs, if the agent wrote it: by its path, by its name where its folder stands in PATH, by source, by
// make, or by the interpreter of another language, which may get it as an argument. The text is "" if nothing in it can run anything.
func (f *follow) made(r Run) (text string, ok bool) {
	words, search := r.Bare(), f.values["PATH"]
	if len(words) == 0 {
		return "", false
	}
	for _, word := range r.Words[:len(r.Words)-len(words)] {
		if folders, ok := strings.CutPrefix(word, "PATH="); ok {
			search = folders
		}
	}
	name := words[0]
	switch program := argv.Program(name); {
	case f.ended(r, program, words[1:]):
		return "", true
	case program == "." || program == "source":
		name = argv.First(words[1:])
	case slices.Contains(languages, program):
		o := argv.ReadLeading(words[1:], "-c -e -r --eval --require --import --loader")
		text, ok := f.files[f.at(o.First())]
		if given := o.Value("-c", "-e", "--eval"); given != "" && !strings.Contains(given, "$") {
			text, ok = given, true
		}
		return "", ok && inert(text)
	case program == "make" || program == "gmake":
		text, ok := f.files[f.at(argv.Read(words[1:], "-f --file --makefile -C").Value("-f", "--file", "--makefile"))]
		return recipes(text), ok && !strings.Contains(text, "include")
	case strings.Contains(name, "/"):
	default:
		if text, ok := f.installed(program); ok {
			return text, true
		}
		name = f.inFolder(search, name)
	}
	text, ok = f.files[f.at(name)]
	if foreignScript().MatchString(text) {
		return "", inert(text)
	}
	return text, ok && name != ""
}

// preloaders are the programs that load files which a variable or an option names, with the variable and the pattern of the names.
var preloaders = []struct {
	programs, variable string
	names              func() *regexp.Regexp
}{
	{"node npm npx pnpm pnpx yarn jest vitest mocha ava tap c8 nyc tsx ts-node playwright make", "NODE_OPTIONS", lazyregexp.New(`(?:^|\s)(?:-r|--require|--import|--loader|--experimental-loader)[= ]\s*["']?([^\s"']+)`)},
	{"ruby rspec rake rails bundle make", "RUBYOPT", lazyregexp.New(`(?:^|\s)-r\s*["']?([^\s"']+)`)},
}

// pythonProgram matches the programs that are written in Python, or start one: PYTHONPATH names folders of modules for them. plugin matches a module
// that pytest is told to load.
var (
	pythonProgram = lazyregexp.New(`^(?:python[0-9.]*|pytest|py\.test|tox|nox|coverage|nosetests|make|uv|poetry|hatch)$`)
	plugin        = lazyregexp.New(`(?:^|\s)-p\s*([\w.]+)`)
)

// succeeding matches what ends a program with success before its work, or gives a test run another result.
var succeeding = lazyregexp.New(`\bprocess\.(?:exit|reallyExit)\s*\(\s*0?\s*\)|\bprocess\.exitCode\s*=\s*0\b|\b(?:sys\.exit|os\._exit)\s*\(\s*(?:0|None)?\s*\)|(?m:^\s*exit!?(?:\s+(?:0|true)|\s*\(\s*(?:0|true)?\s*\))?\s*;?\s*$)|` +
	`\bexitstatus\s*=\s*0\b|\boutcome\s*=\s*["']passed|\bitems(?:\[:\]\s*=\s*\[\]|\.clear\(\))`)

// ended reports whether a file that the agent wrote, and that the environment or an option of a command has it load first, ends it with success.
func (f *follow) ended(r Run, program string, arguments []string) bool {
	if len(f.files) == 0 {
		return false
	}
	r.exported, r.Values = f.exported, f.values
	var files []string
	for _, p := range preloaders {
		if !slices.Contains(strings.Fields(p.programs), program) {
			continue
		}
		given := r.Setting(p.variable)
		if program == "node" || program == "ruby" {
			given += " " + strings.Join(arguments, " ")
		}
		for _, name := range p.names().FindAllStringSubmatch(given, -1) {
			files = append(files, name[1], name[1]+".js", name[1]+".rb")
		}
	}
	if pythonProgram().MatchString(program) {
		modules := []string{"sitecustomize", "usercustomize"}
		for _, name := range plugin().FindAllStringSubmatch(r.Setting("PYTEST_ADDOPTS")+" "+strings.Join(arguments, " "), -1) {
			modules = append(modules, strings.ReplaceAll(name[1], ".", "/"))
		}
		for folder := range strings.SplitSeq(r.Setting("PYTHONPATH"), ":") {
			for _, module := range modules {
				files = append(files, path.Join(folder, module+".py"))
			}
		}
	}
	return slices.ContainsFunc(files[:min(len(files), maxNames)], func(name string) bool {
		return succeeding().MatchString(f.files[f.at(name)])
	})
}

// languages are programs that run scripts in other languages than the shell's.
var languages = []string{"python", "python3", "node", "ruby", "perl", "php", "deno", "bun"}

// foreignScript matches a script that is in another language than the shell's, by its first line.
var foreignScript = lazyregexp.New(`^#!\s*\S*(?:/env\s+(?:-\S+\s+)*)?\S*(?:python|node|ruby|perl|php|deno|bun|tsx)`)

// recipes returns the commands of a makefile, of all its targets, as a script.
func recipes(makefile string) string {
	var b strings.Builder
	for line := range strings.Lines(makefile) {
		if command, ok := strings.CutPrefix(line, "\t"); ok {
			b.WriteString(strings.NewReplacer("$(MAKE)", "make", "${MAKE}", "make").Replace(strings.TrimLeft(command, "@-+ \t")))
		}
	}
	return b.String()
}

// inFolder returns the first file of a name that a script wrote into one of the folders of a PATH; "" if there is none.
func (f *follow) inFolder(search, name string) string {
	for folder := range strings.SplitSeq(search, ":") {
		if _, written := f.files[f.at(path.Join(folder, name))]; folder != "" && written {
			return path.Join(folder, name)
		}
	}
	return ""
}

// packages matches the path of a program that a package manager installs.
var packages = lazyregexp.New(`(?:^|/)(?:node_modules/\.bin|vendor/bin|\.?v?env/bin)/([^/]+)$`)

// managers start programs that are installed in node_modules.
var managers = []string{"npm", "npx", "pnpm", "yarn", "bun", "bunx"}

// installed returns the text of a program that a script wrote over an installed one, if a command of this name runs it: the program's own, or that of
// a package manager.
func (f *follow) installed(name string) (text string, ok bool) {
	text, ok = f.files[f.programs[name]]
	return text, ok
}

// at returns the place of a file, as paths in files are written.
func (f *follow) at(name string) string {
	switch {
	case name == "" || path.IsAbs(name):
		return path.Clean(name)
	case path.IsAbs(f.dir):
		return path.Join(f.dir, name)
	}
	return path.Join(f.base, f.dir, name)
}

// printing matches a line of a script in another language that only prints or does nothing.
var printing = lazyregexp.New(`^\s*(?:(?:print|puts|console\.log|sys\.exit|process\.exit|exit)\b.*|(?:import|from|use|#|//).*)?$`)

// calls matches what a line that prints may have to run another program first.
var calls = lazyregexp.New(`\b(?:subprocess|os|system|spawn\w*|exec\w*|popen|require|child_process|import)\b`)

// loads matches what a text in another language than the shell's may have to run another program, to load a file, or to ask a server; standard
// matches lines that load only what does none of that.
var (
	loads = lazyregexp.New(`(?i)\b(?:import|require\w*|exec\w*|eval|spawn\w*|system|popen\w*|fork|fetch|function\s*\(\s*["']|new\s+Function|Deno|Bun|load\w*|include\w*|open\w*|q[xr]|use|modules|kernel|process\.(?:binding|dlopen|mainModule)|` +
		`globalThis|getattr|globals|compile|constructor|socket\w*|XMLHttpRequest|WebSocket|do)\b|__|` + "`")
	// templates matches text in JavaScript, in which backquotes run nothing.
	templates = lazyregexp.New(`\bconsole\.\w|\bprocess\.\w`)
	standard  = lazyregexp.New(`(?m)^\s*(?:import\s+(?:sys|time|random|math|json|re|datetime)(?:\s*,\s*(?:sys|time|random|math|json|re|datetime))*|from\s+(?:sys|time|random|math|datetime)\s+import\s+\w+|use\s+(?:strict|warnings)\s*;)\s*(?:#.*)?$`)
)

// inert reports whether a text in another language than the shell's runs no tests, whatever it prints: all its lines only print, or it loads and
// starts nothing.
func inert(text string) bool {
	if prints(text) {
		return true
	}
	rest := standard().ReplaceAllString(text, "")
	if templates().MatchString(rest) {
		rest = strings.ReplaceAll(rest, "`", "")
	}
	return text != "" && !loads().MatchString(rest)
}

// prints reports whether all lines of a text in another language than the shell's only print.
func prints(text string) bool {
	some := false
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\n"); !printing().MatchString(line) || strings.Contains(line, "(") && calls().MatchString(line) {
			return false
		}
		some = some || strings.Contains(line, "(") && !strings.HasPrefix(strings.TrimSpace(line), "#")
	}
	return some
}
