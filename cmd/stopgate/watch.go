package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"stopgate/hook/journal"
	"stopgate/hook/style"
)

// watchAgain is after how long a status is shown again although nothing was recorded: worktrees and times change, too.
const watchAgain = 10 * time.Second

// watch shows the status again and again, until it is interrupted or nobody reads it any more.
func (c command) watch(all, utc bool) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := c.watching(ctx, all, utc)
	if errors.Is(err, context.Canceled) || errors.Is(err, syscall.EPIPE) {
		return exitOK
	}
	return c.failed("status", err)
}

// watching shows it until there is an error, which it returns.
func (c command) watching(ctx context.Context, all, utc bool) error {
	reader := c.reader()
	book, err := c.bookOf(reader.Grounds.Key())
	if err != nil {
		return err
	}
	var at journal.Cursor
	for {
		if at, err = newest(ctx, book, at); err != nil {
			return err
		}
		status, err := c.tasks(ctx, all, utc)
		if err != nil {
			return err
		}
		var b strings.Builder
		if style.IsTerminal(c.stdout) {
			b.WriteString("\x1b[H\x1b[J") // to the top, and clear what is below
		}
		fmt.Fprintf(&b, "stopgate status, %s\n\n", c.style(utc).Time(c.now()))
		if err := status.WriteText(&b); err != nil {
			return err
		}
		if !style.IsTerminal(c.stdout) {
			b.WriteString("\n")
		}
		if _, err := io.WriteString(c.stdout, b.String()); err != nil {
			return fmt.Errorf("writing the status: %w", err)
		}
		if err := waitForMore(ctx, book, at); err != nil {
			return err
		}
	}
}

// newest is the end of the journal.
func newest(ctx context.Context, book *journal.Journal, at journal.Cursor) (journal.Cursor, error) {
	for {
		_, _, next, err := book.After(ctx, at)
		if err != nil || next == at {
			return at, err
		}
		at = next
	}
}

// waitForMore waits until something is recorded after that, or watchAgain has passed.
func waitForMore(ctx context.Context, book *journal.Journal, at journal.Cursor) error {
	again := time.After(watchAgain)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-again:
			return nil
		case <-time.After(followEvery):
		}
		if _, _, next, err := book.After(ctx, at); err != nil || next != at {
			return err
		}
	}
}
