package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"stopgate/schema"
)

// schema prints one of the schemas, or their names, or writes them all to a folder. Each stands alone.
func (c command) schema(args []string) int {
	flags := flag.NewFlagSet("schema", flag.ContinueOnError)
	folder := flags.String("all", "", "write every schema to this folder, as `DIR`/NAME.schema.json")
	if status, done := c.parse(flags, args); done {
		return status
	}
	switch {
	case *folder != "" && flags.NArg() > 0:
		return c.misused("schema", "--all writes every schema, so no name can be given")
	case *folder != "":
		return c.writeSchemas(c.abs(*folder))
	case flags.NArg() > 1:
		return c.misused("schema", "more than one schema was given")
	case flags.NArg() == 0:
		fmt.Fprintln(c.stdout, strings.Join(schema.Names(), "\n"))
		return exitOK
	}
	whole, err := schema.Standalone(flags.Arg(0))
	if err != nil {
		if near := schema.Nearest(flags.Arg(0), schema.Names()); near != "" {
			return c.misused("schema", fmt.Sprintf("no schema %q. Did you mean %s?", flags.Arg(0), near))
		}
		return c.misused("schema", err.Error())
	}
	_, _ = c.stdout.Write(whole)
	return exitOK
}

// writeSchemas writes every schema to a folder, and prints the files.
func (c command) writeSchemas(folder string) int {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return c.failed("schema", err)
	}
	for _, name := range schema.Names() {
		whole, err := schema.Standalone(name)
		if err != nil {
			return c.failed("schema", err)
		}
		file := filepath.Join(folder, name+".schema.json")
		if err := os.WriteFile(file, whole, 0o644); err != nil {
			return c.failed("schema", err)
		}
		fmt.Fprintln(c.stdout, file)
	}
	return exitOK
}
