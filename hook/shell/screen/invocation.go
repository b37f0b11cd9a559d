package screen

import (
	"slices"
	"strings"

	"stopgate/hook/shell"
	"stopgate/hook/shell/argv"
	"stopgate/hook/shell/gitop"
)

// invocation is one simple command.
type invocation struct {
	walker   *walker
	words    []string
	from, to uint     // its position in the walker's source
	folders  []string // the values of git's option -C
	led      bool     // an option makes git use another repository
}

// run finds what the command does. It looks into a program that runs another one only if that program does nothing else: the guard sees what git
// gets from any other.
func (c invocation) run() {
	if c.words = passedOn(c.words); len(c.words) == 0 {
		return
	}
	w, rest := c.walker, c.words[1:]
	switch name := argv.Program(c.words[0]); name {
	case "git":
		c.git(rest)
	case "cd", "pushd":
		w.changeDir(rest)
	case "rm":
		for _, operand := range argv.Read(rest, "").Operands {
			use := w.written(operand)
			if use.Kind == gitop.Tamper {
				use.Removes = w.gitDirNamed(operand)
			}
			w.record(use, c.from, c.to)
		}
	case "echo", "printf", "grep", "rg", "man", "which", "type":
	default:
		if slices.Contains(shell.Shells, name) {
			c.shell(rest)
			return
		}
		w.record(w.writes(name, rest), c.from, c.to)
		if kind, known := gitop.OfPublisher(c.words); known {
			w.record(w.place(Use{Kind: kind}, nil, false), c.from, c.to)
			return
		}
		// The guard does not see requests to a server. So these are found even behind a program that runs them: timeout 60 gh pr merge.
		for at, word := range c.words {
			var kind gitop.Kind
			switch argv.Program(word) {
			case "gh":
				kind = gitop.OfGH(c.words[at+1:])
			case "glab":
				kind = gitop.OfGLab(c.words[at+1:])
			case "curl":
				kind = gitop.OfCurl(c.words[at+1:])
			default:
				continue
			}
			w.record(Use{Kind: kind, Dir: w.dir, Sure: true}, c.from, c.to)
			break
		}
	}
}

// passedOn returns the words after programs that run the rest unchanged: command, exec, nohup, and env with variables, which affect git as they do
// before a command (see leads). It returns none if such a program has options.
func passedOn(words []string) []string {
	for len(words) > 0 {
		name := argv.Program(words[0])
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

// shell walks the script of sh -c SCRIPT, if the text contains all of it.
func (c invocation) shell(arguments []string) {
	o := argv.ReadLeading(arguments, "-o -O --rcfile --init-file")
	if script := o.First(); o.Has("-c") && !strings.Contains(script, argv.Unknown) {
		c.walker.nested(script, c.from)
	}
}

// git reads the arguments of a git command.
func (c invocation) git(rest []string) {
	for len(rest) > 0 && strings.HasPrefix(rest[0], "-") {
		name, value, has := strings.Cut(rest[0], "=")
		rest = rest[1:]
		switch name {
		case "--help", "-h", "--version", "-v", "--html-path", "--man-path", "--info-path":
			return
		case "--exec-path":
			if !has {
				return // prints the path
			}
		case "-C", "-c", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--config-env", "--attr-source":
			if !has && len(rest) > 0 {
				value, rest = rest[0], rest[1:]
			}
		}
		switch name {
		case "-C":
			c.folders = append(slices.Clip(c.folders), value)
		case "--git-dir", "--work-tree", "--namespace":
			c.led = true
		case "-c", "--config-env":
			if key, _, _ := strings.Cut(value, "="); strings.EqualFold(key, "core.hookspath") {
				c.found(gitop.Config)
			}
		}
	}
	if len(rest) == 0 {
		return
	}
	if rest[0] == "init" || rest[0] == "clone" {
		c.walker.doubts.fresh = true
	}
	kind := certain(rest[0], rest[1:])
	if rest[0] == "config" && gitop.Read("config", rest[1:]).Given("--global", "--system") {
		c.walker.record(c.walker.everywhere(kind, c.led), c.from, c.to)
		return
	}
	c.found(kind)
}

// certain returns the kind of a git command if it is the same for any expansion of its arguments; "" if it depends on them.
func certain(command string, arguments []string) gitop.Kind {
	kind, _ := gitop.OfGit(command, arguments)
	known := slices.DeleteFunc(slices.Clone(arguments), func(a string) bool { return strings.Contains(a, argv.Unknown) })
	if kind == "" || len(known) == len(arguments) {
		return kind
	}
	if without, _ := gitop.OfGit(command, known); without == "" {
		return ""
	}
	return kind
}

// found records what a git command does.
func (c invocation) found(kind gitop.Kind) {
	c.walker.record(c.walker.place(Use{Kind: kind}, c.folders, c.led), c.from, c.to)
}
