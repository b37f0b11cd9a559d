package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"stopgate/hook/manual"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/style"
	"stopgate/schema"
)

// runSchema prints one of the schemas, or their names, or writes all schemas to a folder. Each schema is self-contained.
func runSchema(c command, flags *flag.FlagSet, args []string) error {
	folder := flags.String("all", "", "write every schema to this folder, as `DIR`/NAME.schema.json")
	if err := c.parse(flags, args, anyNumber); err != nil {
		return err
	}
	switch {
	case *folder != "" && flags.NArg() > 0:
		return misused("--all writes every schema, so no name can be given")
	case *folder != "":
		return writeSchemas(c, c.abs(*folder))
	case flags.NArg() > 1:
		return misused("more than one schema was given")
	case flags.NArg() == 0:
		fmt.Fprintln(c.stdout, strings.Join(schema.Names(), "\n"))
		return nil
	}
	whole, err := schema.Standalone(flags.Arg(0))
	if err != nil {
		if near := didYouMean(flags.Arg(0), schema.Names()); near != "" {
			return misused("no schema %q%s", flags.Arg(0), near)
		}
		return misuse(err.Error())
	}
	_, _ = c.stdout.Write(whole)
	return nil
}

// writeSchemas writes every schema to a folder, and prints the files.
func writeSchemas(c command, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, name := range schema.Names() {
		whole, err := schema.Standalone(name)
		if err != nil {
			return err
		}
		file := filepath.Join(folder, name+".schema.json")
		if err := os.WriteFile(file, whole, 0o644); err != nil {
			return err
		}
		fmt.Fprintln(c.stdout, file)
	}
	return nil
}

// runExplain prints the page of a rule, the list of rules, or the gates of a task with the files that need them.
func runExplain(c command, flags *flag.FlagSet, args []string) error {
	var task *string
	flags.Func("task", "show which files of `TASK` need which gate, and the state of each gate", func(name string) error {
		task = &name
		return nil
	})
	if err := c.parse(flags, args, anyNumber); err != nil {
		return err
	}
	if task != nil {
		if flags.NArg() > 0 {
			return misused("either a rule or --task can be given, not both")
		}
		return explainTask(c, *task)
	}
	look := c.style(false)
	switch flags.NArg() {
	case 0:
		for _, r := range rule.All() {
			line := fmt.Sprintf("%s %-8s %s", look.Paint(style.Strong, fmt.Sprintf("%-24s", r.Name)), r.Effect, r.Title)
			fmt.Fprintln(c.stdout, look.Hang(line, len(fmt.Sprintf("%-24s %-8s ", r.Name, r.Effect))))
		}
		return nil
	case 1:
	default:
		return misused("more than one rule was given")
	}
	found, ok := rule.Find(rule.Name(flags.Arg(0)))
	if !ok {
		names := quote.Each(rule.All(), func(r rule.Rule) string { return string(r.Name) })
		return misused("unknown rule %q%s stopgate explain lists the rules", flags.Arg(0), cmp.Or(didYouMean(flags.Arg(0), names), ";"))
	}
	var page strings.Builder
	_ = found.WriteText(&page) // a builder takes everything
	title, text, _ := strings.Cut(page.String(), "\n")
	_, err := io.WriteString(c.stdout, look.Wrap(look.Paint(style.Strong, title)+"\n"+text))
	return wrote("the page", err)
}

// explainTask prints the gates of one task.
func explainTask(c command, task string) error {
	if err := c.recordable(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), readDeadline)
	defer cancel()
	status, err := viewReader(c, false).StatusOf(ctx, task)
	if err != nil {
		return err
	}
	if err := status.WriteGates(c.stdout); err != nil {
		return wrote("the result", err)
	}
	c.damaged("explain", "the journal", status.DamagedLines)
	return nil
}

// pages returns the subcommands as the manual page and the completions have them.
func pages() (list []manual.Command) {
	for _, sub := range subcommands() {
		list = append(list, manual.Command{Name: sub.name, Args: sub.args, What: sub.what})
	}
	return list
}

// committed returns the day of the commit that the program was built from; "" if it is not known.
func committed() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			day, _, _ := strings.Cut(s.Value, "T")
			return day
		}
	}
	return ""
}

// runMan prints the manual page.
func runMan(c command, flags *flag.FlagSet, args []string) error {
	if err := c.parse(flags, args, 0); err != nil {
		return err
	}
	_, err := io.WriteString(c.stdout, manual.Page(release, committed(), pages()))
	return err
}

// runCompletion prints a shell's completion script.
func runCompletion(c command, flags *flag.FlagSet, args []string) error {
	if err := c.parse(flags, args, anyNumber); err != nil {
		return err
	}
	script, err := manual.Completion(flags.Arg(0), pages())
	if err != nil || flags.NArg() != 1 {
		return misused("expected one shell: bash, zsh or fish")
	}
	_, err = io.WriteString(c.stdout, script)
	return err
}
