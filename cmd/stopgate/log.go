package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/view"
)

// followEvery is how often a journal is asked for more. Asking costs a few system calls.
const followEvery = 200 * time.Millisecond

// logOptions are the flags of log.
type logOptions struct {
	task    string // "" for every task
	only    view.Selection
	records bool // a line for each record
	follow  bool
	format  string // text or json
}

// log prints what happened in the working directory's repository, by task.
func (c command) log(args []string) int {
	var o logOptions
	var only selection
	flags := flag.NewFlagSet("log", flag.ContinueOnError)
	flags.StringVar(&o.task, "task", "", "show only what happened to `TASK`")
	only.flags(flags)
	flags.BoolVar(&o.follow, "follow", false, "wait for more until interrupted; lines come as they happen, not by task")
	flags.BoolVar(&o.records, "records", false, "show every record on a line of its own")
	flags.StringVar(&o.format, "format", "text", "print `FORMAT`: text, or json, the records as stored, one on each line (schema journal)")
	utc := utcFlag(flags)
	if status, done := c.parse(flags, args); done {
		return status
	}
	var err error
	switch o.only, err = only.parse(c); {
	case flags.NArg() > 0:
		return c.misused("log", fmt.Sprintf("unexpected argument %q", flags.Arg(0)))
	case o.format != "text" && o.format != "json":
		return c.misused("log", fmt.Sprintf("--format is %q, not text or json", o.format))
	case err != nil:
		return c.misused("log", err.Error())
	}
	if status, done := c.noRepository("log"); done {
		return status
	}
	ctx := context.Background()
	if o.follow {
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt)
		defer stop()
	}
	reader := c.reader()
	reader.Style = c.style(*utc)
	book, err := c.bookOf(reader.Grounds.Key())
	if err != nil {
		return c.failed("log", err)
	}
	shown, damaged, err := c.showLog(ctx, book, reader, o)
	c.damaged("log", "the journal", damaged)
	switch {
	case errors.Is(err, syscall.EPIPE), o.follow && errors.Is(err, context.Canceled):
		return exitOK // the reader has read enough
	case err != nil:
		return c.failed("log", err)
	case shown == 0 && !o.only.All():
		fmt.Fprintln(c.stderr, "stopgate log: nothing that is recorded matches --since, --agent and --verdict")
	case shown == 0 && o.task != "":
		fmt.Fprintf(c.stderr, "stopgate log: nothing is recorded for task %q; stopgate status --all lists the tasks\n", o.task)
	case shown == 0:
		fmt.Fprintf(c.stderr, "stopgate log: nothing is recorded for %q\n", reader.Grounds.Key())
	}
	return exitOK
}

// showLog writes what happened. It counts the lines, and the lines of the journal that are damaged. With o.follow it ends when ctx does.
func (c command) showLog(ctx context.Context, book *journal.Journal, reader view.Reader, o logOptions) (shown, damaged int, err error) {
	lines := newLogLines(ctx, c.stdout, reader, o)
	var at journal.Cursor
	for {
		records, bad, next, err := book.After(ctx, at)
		damaged += bad
		if err != nil {
			return lines.shown, damaged, err
		}
		for _, rec := range records {
			if err := lines.take(rec); err != nil {
				return lines.shown, damaged, fmt.Errorf("writing the log: %w", err)
			}
		}
		if next != at {
			at = next
			continue
		}
		if err := lines.rest(); err != nil {
			return lines.shown, damaged, fmt.Errorf("writing the log: %w", err)
		}
		if !o.follow {
			if at.Unfinished() {
				damaged++
			}
			return lines.shown, damaged, nil
		}
		select {
		case <-ctx.Done():
			return lines.shown, damaged, ctx.Err()
		case <-time.After(followEvery):
		}
	}
}

// logLines writes a log in one of its forms.
type logLines struct {
	w          io.Writer
	o          logOptions
	reader     view.Reader
	words      *view.LogWords
	happenings *view.Happenings
	kept       []view.Happening // to be written by task
	shown      int
}

func newLogLines(ctx context.Context, w io.Writer, reader view.Reader, o logOptions) *logLines {
	return &logLines{w: w, o: o, reader: reader, words: reader.LogWords(ctx), happenings: reader.Happenings(ctx)}
}

// take takes the next record.
func (l *logLines) take(rec journal.Record) error {
	if l.o.format != "json" && !l.o.records {
		return l.happened(l.happenings.Take(rec))
	}
	entry := l.words.Entry(rec)
	var stop struct{ Verdict rule.Verdict }
	if rec.Kind == record.KindStop {
		_ = json.Unmarshal(rec.Data, &stop) // a record without a verdict has none
	}
	if l.o.task != "" && launch.TaskKey(entry.Task) != launch.TaskKey(l.o.task) || !l.o.only.Matches(rec.At, entry.AgentType, rec.Agent, stop.Verdict) {
		return nil
	}
	l.shown++
	line := entry.Line
	if l.o.format == "json" {
		line = view.RecordJSON(rec)
	}
	_, err := io.WriteString(l.w, line+"\n")
	return err
}

func (l *logLines) happened(list []view.Happening) error {
	list = l.o.only.Chosen(list, l.o.task)
	l.shown += len(list)
	if !l.o.follow {
		l.kept = append(l.kept, list...)
		return nil
	}
	for _, h := range list {
		if _, err := io.WriteString(l.w, h.Line(l.reader.Style)+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// rest writes what was kept.
func (l *logLines) rest() error {
	if err := l.happened(l.happenings.Rest()); err != nil {
		return err
	}
	kept := l.kept
	l.kept = nil
	return view.WriteByTask(l.w, kept, l.reader.Style)
}
