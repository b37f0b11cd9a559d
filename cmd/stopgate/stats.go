package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"

	"stopgate/hook/figures"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/view"
)

// stats prints the figures of the working directory's repository, or of all.
func (c command) stats(args []string) int {
	flags := flag.NewFlagSet("stats", flag.ContinueOnError)
	since := flags.String("since", "", sinceUsage)
	by := flags.String("by", "", "count for each `GROUP`: agent, rule, day or repository")
	all := flags.Bool("all", false, "count the journals of all repositories")
	format := flags.String("format", "text", "print `FORMAT`: text, json (schema figures) or csv")
	if status, done := c.parse(flags, args); done {
		return status
	}
	from, err := view.ParseSince(*since, c.now())
	if err != nil {
		return c.misused("stats", "--since is "+err.Error())
	}
	group, err := figures.ParseBy(*by)
	switch {
	case flags.NArg() > 0:
		return c.misused("stats", fmt.Sprintf("unexpected argument %q", flags.Arg(0)))
	case err != nil:
		return c.misused("stats", "--by "+err.Error())
	case *format != "text" && *format != "json" && *format != "csv":
		return c.misused("stats", fmt.Sprintf("--format is %q, not text, json or csv", *format))
	}
	read, err := c.events(*all, false)
	if err != nil {
		return c.failed("stats", err)
	}
	f := figures.Count(read.Events, group, from)
	f.Damaged = read.Damaged
	write := map[string]func(io.Writer) error{
		"text": func(w io.Writer) error { return f.WriteText(w, c.style(false)) }, "json": f.WriteJSON, "csv": f.WriteCSV,
	}[*format]
	if err := write(c.stdout); err != nil {
		return c.failed("stats", fmt.Errorf("writing the figures: %w", err))
	}
	c.damaged("stats", "the journal", read.Damaged)
	return exitOK
}

const sinceUsage = "count only what happened since `WHEN`: 30d, 2w, 12h, a date as in 2026-11-01, or a time as in 2026-11-01T10:00 or RFC 3339"

// events reads the journal of the working directory's repository, or all journals. With reports, they have the words of agents and people.
func (c command) events(all, reports bool) (figures.Journals, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readDeadline)
	defer cancel()
	var read figures.Journals
	if !all {
		if err := c.recordable(); err != nil {
			return read, err
		}
	}
	reader := c.reader()
	own, err := c.bookOf(reader.Grounds.Key())
	if err != nil {
		return read, err
	}
	books, err := c.books(own, all)
	if err != nil {
		return read, err
	}
	var failed error
	for _, book := range books {
		caps := record.CapsOf(launch.Defaults())
		if book.Folder() == own.Folder() {
			caps = reader.Caps(ctx)
		}
		if err := read.Read(ctx, book, caps, reports); err != nil {
			if !all {
				return read, err
			}
			failed = errors.Join(failed, fmt.Errorf("%s: %w", filepath.Base(book.Folder()), err))
		}
	}
	return read, failed
}

// books are the journal of the working directory's repository, own, or all journals.
func (c command) books(own *journal.Journal, all bool) ([]*journal.Journal, error) {
	if !all {
		return []*journal.Journal{own}, nil
	}
	dir, err := journal.Dir(c.getenv)
	if err != nil {
		return nil, err
	}
	return journal.All(dir)
}
