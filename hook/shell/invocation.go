package shell

import (
	"strings"
)

// invocation is one simple command, its words expanded.
type invocation struct {
	walker   *walker
	fields   []field
	input    string   // its stdin, if that is known
	from, to uint     // its position in the walker's source
	behind   int      // how many wrappers are in front of it
	folders  []string // the values of git's option -C
	led      bool     // git is led to a repository by an option
}

// with is the invocation of the command after a wrapper such as env, sudo or xargs.
func (c invocation) with(fields []field) invocation {
	c.fields = fields
	c.behind++
	return c
}

func (c invocation) found(kind Kind) {
	c.walker.found(kind, c.from, c.to)
}

// run finds what the command does.
func (c invocation) run() {
	// An expansion in front may be empty ($SUDO git push). A command that is only an expansion may be anything.
	for len(c.fields) > 0 && c.fields[0].loose {
		c.fields = c.fields[1:]
	}
	if len(c.fields) == 0 || c.behind > maxDepth {
		return
	}
	w, name, rest := c.walker, c.fields[0].text, c.fields[1:]
	if f, ok := w.functions[name]; ok && !(w.again && w.depth >= maxDepth) {
		w.invoke(f, rest, c.input, c.from)
		return
	}
	if text, ok := w.aliases[name]; ok {
		aliases := w.aliases
		w.aliases = map[string]string{} // an alias does not mean itself
		w.nested(text+` "$@"`, rest, c.from, false)
		w.aliases = aliases
		return
	}
	switch name := program(name); name {
	case "git":
		c.git(rest, 0)
	case "gh":
		c.found(gh(texts(rest)))
	case "cd", "pushd":
		w.changeDir(rest)
	case "alias":
		for _, f := range rest {
			if name, text, ok := strings.Cut(f.text, "="); ok {
				w.aliases[name] = text
			}
		}
	case "unset", "read", "mapfile", "readarray":
		for _, f := range rest {
			delete(w.variables, f.text)
		}
	case "eval":
		w.nested(join(rest), w.arguments, c.from, false)
	case "trap":
		if o := readLeading(texts(rest), ""); len(o.operands) > 1 {
			w.nested(o.operands[0], w.arguments, c.from, false)
		}
	case "source", ".":
		if len(rest) > 0 {
			w.nested(c.script(rest[0]), rest[1:], c.from, false)
		}
	case "sh", "bash", "zsh", "dash", "ksh", "mksh", "ash", "rbash", "fish":
		c.shell(rest)
	case "su", "runuser", "script", "flock", "nix-shell":
		o := readOptions(texts(rest), "-c --command --run -s -g -G -u -w -E")
		if text := o.value("-c", "--command", "--run"); text != "" {
			w.nested(text, nil, c.from, true)
		} else if name == "flock" && len(o.operands) > 1 {
			c.with(rest[len(rest)-len(readLeading(texts(rest), "-w -E --timeout").operands)+1:]).run()
		}
	case "cmd", "powershell", "pwsh":
		c.windows(rest)
	case "find", "fd", "fdfind":
		c.find(rest)
	case "parallel":
		c.parallel(rest)
	case "watch":
		w.nested(strings.Join(readLeading(texts(rest), "-n --interval").operands, " "), nil, c.from, true)
	default:
		if wrapper, ok := wrapperOf(name); ok {
			c.wrapped(wrapper, rest)
		} else if command, ok := strings.CutPrefix(name, "git-"); ok {
			c.git(append([]field{{text: command}}, rest...), 0)
		} else if target := w.writesGitDir(name, texts(rest)); target != "" {
			if name == "rm" {
				c.remove(readOptions(texts(rest), "").operands)
			} else {
				w.record(w.tampers(target), c.from, c.to)
			}
		}
	}
}

// remove is an rm of the operands, some of which lie in .git directories or are some.
func (c invocation) remove(operands []string) {
	for _, operand := range operands {
		if c.walker.inGitDir(operand) {
			use := c.walker.tampers(operand)
			use.Removes = c.walker.gitDirNamed(operand)
			c.walker.record(use, c.from, c.to)
		}
	}
}

// program is the name of the program of a command's first word: without its directory and .exe, and in lower case, since some file systems
// ignore case.
func program(word string) string {
	if i := strings.LastIndexAny(word, `/\`); i >= 0 {
		word = word[i+1:]
	}
	return strings.TrimSuffix(strings.ToLower(word), ".exe")
}

// script is the content of the file of that name, if the command defines it.
func (c invocation) script(name field) string {
	switch name.text {
	case "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "-":
		return c.input
	}
	return name.content
}

// shell reads the arguments of a shell: sh -c SCRIPT, sh FILE, or sh with a script on stdin.
func (c invocation) shell(rest []field) {
	arguments := texts(rest)
	// With the option -c the script is the first operand.
	o := readLeading(arguments, "-o -O +o +O --rcfile --init-file --command -C --init-command")
	operands := rest[len(rest)-len(o.operands):]
	for len(operands) > 0 && strings.HasPrefix(operands[0].text, "+") {
		operands = operands[1:]
	}
	text := c.input
	switch {
	case o.has("--command"):
		text = o.value("--command")
	case len(operands) == 0 || o.has("-s"):
	case o.has("-c"):
		text = operands[0].text
		operands = operands[min(2, len(operands)):] // the second one is $0
	default:
		text = c.script(operands[0])
		operands = operands[1:]
	}
	c.walker.nested(text, operands, c.from, true)
}

// windows reads cmd /c COMMAND and powershell -Command COMMAND, whose git commands look as in a shell. MSYS needs //c for /c.
func (c invocation) windows(rest []field) {
	for i, f := range rest {
		switch strings.ToLower(f.text) {
		case "/c", "//c", "/k", "//k", "-c", "-command", "/command":
			c.walker.nested(join(rest[i+1:]), nil, c.from, true)
			return
		}
	}
}

// find reads the commands that find runs on files, and whether it deletes inside .git.
func (c invocation) find(rest []field) {
	var first string
	for i := 0; i < len(rest); i++ {
		switch text := rest[i].text; text {
		case "-exec", "-execdir", "-ok", "-okdir", "-x", "--exec", "-X", "--exec-batch":
			end := i + 1
			for end < len(rest) && rest[end].text != ";" && rest[end].text != "+" {
				end++
			}
			command := append([]field(nil), rest[i+1:end]...)
			for j := range command {
				if command[j].text == "{}" {
					command[j].text = strings.TrimSuffix(first, "/") + "/" + unknown
				}
			}
			c.with(command).run()
			i = end
		case "-delete":
			if c.walker.inGitDir(first) {
				c.walker.record(c.walker.tampers(first), c.from, c.to)
			}
		default:
			if i == 0 || c.walker.inGitDir(text) && !strings.HasPrefix(rest[i-1].text, "-") {
				first = text
			}
		}
	}
}

// parallel reads GNU parallel's command, which a shell runs with the arguments after ::: or from stdin.
func (c invocation) parallel(rest []field) {
	end := 0
	for end < len(rest) && !strings.HasPrefix(rest[end].text, ":::") {
		end++
	}
	o := readLeading(texts(rest[:end]), "-j --jobs -a --arg-file -n --max-args -N -L -d --delimiter -C --colsep --joblog --results -P --max-procs -I --timeout -S")
	var arguments []string
	if end < len(rest) {
		arguments = texts(rest[end+1:])
	}
	command := strings.Join(o.operands, " ")
	if command == "" {
		for _, line := range append(arguments, strings.Split(c.input, "\n")...) {
			c.walker.nested(line, nil, c.from, true)
		}
		return
	}
	c.walker.nested(strings.ReplaceAll(command, "{}", "_")+` "$@"`, []field{{text: unknown}}, c.from, true)
}
