package shell

import (
	"strings"
)

// git reads the arguments of a git command. aliases counts the aliases that led here.
func (c invocation) git(rest []field, aliases int) {
	defined := map[string]string{}
	folders, led := c.folders, c.led
	for len(rest) > 0 {
		argument := rest[0]
		if argument.loose && len(rest) > 1 {
			rest = rest[1:] // git $OPTIONS commit: the variable holds options, or nothing
			continue
		}
		if !strings.HasPrefix(argument.text, "-") {
			break
		}
		rest = rest[1:]
		name, value, has := strings.Cut(argument.text, "=")
		switch name {
		case "--help", "-h", "--version", "-v", "--html-path", "--man-path", "--info-path":
			return
		case "--exec-path":
			if !has {
				return // prints the path
			}
		case "-C", "-c", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--config-env", "--attr-source":
			if !has && len(rest) > 0 {
				value, rest = rest[0].text, rest[1:]
			}
		}
		switch name {
		case "-C":
			folders = append(folders[:len(folders):len(folders)], value)
		case "--git-dir", "--work-tree", "--namespace":
			led = true
		}
		c.folders, c.led = folders, led
		if name == "-c" || name == "--config-env" {
			key, text, _ := strings.Cut(value, "=")
			if key = strings.ToLower(key); key == "core.hookspath" {
				c.gitFound(Config)
			} else if alias, ok := strings.CutPrefix(key, "alias."); ok && name == "-c" {
				defined[alias] = text
			}
		}
	}
	if len(rest) == 0 {
		return
	}
	command, rest := rest[0].text, rest[1:]
	kind, known := gitCommand(command, texts(rest))
	if command == "init" || command == "clone" {
		c.walker.left.fresh = true
	}
	switch {
	case kind != "":
		c.gitFound(kind)
	case command == "submodule" || command == "for-each-repo":
		c.gitForEach(texts(rest))
	case command == "bisect" || known || aliases >= maxDepth:
	case strings.HasPrefix(defined[command], "!"):
		c.walker.nested(defined[command][1:]+` "$@"`, rest, c.from, true)
	case defined[command] != "":
		var words []field
		for _, word := range strings.Fields(defined[command]) {
			words = append(words, field{text: strings.Trim(word, `'"`)})
		}
		for name, text := range defined { // one alias may mean another
			words = append([]field{{text: "-c"}, {text: "alias." + name + "=" + text}}, words...)
		}
		c.git(append(words, rest...), aliases+1)
	}
}

// gitFound records what a git command does.
func (c invocation) gitFound(kind Kind) {
	c.walker.record(c.walker.place(Use{Kind: kind}, c.folders, c.led), c.from, c.to)
}

// gitForEach reads git submodule foreach COMMAND, which a shell runs.
func (c invocation) gitForEach(arguments []string) {
	o := readLeading(arguments, "")
	if o.first() != "foreach" {
		return
	}
	if o = readLeading(o.operands[1:], ""); len(o.operands) > 0 {
		c.walker.nested(strings.Join(o.operands, " "), nil, c.from, true)
	}
}

func unless(passes bool, kind Kind) Kind {
	if passes {
		return ""
	}
	return kind
}

func first(arguments []string) string {
	if len(arguments) == 0 {
		return ""
	}
	return arguments[0]
}

// asksForHelp reports whether a command only prints its usage: git commit -h, git stash push --help.
func asksForHelp(arguments []string) bool {
	for i, argument := range arguments {
		switch {
		case argument == "-h" || argument == "--help":
			return true
		case i > 0 || strings.HasPrefix(argument, "-"):
			return false
		}
	}
	return false
}
