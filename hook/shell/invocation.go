package shell

import (
	"slices"
	"strings"
)

// invocation is one simple command.
type invocation struct {
	walker   *walker
	words    []string
	from, to uint     // its position in the walker's source
	folders  []string // the values of git's option -C
	led      bool     // git is led to a repository by an option
}

// run finds what the command does. A program that runs another one is not looked into, unless it does nothing besides: the guard sees what git
// gets from it.
func (c invocation) run() {
	if c.words = passedOn(c.words); len(c.words) == 0 {
		return
	}
	w, rest := c.walker, c.words[1:]
	switch name := program(c.words[0]); name {
	case "git":
		c.git(rest)
	case "cd", "pushd":
		w.changeDir(rest)
	case "sh", "bash", "zsh", "dash", "ksh":
		c.shell(rest)
	case "rm":
		for _, operand := range readOptions(rest, "").operands {
			if w.inGitDir(operand) {
				use := w.tampers(operand)
				use.Removes = w.gitDirNamed(operand)
				w.record(use, c.from, c.to)
			}
		}
	case "echo", "printf", "grep", "rg", "man", "which", "type":
	default:
		if target := w.writesGitDir(name, rest); target != "" {
			w.record(w.tampers(target), c.from, c.to)
		}
		// The guard does not see what gh asks of a server, so it is found behind a program that runs it, too: timeout 60 gh pr merge.
		if at := slices.IndexFunc(c.words, func(word string) bool { return program(word) == "gh" }); at >= 0 {
			w.record(Use{Kind: gh(c.words[at+1:]), Dir: w.dir, Sure: true}, c.from, c.to)
		}
	}
}

// passedOn are the words behind programs that run the rest as it stands: command, exec, nohup, and env with variables, which lead git as they do
// in front of a command (see leads). There are none where such a program has options.
func passedOn(words []string) []string {
	for len(words) > 0 {
		name := program(words[0])
		if name != "command" && name != "exec" && name != "nohup" && name != "env" {
			break
		}
		words = words[1:]
		for name == "env" && len(words) > 0 && strings.Contains(words[0], "=") {
			words = words[1:]
		}
		if len(words) > 0 && strings.HasPrefix(words[0], "-") {
			return nil
		}
	}
	return words
}

// program is the name of the program of a command's first word: without its directory and .exe, and in lower case, since some file systems
// ignore case.
func program(word string) string {
	if i := strings.LastIndexAny(word, `/\`); i >= 0 {
		word = word[i+1:]
	}
	return strings.TrimSuffix(strings.ToLower(word), ".exe")
}

// shell walks the script of sh -c SCRIPT, if all of it stands in the text.
func (c invocation) shell(arguments []string) {
	o := readLeading(arguments, "-o -O --rcfile --init-file")
	if script := o.first(); o.has("-c") && !strings.Contains(script, unknown) {
		c.walker.nested(script, c.from)
	}
}
