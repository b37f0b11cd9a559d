// Package guard decides whether a git command may write, for the agent that runs it. It asks git itself what the command would write to.
package guard

import (
	"slices"
	"strings"

	"stopgate/hook/shell"
)

// Command is a git command with the arguments that git gets.
type Command struct {
	// Globals are git's own options, before the subcommand.
	Globals []string
	// Name is the subcommand; "" for none, and if git only prints its help.
	Name string
	Args []string
}

// valued lists git's own options whose value is a separate argument (git(1)).
var valued = []string{"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--config-env", "--attr-source"}

// Read reads the arguments of git.
func Read(arguments []string) Command {
	for i := 0; i < len(arguments); i++ {
		switch argument := arguments[i]; {
		case slices.Contains(valued, argument):
			i++
		case argument == "--help" || argument == "-h" || argument == "--version" || argument == "-v":
			return Command{Globals: arguments}
		case !strings.HasPrefix(argument, "-"):
			return Command{Globals: arguments[:i:i], Name: argument, Args: arguments[i+1:]}
		}
	}
	return Command{Globals: arguments}
}

// words returns the arguments of git for the command.
func (c Command) words() []string {
	words := slices.Clone(c.Globals)
	if c.Name != "" {
		words = append(words, c.Name)
	}
	return append(words, c.Args...)
}

// String returns the command in the form for a shell.
func (c Command) String() string {
	words := []string{"git"}
	for _, word := range c.words() {
		words = append(words, shell.Quote(word))
	}
	return strings.Join(words, " ")
}

// globals returns the values of one of git's own options.
func (c Command) globals(name string) []string {
	var values []string
	for i := 0; i < len(c.Globals); i++ {
		option, value, has := strings.Cut(c.Globals[i], "=")
		if !has && slices.Contains(valued, option) && i+1 < len(c.Globals) {
			i++
			value = c.Globals[i]
		}
		if option == name {
			values = append(values, value)
		}
	}
	return values
}
