package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"stopgate/hook/style"
	"stopgate/schema"
)

// parse reads a subcommand's flags, which may stand before or after its arguments. If done, the subcommand ends with status.
func (c command) parse(flags *flag.FlagSet, args []string) (status int, done bool) {
	var plain []string
	for {
		if status, done := c.parseLeading(flags, args); done {
			return status, true
		}
		rest := flags.Args()
		if read := len(args) - len(rest); len(rest) == 0 || read > 0 && args[read-1] == "--" {
			_ = flags.Parse(append(append([]string{"--"}, plain...), rest...)) // arguments alone cannot be wrong
			return exitOK, false
		}
		plain, args = append(plain, rest[0]), rest[1:]
	}
}

// parseLeading is parse for flags before the first argument alone: what follows belongs to another program.
func (c command) parseLeading(flags *flag.FlagSet, args []string) (status int, done bool) {
	flags.SetOutput(io.Discard)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		sub, _ := subcommandOf(flags.Name())
		look := c.style(false)
		fmt.Fprintf(c.stdout, "%s\n\n%s\n", sub.usageFor(look, "usage: "), look.Wrap(sub.what))
		_, _ = io.WriteString(c.stdout, look.Wrap(flagList(flags)))
		return exitOK, true
	case err != nil:
		return c.misused(flags.Name(), flagProblem(err, flags)), true
	}
	return exitOK, false
}

// parseNone is parse for a subcommand that takes no arguments.
func (c command) parseNone(flags *flag.FlagSet, args []string) (status int, done bool) {
	if status, done := c.parse(flags, args); done {
		return status, true
	}
	if flags.NArg() > 0 {
		return c.misused(flags.Name(), fmt.Sprintf("unexpected argument %q", flags.Arg(0))), true
	}
	return exitOK, false
}

// flagList lists the flags as the usage line has them, with two hyphens.
func flagList(flags *flag.FlagSet) string {
	var b strings.Builder
	flags.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		if value != "" {
			value = " " + value
		}
		if f.DefValue != "" && f.DefValue != "false" {
			usage += fmt.Sprintf(" (default %q)", f.DefValue)
		}
		fmt.Fprintf(&b, "  --%s%s\n      %s\n", f.Name, value, usage)
	})
	return b.String()
}

// flagProblem says what is wrong with a flag, in the words of a person who typed two hyphens.
func flagProblem(err error, flags *flag.FlagSet) string {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		var names []string
		flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
		text = "unknown flag --" + name
		if near := schema.Nearest(name, names); near != "" {
			text += ". Did you mean --" + near + "?"
		}
		return text
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return "--" + name + " needs a value"
	}
	return regexp.MustCompile(` for (?:flag )?-([a-z-]+): .*`).ReplaceAllString(text, " for --$1")
}

// awaits tells a person at a terminal that the command waits for input.
func (c command) awaits(name, what string) {
	if style.IsTerminal(c.stdin) {
		fmt.Fprintf(c.stderr, "stopgate %s: waiting for %s on stdin\n", name, what)
	}
}

// style is how this command prints on stdout for people.
func (c command) style(utc bool) style.Style {
	zone := c.zone
	if utc {
		zone = time.UTC
	}
	return style.Of(c.stdout, c.getenv, zone)
}

// utcFlag is the flag of commands that print times.
func utcFlag(flags *flag.FlagSet) *bool {
	return flags.Bool("utc", false, "print times in UTC, not in local time")
}
