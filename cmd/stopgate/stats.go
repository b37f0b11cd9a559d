package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"time"

	"stopgate/hook/figures"
	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
)

// runStats prints the figures of the working directory's repository, or of all.
func runStats(c command, flags *flag.FlagSet, args []string) error {
	var since time.Time
	c.sinceFlag(flags, &since, "count")
	var group figures.By
	flags.Func("by", "count for each `GROUP`: agent, rule, day or repository", func(name string) (err error) {
		if group, err = figures.ParseBy(name); err != nil {
			return fmt.Errorf("--by %w", err)
		}
		return nil
	})
	all := flags.Bool("all", false, "count the journals of all repositories")
	format := formatFlag(flags, "print `FORMAT`: text, json (schema figures) or csv", "text", "json", "csv")
	if err := c.parse(flags, args, 0); err != nil {
		return err
	}
	counter := figures.NewCounter(group, since)
	if err := eachBook(c, *all, counter.Read); err != nil {
		return err
	}
	f := counter.Figures()
	var err error
	switch *format {
	case "json":
		err = quote.WriteJSON(c.stdout, f)
	case "csv":
		err = f.WriteCSV(c.stdout)
	default:
		err = f.WriteText(c.stdout, c.style(false))
	}
	if err != nil {
		return wrote("the figures", err)
	}
	c.damaged("stats", "the journal", f.Damaged)
	return nil
}

// events reads the journal of the working directory's repository, or all journals. With reports, they have the words of agents and people.
func events(c command, all, reports bool) (figures.Journals, error) {
	var read figures.Journals
	err := eachBook(c, all, func(ctx context.Context, book *journal.Journal, caps gates.Caps) error {
		return read.Read(ctx, book, caps, reports)
	})
	return read, err
}

// eachBook reads the journal of the working directory's repository, or all journals. caps bound how often a repository's gates send work back.
func eachBook(c command, all bool, read func(ctx context.Context, book *journal.Journal, caps gates.Caps) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), readDeadline)
	defer cancel()
	if !all {
		if err := c.recordable(); err != nil {
			return err
		}
	}
	reader := viewReader(c, false)
	own, err := c.ownBook()
	if err != nil {
		return err
	}
	books, err := journalsOf(c, own, all)
	if err != nil {
		return err
	}
	var failed error
	for _, book := range books {
		caps := record.CapsOf(launch.Defaults())
		if book.Folder() == own.Folder() {
			caps = reader.Caps(ctx)
		}
		if err := read(ctx, book, caps); err != nil {
			if !all {
				return err
			}
			failed = errors.Join(failed, fmt.Errorf("%s: %w", filepath.Base(book.Folder()), err))
		}
	}
	return failed
}

// journalsOf returns the journal of the working directory's repository, own, or all journals.
func journalsOf(c command, own *journal.Journal, all bool) ([]*journal.Journal, error) {
	if !all {
		return []*journal.Journal{own}, nil
	}
	dir, err := journal.Dir(c.getenv)
	if err != nil {
		return nil, err
	}
	return journal.All(dir)
}
