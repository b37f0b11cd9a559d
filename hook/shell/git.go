package shell

import (
	"slices"
	"strings"
)

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
			c.folders = append(c.folders[:len(c.folders):len(c.folders)], value)
		case "--git-dir", "--work-tree", "--namespace":
			c.led = true
		case "-c", "--config-env":
			if key, _, _ := strings.Cut(value, "="); strings.EqualFold(key, "core.hookspath") {
				c.found(Config)
			}
		}
	}
	if len(rest) == 0 {
		return
	}
	if rest[0] == "init" || rest[0] == "clone" {
		c.walker.doubts.fresh = true
	}
	c.found(certain(rest[0], rest[1:]))
}

// certain is the kind of a git command whatever the shell puts in place of the expansions in its arguments; "" where it depends on them.
func certain(command string, arguments []string) Kind {
	kind, _ := gitCommand(command, arguments)
	known := slices.DeleteFunc(slices.Clone(arguments), func(a string) bool { return strings.Contains(a, unknown) })
	if kind == "" || len(known) == len(arguments) {
		return kind
	}
	if without, _ := gitCommand(command, known); without == "" {
		return ""
	}
	return kind
}

// found records what a git command does.
func (c invocation) found(kind Kind) {
	c.walker.record(c.walker.place(Use{Kind: kind}, c.folders, c.led), c.from, c.to)
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
