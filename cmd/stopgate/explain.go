package main

import (
	"flag"
	"fmt"

	"stopgate/hook"
)

// explain prints the page of a rule, or lists the rules.
func (c command) explain(args []string) int {
	flags := flag.NewFlagSet("explain", flag.ContinueOnError)
	if status, done := c.parse(flags, args); done {
		return status
	}
	switch flags.NArg() {
	case 0:
		for _, p := range hook.Pages() {
			fmt.Fprintf(c.stdout, "%-24s %-8s %s\n", p.Rule, p.Does, p.Line)
		}
		return exitOK
	case 1:
	default:
		return c.misused("explain", "more than one rule was named")
	}
	page, ok := hook.PageOf(flags.Arg(0))
	if !ok {
		return c.misused("explain", fmt.Sprintf("no rule is called %q; stopgate explain lists them", flags.Arg(0)))
	}
	if err := page.WriteText(c.stdout); err != nil {
		fmt.Fprintf(c.stderr, "stopgate explain: writing the page: %v\n", err)
		return exitCannotRun
	}
	return exitOK
}
