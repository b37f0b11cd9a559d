package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"stopgate/hook/manual"
	"stopgate/hook/rule"
	"stopgate/hook/style"
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

// explain prints the page of a rule, the list of rules, or the gates of a task with the files that need them.
func (c command) explain(args []string) int {
	flags := flag.NewFlagSet("explain", flag.ContinueOnError)
	var task *string
	flags.Func("task", "show which files of `TASK` need which gate, and the state of each gate", func(name string) error {
		task = &name
		return nil
	})
	if status, done := c.parse(flags, args); done {
		return status
	}
	if task != nil {
		if flags.NArg() > 0 {
			return c.misused("explain", "either a rule or --task can be given, not both")
		}
		return c.explainTask(*task)
	}
	look := c.style(false)
	switch flags.NArg() {
	case 0:
		for _, r := range rule.All() {
			line := fmt.Sprintf("%s %-8s %s", look.Paint(style.Strong, fmt.Sprintf("%-24s", r.Name)), r.Effect, r.Title)
			fmt.Fprintln(c.stdout, look.Hang(line, len(fmt.Sprintf("%-24s %-8s ", r.Name, r.Effect))))
		}
		return exitOK
	case 1:
	default:
		return c.misused("explain", "more than one rule was given")
	}
	found, ok := rule.Find(rule.Name(flags.Arg(0)))
	if !ok {
		var names []string
		for _, r := range rule.All() {
			names = append(names, string(r.Name))
		}
		meant := ";"
		if near := schema.Nearest(flags.Arg(0), names); near != "" {
			meant = ". Did you mean " + near + "?"
		}
		return c.misused("explain", fmt.Sprintf("unknown rule %q%s stopgate explain lists the rules", flags.Arg(0), meant))
	}
	var page strings.Builder
	_ = found.WriteText(&page) // a builder takes everything
	title, text, _ := strings.Cut(page.String(), "\n")
	if _, err := io.WriteString(c.stdout, look.Wrap(look.Paint(style.Strong, title)+"\n"+text)); err != nil {
		return c.failed("explain", fmt.Errorf("writing the page: %w", err))
	}
	return exitOK
}

// explainTask prints the gates of one task.
func (c command) explainTask(task string) int {
	if status, done := c.noRepository("explain"); done {
		return status
	}
	ctx, cancel := context.WithTimeout(context.Background(), readDeadline)
	defer cancel()
	reader := c.reader()
	reader.Style = c.style(false)
	status, err := reader.StatusOf(ctx, task)
	if err != nil {
		return c.failed("explain", err)
	}
	if err := status.WriteGates(c.stdout); err != nil {
		return c.failed("explain", fmt.Errorf("writing the result: %w", err))
	}
	c.damaged("explain", "the journal", status.DamagedLines)
	return exitOK
}

// pages are the subcommands as the manual page and the completions have them.
func pages() (list []manual.Command) {
	for _, sub := range subcommands() {
		list = append(list, manual.Command{Name: sub.name, Args: sub.args, What: sub.what})
	}
	return list
}

// man prints the manual page.
func (c command) man(args []string) int {
	flags := flag.NewFlagSet("man", flag.ContinueOnError)
	if status, done := c.parseNone(flags, args); done {
		return status
	}
	if _, err := io.WriteString(c.stdout, manual.Page(release, pages())); err != nil {
		return c.failed("man", err)
	}
	return exitOK
}

// completion prints a shell's completion script.
func (c command) completion(args []string) int {
	flags := flag.NewFlagSet("completion", flag.ContinueOnError)
	if status, done := c.parse(flags, args); done {
		return status
	}
	script, err := manual.Completion(flags.Arg(0), pages())
	if err != nil || flags.NArg() != 1 {
		return c.misused("completion", "expected one shell: bash, zsh or fish")
	}
	if _, err := io.WriteString(c.stdout, script); err != nil {
		return c.failed("completion", err)
	}
	return exitOK
}
