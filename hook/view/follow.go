package view

import (
	"context"
	"time"

	"stopgate/hook/journal"
)

const (
	// followEvery is how often a journal is asked for more. Asking costs a few system calls.
	followEvery = 200 * time.Millisecond
	// watchAgain is after how long a status is shown again although nothing was recorded: worktrees and times change, too.
	watchAgain = 10 * time.Second
)

// Watch shows a status, and shows it again whenever something was recorded or ten seconds have passed. It ends with the first error: that of show,
// of the journal, or of ctx.
func Watch(ctx context.Context, book *journal.Journal, show func() error) error {
	var at journal.Cursor
	for {
		var err error
		if at, _, err = book.ToEnd(ctx, at, func([]journal.Record) error { return nil }); err != nil {
			return err
		}
		if err := show(); err != nil {
			return err
		}
		if err := untilMore(ctx, book, at); err != nil {
			return err
		}
	}
}

// untilMore waits until something is recorded after that, or watchAgain has passed.
func untilMore(ctx context.Context, book *journal.Journal, at journal.Cursor) error {
	for range watchAgain / followEvery {
		if err := wait(ctx, followEvery); err != nil {
			return err
		}
		if _, _, next, err := book.After(ctx, at); err != nil || next != at {
			return err
		}
	}
	return nil
}

// wait returns the error of ctx if that ends before the time has passed.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
