package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"stopgate/hook/figures"
	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/record"
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
	from, err := sinceWhen(*since, c.now())
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
	f := figures.Count(read.events, group, from)
	f.Damaged = read.damaged
	write := map[string]func(io.Writer) error{
		"text": func(w io.Writer) error { return f.WriteText(w, c.style(false)) }, "json": f.WriteJSON, "csv": f.WriteCSV,
	}[*format]
	if err := write(c.stdout); err != nil {
		return c.failed("stats", fmt.Errorf("writing the figures: %w", err))
	}
	c.damaged("stats", "the journal", read.damaged)
	return exitOK
}

const sinceUsage = "count only what happened since `WHEN`: 30d, 2w, 12h, a date as in 2026-11-01, or a time as in 2026-11-01T10:00 or RFC 3339"

// sinceWhen is the moment that a person names, as seen from now; the zero time for "". A date begins in UTC, a time without a zone is in that of now.
func sinceWhen(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.UTC(), nil
		}
	}
	for _, layout := range []string{"2006-01-02 15:04", time.DateTime} {
		if at, err := time.ParseInLocation(layout, strings.Replace(s, "T", " ", 1), now.Location()); err == nil {
			return at.UTC(), nil
		}
	}
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	unit := units[s[len(s)-1]]
	n, err := strconv.Atoi(s[:len(s)-1])
	if err != nil || unit == 0 || n < 0 || n > 1_000_000 || strings.HasPrefix(s, "+") || time.Duration(n) > (1<<62)/unit {
		return time.Time{}, fmt.Errorf("%q, not a span such as 30d, a date, or a time such as 2026-11-01T10:00", s)
	}
	return now.UTC().Add(-time.Duration(n) * unit), nil
}

// readEvents are the events of some journals.
type readEvents struct {
	events  []figures.Event
	damaged int // lines that are no records
}

// events reads the journal of the working directory's repository, or all journals. With reports, they have the words of agents and people.
func (c command) events(all, reports bool) (readEvents, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readDeadline)
	defer cancel()
	var read readEvents
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
		if err := read.add(ctx, book, caps, reports); err != nil {
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

// add reads a journal to its end.
func (r *readEvents) add(ctx context.Context, book *journal.Journal, caps gates.Caps, reports bool) error {
	reader := figures.NewReader(filepath.Base(book.Folder()), caps, reports)
	var at journal.Cursor
	for {
		records, damaged, next, err := book.After(ctx, at)
		r.damaged += damaged
		if err != nil {
			return err
		}
		for _, rec := range records {
			r.events = append(r.events, reader.Event(rec))
		}
		if next == at {
			if at.Unfinished() {
				r.damaged++
			}
			return nil
		}
		at = next
	}
}
