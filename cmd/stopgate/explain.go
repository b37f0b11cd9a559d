package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"

	"stopgate/hook/rule"
	"stopgate/hook/style"
	"stopgate/schema"
)

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
