package shell

import (
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/shell/argv"
)

// viewers are programs that change none of the files in their arguments, each with the options after which that is not certain: those with which it
// writes a file or runs another program. find, cp, sed, awk and python have rules of their own.
var viewers = map[string]string{
	"cat": "", "tac": "", "nl": "", "rev": "", "cut": "", "od": "", "hexdump": "", "strings": "", "base64": "", "column": "", "comm": "", "jq": "",
	"more": "", "less": "-o -O -k --log-file --LOG-FILE --lesskey-file --lesskey-src --lesskey-content", "bat": "--pager",
	"sort": "-o --output --compress-program", "test": "", "[": "", "cd": "",
	"echo": "", "true": "", "false": "", ":": "", "exit": "", "pwd": "", "sleep": "", "printf": "-v", // these open no file
}

// listers are viewers whose output may have the paths of the files.
var listers = map[string]string{
	"ls": "", "stat": "", "file": "-C --compile", "du": "", "wc": "", "tree": "-o -R", "head": "", "tail": "", "grep": "", "egrep": "", "fgrep": "",
	"rg": "--pre --hostname-bin", "diff": "--output", "cmp": "", "realpath": "", "readlink": "", "dirname": "", "basename": "",
	"md5sum": "", "sha1sum": "", "sha256sum": "", "sha512sum": "", "shasum": "", "cksum": "",
	// Commands of PowerShell and their aliases. Each hands on objects that know the file which they come from.
	"get-content": "", "gc": "", "get-childitem": "", "gci": "", "get-item": "", "gi": "", "test-path": "", "resolve-path": "", "select-string": "", "sls": "",
	"get-filehash": "", "convertfrom-json": "", "convertto-json": "", "out-string": "", "out-host": "", "select-object": "", "where-object": "", "sort-object": "",
	"measure-object": "", "format-table": "", "format-list": "",
}

var (
	// systemProgram matches the path of a program that the system installed.
	systemProgram = lazyregexp.New(`^(/usr|/opt/homebrew)?(/local)?/bin/[^/]+$`)
	python        = lazyregexp.New(`^python[0-9.]*$`)
	// printsOnly matches a script of sed that prints or leaves out lines: 1,80p, /begin/,/end/p and $d.
	printsOnly = lazyregexp.New(`^['"]?(?:(?:(?:\d+|\$|/[^/\n]*/)(?:,[+~]?(?:\d+|\$|/[^/\n]*/))?)?!?[pdq=][;\s]*)+['"]?$`)
)

// Touched returns the words of a simple command without those that name files which it only reads. known means that the program is one that changes no
// other file than those that these words name, and takes no names from its input. lists means that its output may have the paths of files that it read.
// All words of any other program are returned.
func Touched(r Run) (words []string, known, lists bool) {
	if ReadsByScript(r) != "" {
		return nil, true, true
	}
	bare := r.Bare()
	if len(bare) > 2 && strings.HasPrefix(bare[0], "$") && bare[1] == "=" { // an assignment of PowerShell
		bare = bare[2:]
	}
	if len(bare) == 0 || r.Opened || another(r, bare) {
		return r.Words, false, false
	}
	name, arguments := argv.Program(bare[0]), bare[1:]
	doubtful, reads := viewers[name]
	if !reads {
		doubtful, lists = listers[name]
	}
	switch o := argv.Read(arguments, ""); {
	case reads || lists:
		code := strings.Contains(name, "-") && slices.ContainsFunc(arguments, func(word string) bool { return strings.ContainsAny(word, "{(") }) // of PowerShell
		if doubts := strings.Fields(doubtful); !code && !o.Has(doubts...) && !o.Starts(doubts...) {
			return nil, true, lists
		}
	case name == "uniq" || python().MatchString(name) && len(arguments) > 1 && arguments[0] == "-m" && arguments[1] == "json.tool":
		return argv.Read(arguments, "-m -f -s -w --indent").Rest(), true, false
	case name == "copy-item", name == "cpi":
		return WrittenBy("cp", arguments), true, false
	case name == "cp" && !o.Has("-l", "-s") && !o.Starts("--link", "--symbolic-link"):
		return WrittenBy(name, arguments), true, false
	case (name == "sed" || name == "gsed") && !o.Has("-i", "-I", "-f", "-s") && !o.Starts("--in-place", "--file", "--separate"):
		return slices.DeleteFunc(scriptsOf(arguments, "-e --expression"), printsOnly().MatchString), true, true
	case strings.HasSuffix(name, "awk") && !o.Has("-f", "-i", "-E", "-l", "-o") && !slices.ContainsFunc(o.Flags, func(f argv.Flag) bool { return strings.HasPrefix(f.Name, "--") }):
		if scripts := scriptsOf(arguments, "-F -v"); !strings.ContainsAny(strings.Join(scripts, " "), ">|@") && !strings.Contains(strings.Join(scripts, " "), "system") {
			return nil, true, true
		}
	case name == "find":
		return found(r, arguments)
	case name == "xargs":
		inner := Run{Words: argv.ReadLeading(arguments, "-I -n -P -L -d -s -E").Operands, Values: r.Values}
		if rest, ok, _ := Touched(inner); ok && len(rest) == 0 && len(inner.Words) > 0 {
			return nil, true, true
		}
	}
	return r.Words, false, false
}

// Script returns the file that a simple command runs: its program, if the command has the path of that, or the script that a shell or another
// interpreter gets; "" for none.
func Script(r Run) string {
	bare := r.Bare()
	name := argv.First(bare)
	switch program := argv.Program(name); {
	case name == "":
		return ""
	case program == "." || program == "source" || slices.Contains(Shells, program):
		return argv.ReadLeading(bare[1:], "").First()
	case languageOf(program) != "":
		o, _ := foreignOptions(languageOf(program), bare[1:])
		return o.First()
	case strings.Contains(name, "/"):
		return name
	}
	return ""
}

// another reports whether the program may be another one than that of the system with this name.
func another(r Run, bare []string) bool {
	return r.Values["PATH"] != "" || strings.Contains(bare[0], "/") && !systemProgram().MatchString(bare[0]) ||
		slices.ContainsFunc(slices.Concat(r.Variables, r.before()), func(word string) bool { return strings.HasPrefix(word, "PATH=") })
}

// found is Touched for find.
func found(r Run, arguments []string) (words []string, known, lists bool) {
	for i := 0; i < len(arguments); i++ {
		switch argument := arguments[i]; {
		case argument == "-exec" || argument == "-execdir":
			length := slices.IndexFunc(arguments[i+1:], func(word string) bool { return word == ";" || word == "+" })
			if length < 0 {
				return r.Words, false, false
			}
			inner := Run{Words: arguments[i+1 : i+1+length], Values: r.Values}
			rest, ok, _ := Touched(inner)
			if !ok || slices.ContainsFunc(rest, func(word string) bool { return strings.Contains(word, "{}") }) {
				return r.Words, false, false
			}
			words = append(words, rest...)
			i += length + 1
		case argument == "-delete", strings.HasPrefix(argument, "-ok"), strings.HasPrefix(argument, "-fprint"), argument == "-fls":
			return r.Words, false, false
		}
	}
	return words, true, true
}

// scriptsOf returns the values of options, of which the first ones are for scripts, and the first operand, which is a script without them.
func scriptsOf(arguments []string, valued string) (scripts []string) {
	o := argv.Read(arguments, valued)
	for _, f := range o.Flags {
		scripts = append(scripts, f.Value)
	}
	if !o.Has("-e", "--expression") && len(o.Operands) > 0 {
		scripts = append(scripts, o.Operands[0])
	}
	return scripts
}
