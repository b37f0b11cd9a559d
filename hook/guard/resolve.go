package guard

import (
	"context"
	"slices"
	"strings"

	"stopgate/hook/shell/argv"
	"stopgate/hook/shell/gitop"
)

// Git runs git commands that only read.
type Git interface {
	// Ask returns the output of git, without the last line feed, for the options and in the folder of the judged command. ok is false if git fails.
	Ask(ctx context.Context, arguments ...string) (text string, ok bool)
	// AskAt does the same in another folder, without those options and without the variables that lead git elsewhere.
	AskAt(ctx context.Context, dir string, arguments ...string) (text string, ok bool)
}

// Resolved is a command with git's aliases resolved.
type Resolved struct {
	Command
	// Kind is the prohibited operation; "" if the command only reads.
	Kind gitop.Kind
	// Instead are arguments with which git does the same, with the guard's git in the PATH of every shell below it; nil if that is not needed.
	Instead []string
	// Runs is a script that does the same, if the command is a program of its own in PATH; "" if it is not.
	Runs string
}

// Script returns what a shell, whose positional parameters are the arguments of git, has to run before it calls git with these.
func (r Resolved) Script() string {
	if r.Runs == "" && r.Instead != nil {
		return "set --" + quoted(r.Instead)
	}
	return r.Runs
}

// maxAliases limits aliases of aliases. Git refuses loops.
const maxAliases = 10

// Resolve resolves the command's aliases as git does (git-config(1), "alias"). For an alias that is a shell command, git puts its own folder first
// into the PATH. So such a command is rewritten to begin with setup, which puts the guard's folder first again. A program git-NAME in PATH, which find
// returns, comes before an alias.
func Resolve(ctx context.Context, git Git, c Command, setup string, find func(name string) string) Resolved {
	for range maxAliases {
		arguments := c.Args
		if c.Name == "config" { // Look finds out which file it writes
			arguments = argv.WithoutOption(arguments, "-f", "--file")
		}
		kind, known := gitop.OfGit(c.Name, arguments)
		switch {
		case c.Name == "submodule":
			return Resolved{Command: c, Kind: kind, Instead: forEach(c, setup)}
		case known || c.Name == "":
			return Resolved{Command: c, Kind: kind}
		}
		if script := external(ctx, git, c, setup, find); script != "" {
			return Resolved{Command: c, Runs: script}
		}
		text, ok := alias(ctx, git, c.Name)
		if !ok {
			return Resolved{Command: c, Instead: exactly(ctx, git, c)}
		}
		if command, ok := strings.CutPrefix(text, "!"); ok {
			globals := slices.Concat(c.Globals, []string{"-c", "alias." + c.Name + "=!" + setup + command})
			return Resolved{Command: c, Instead: Command{Globals: globals, Name: c.Name, Args: c.Args}.words()}
		}
		words := split(text)
		expanded := Read(append(words, c.Args...))
		expanded.Globals = append(slices.Clip(c.Globals), expanded.Globals...)
		if expanded.Name == "" || expanded.Name == c.Name {
			return Resolved{Command: expanded}
		}
		c = expanded
	}
	return Resolved{Command: c}
}

// alias returns the text of an alias: alias.NAME, or alias.NAME.command (since git 2.54).
func alias(ctx context.Context, git Git, name string) (text string, ok bool) {
	for _, key := range []string{"alias." + name, "alias." + name + ".command"} {
		if text, ok := git.Ask(ctx, "config", "--get", key); ok && text != "" {
			return text, true
		}
	}
	return "", false
}

// exactly returns the command without help.autocorrect, by which git guesses an unknown command; nil if git would not guess.
func exactly(ctx context.Context, git Git, c Command) []string {
	if text, ok := git.Ask(ctx, "config", "--get", "help.autocorrect"); !ok || text == "0" || text == "never" {
		return nil
	}
	c.Globals = append(slices.Clip(c.Globals), "-c", "help.autocorrect=never")
	return c.words()
}

// forEach returns git submodule foreach with setup before its command, which a shell runs.
func forEach(c Command, setup string) []string {
	at := -1
	for i, argument := range c.Args {
		if argument == "foreach" {
			at = i
			break
		}
		if !strings.HasPrefix(argument, "-") {
			return nil
		}
	}
	for at++; at > 0 && at < len(c.Args) && strings.HasPrefix(c.Args[at], "-"); at++ {
	}
	if at <= 0 || at >= len(c.Args) {
		return nil
	}
	c.Args = append([]string(nil), c.Args...)
	c.Args[at] = setup + c.Args[at]
	return c.words()
}

// split splits an alias into words as git does (alias.c, split_cmdline): at blanks outside quotes, with backslashes as escapes.
func split(text string) []string {
	var words []string
	var word strings.Builder
	began, quote := false, byte(0)
	end := func() {
		if began {
			words = append(words, word.String())
			word.Reset()
			began = false
		}
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote == 0 && strings.IndexByte(" \t\n\r\v\f", c) >= 0:
			end()
		case quote == 0 && (c == '\'' || c == '"'):
			quote, began = c, true
		case c == quote && quote != 0:
			quote = 0
		case c == '\\' && quote != '\'' && i+1 < len(text):
			i++
			word.WriteByte(text[i])
			began = true
		default:
			word.WriteByte(c)
			began = true
		}
	}
	end()
	return words
}
