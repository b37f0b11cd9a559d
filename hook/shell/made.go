package shell

import (
	"path"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell/argv"
)

// made returns the text of the file that a command runs, if the agent wrote it: by its path, by its name where its folder stands in PATH, by source, by
// make, or by the interpreter of another language, which may get it as an argument. The text is "" if nothing in it can run anything.
func (f *follow) made(r Run) (text string, ok bool) {
	words, search := r.Bare(), f.values["PATH"]
	if len(words) == 0 {
		return "", false
	}
	for _, word := range r.before() {
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
	case languageOf(program) != "":
		o, given := foreignOptions(languageOf(program), words[1:])
		text, ok := f.text(o.First())
		if given != "" && !strings.Contains(given, "$") {
			text, ok = given, true
		}
		return "", ok && inert(text)
	case program == "make" || program == "gmake":
		text, ok := f.text(argv.Read(words[1:], "-f --file --makefile -C").Value("-f", "--file", "--makefile"))
		return recipes(text), ok && !strings.Contains(text, "include")
	case strings.Contains(name, "/"):
	default:
		if text, ok := f.installed(program); ok {
			return text, true
		}
		name = f.inFolder(search, name)
	}
	text, ok = f.text(name)
	if foreignScript().MatchString(text) {
		return "", inert(text)
	}
	return text, ok && name != ""
}

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
		if _, written := f.text(path.Join(folder, name)); folder != "" && written {
			return path.Join(folder, name)
		}
	}
	return ""
}

// packages matches the path of a program that a package manager installs, or of one in a folder that stands in PATH on most machines.
var packages = lazyregexp.New(`(?:^|/)(?:node_modules/\.bin|vendor/bin|\.?v?env/bin|usr/local/bin|\.local/bin|\.cargo/bin|go/bin)/([^/]+)$`)

// succeeds matches a program of the system that always succeeds and does nothing, by its path or as found by which.
var succeeds = lazyregexp.New("^(?:/(?:usr/)?bin/|(?:\\$\\(|`)(?:which|command -v|type -p)\\s+)(true|echo|:)[)`]?$")

// managers start programs that are installed in node_modules.
var managers = []string{"npm", "npx", "pnpm", "yarn", "bun", "bunx"}

// installed returns the text of a program that a script wrote over an installed one, if a command of this name runs it: the program's own, or that of
// a package manager.
func (f *follow) installed(name string) (text string, ok bool) {
	text, ok = f.files.texts[f.files.programs[name]]
	return text, ok
}

// times matches when a line of a crontab runs (crontab(5)).
var times = lazyregexp.New(`(?m)^[ \t]*(?:@\w+|(?:[\d*,/A-Za-z-]+[ \t]+){4}[\d*,/A-Za-z-]+)[ \t]+`)

// scheduled returns the commands that a program is given to run later, as a script; "" if the text does not show them.
func (f *follow) scheduled(name string, arguments []string, input string) string {
	text, o := input, argv.Read(arguments, "-u -f -q")
	switch file := o.Value("-f"); {
	case name == "crontab" && o.First() != "" && o.First() != "-":
		text, _ = f.text(o.First())
	case name != "crontab" && file != "":
		text, _ = f.text(file)
	}
	if name == "crontab" {
		text = times().ReplaceAllString(text, "")
	}
	return text
}
