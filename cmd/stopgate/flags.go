package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"stopgate/hook/style"
	"stopgate/hook/view"
)

// anyNumber of arguments may follow, as far as parse is concerned.
const anyNumber = math.MaxInt

// parse reads a subcommand's flags, which may come before or after its arguments. most is the maximum number of arguments.
func (c command) parse(flags *flag.FlagSet, args []string, most int) error {
	var plain []string
	for {
		if err := c.parseLeading(flags, args); err != nil {
			return err
		}
		rest := flags.Args()
		if read := len(args) - len(rest); len(rest) == 0 || read > 0 && args[read-1] == "--" {
			_ = flags.Parse(slices.Concat([]string{"--"}, plain, rest)) // arguments alone cannot be wrong
			break
		}
		plain, args = append(plain, rest[0]), rest[1:]
	}
	if flags.NArg() > most {
		return misused("unexpected argument %q", flags.Arg(most))
	}
	return nil
}

// parseLeading is parse for flags before the first argument alone: what follows belongs to another program. It prints the help that is asked
// for, and returns flag.ErrHelp then.
func (c command) parseLeading(flags *flag.FlagSet, args []string) error {
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		sub, _ := subcommandOf(flags.Name())
		look := c.style(false)
		fmt.Fprintf(c.stdout, "%s\n\n%s\n", sub.usageFor(look, "usage: "), look.Wrap(sub.what))
		_, _ = io.WriteString(c.stdout, look.Wrap(flagList(flags)))
	case err != nil:
		return misuse(flagProblem(err, flags))
	}
	return err
}

// choice is the value of a flag that is one of a few words.
type choice struct {
	name, word string
	words      []string
}

func (f *choice) String() string { return f.word }

// Set takes one of the words.
func (f *choice) Set(word string) error {
	if !slices.Contains(f.words, word) {
		last := len(f.words) - 1
		return fmt.Errorf("--%s is %q, not %s or %s", f.name, word, strings.Join(f.words[:last], ", "), f.words[last])
	}
	f.word = word
	return nil
}

// formatFlag returns the flag for the form of the output, of which the first is the default.
func formatFlag(flags *flag.FlagSet, usage string, formats ...string) *string {
	f := &choice{"format", formats[0], formats}
	flags.Var(f, f.name, usage)
	return &f.word
}

// sinceFlag is the flag for the moment from which records count. verb is what the command does with them.
func (c command) sinceFlag(flags *flag.FlagSet, since *time.Time, verb string) {
	usage := verb + " only what happened since `WHEN`: 30d, 2w, 12h, a date as in 2026-11-01, or a time as in 2026-11-01T10:00 or RFC 3339"
	flags.Func("since", usage, func(text string) (err error) {
		if *since, err = view.ParseSince(text, c.now()); err != nil {
			return fmt.Errorf("--since is %w", err)
		}
		return nil
	})
}

// selectionFlags adds the flags that select stops.
func (c command) selectionFlags(flags *flag.FlagSet, s *view.Selection) {
	c.sinceFlag(flags, &s.Since, "show")
	flags.StringVar(&s.Agent, "agent", "", "show only the stops of `AGENT`: a type of agent, or the beginning of an agent's id")
	flags.Func("verdict", "show only stops with this `VERDICT`, or with one of several separated by commas", func(text string) (err error) {
		if s.Verdicts, err = view.ParseVerdicts(text); err != nil {
			return fmt.Errorf("--verdict is %w", err)
		}
		return nil
	})
}

// listFlag returns a flag that may be given more than once.
func listFlag(flags *flag.FlagSet, name, usage string) *[]string {
	var list []string
	flags.Func(name, usage+"; may be given more than once", func(value string) error {
		list = append(list, value)
		return nil
	})
	return &list
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

// flagProblem says what is wrong with a flag, with two hyphens, as the person typed it.
func flagProblem(err error, flags *flag.FlagSet) string {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		var names []string
		flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
		return "unknown flag --" + name + strings.Replace(didYouMean(name, names), " mean ", " mean --", 1)
	}
	// A flag's own error follows the words of package flag.
	if own := regexp.MustCompile(`(?s)^invalid value "(?:[^"\\]|\\.)*" for flag -[a-z-]+: (--.*)$`).FindStringSubmatch(text); own != nil {
		return own[1]
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

// style returns how this command prints on stdout for people.
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
