package view

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"stopgate/hook/journal"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/style"
)

// LogOptions are a person's options for the log.
type LogOptions struct {
	// Task is whose log it is; "" for every task.
	Task string
	// Only selects among the stops.
	Only Selection
	// Records shows every record on a line of its own, JSON as it is stored.
	Records, JSON bool
	// Follow waits for more, and writes what happens as it happens, not by task.
	Follow bool
}

// WriteLog writes what a journal holds. It returns how many lines it wrote, and how many lines of the journal are damaged. With o.Follow it ends
// when ctx does, with the error of ctx.
func (r Reader) WriteLog(ctx context.Context, w io.Writer, book *journal.Journal, o LogOptions) (shown, damaged int, err error) {
	lines := &logLines{w: w, o: o, style: r.Style, happenings: newHappenings(r.logWords(ctx))}
	take := func(records []journal.Record) error {
		for _, rec := range records {
			if err := lines.take(rec); err != nil {
				return fmt.Errorf("writing the log: %w", err)
			}
		}
		return nil
	}
	var at journal.Cursor
	for {
		var bad int
		at, bad, err = book.ToEnd(ctx, at, take)
		damaged += bad
		if err != nil {
			return lines.shown, damaged, err
		}
		if err := lines.rest(); err != nil {
			return lines.shown, damaged, fmt.Errorf("writing the log: %w", err)
		}
		if !o.Follow {
			if at.Unfinished() {
				damaged++
			}
			return lines.shown, damaged, nil
		}
		if err := wait(ctx, followEvery); err != nil {
			return lines.shown, damaged, err
		}
	}
}

// logLines writes a log in one of its forms.
type logLines struct {
	w          io.Writer
	o          LogOptions
	style      style.Style
	happenings *happenings
	kept       []happening // to be written by task
	shown      int
}

// take takes the next record.
func (l *logLines) take(rec journal.Record) error {
	if !l.o.JSON && !l.o.Records {
		return l.happened(l.happenings.Take(rec))
	}
	now := l.happenings.words.entry(rec).happening
	line := now.Line(l.style)
	if l.o.JSON {
		line = quote.JSON(rec)
	}
	var stop struct{ Verdict rule.Verdict }
	if rec.Kind == record.KindStop {
		_ = json.Unmarshal(rec.Data, &stop) // a record without a verdict has none
	}
	if now.Verdict = stop.Verdict; !l.o.Only.chooses(now, l.o.Task) {
		return nil
	}
	l.shown++
	_, err := io.WriteString(l.w, line+"\n")
	return err
}

func (l *logLines) happened(list []happening) error {
	list = l.o.Only.chosen(list, l.o.Task)
	l.shown += len(list)
	if !l.o.Follow {
		l.kept = append(l.kept, list...)
		return nil
	}
	for _, h := range list {
		if _, err := io.WriteString(l.w, h.Line(l.style)+"\n"); err != nil {
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
	return writeByTask(l.w, kept, l.style)
}
