package main

import (
	"flag"
	"fmt"
	"strings"

	"stopgate/schema"
)

// schema prints one of the schemas, or their names.
func (c command) schema(args []string) int {
	flags := flag.NewFlagSet("schema", flag.ContinueOnError)
	if status, done := c.parse(flags, args); done {
		return status
	}
	if flags.NArg() > 1 {
		return c.misused("schema", "more than one schema was given")
	}
	if flags.NArg() == 0 {
		fmt.Fprintln(c.stdout, strings.Join(schema.Names(), "\n"))
		return exitOK
	}
	source, err := schema.Source(flags.Arg(0))
	if err != nil {
		return c.misused("schema", err.Error())
	}
	_, _ = c.stdout.Write(source)
	return exitOK
}
