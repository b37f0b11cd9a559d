package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"stopgate/hook/quote"
	"stopgate/hook/serve"
)

// serveAddress is the value of --serve, which may have none.
type serveAddress struct {
	given   bool
	address string
}

func (a *serveAddress) String() string { return a.address }

// IsBoolFlag lets --serve stand without a value.
func (a *serveAddress) IsBoolFlag() bool { return true }

// Set takes "true" for a flag without a value.
func (a *serveAddress) Set(value string) error {
	if a.given = value != "false"; a.given && value != "true" {
		a.address = value
	}
	return nil
}

// serve serves the page until the terminal ends it.
func (c command) serve(from pageSource, address string, open bool) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := c.serving(ctx, from, address, open); err != nil {
		return c.failed("dashboard", err)
	}
	return exitOK
}

// serving serves the page until the context ends, and prints where it is.
func (c command) serving(ctx context.Context, from pageSource, address string, open bool) error {
	_, damaged, err := c.draw(from, "") // what cannot be shown is said at once
	if err != nil {
		return err
	}
	c.damaged("dashboard", from.kind(), damaged)
	listener, err := serve.Listen(address)
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // it is closed with the pages already
	pages := serve.New(listener.Addr(), func(ctx context.Context) ([]byte, error) {
		state, err := c.pageState(ctx, from)
		if err != nil {
			return nil, err
		}
		text, _, err := c.draw(from, state)
		return text, err
	}, func(ctx context.Context) (string, error) { return c.pageState(ctx, from) })
	where := "http://" + listener.Addr().String() + pages.Path()
	fmt.Fprintln(c.stdout, where)
	if open {
		if err := openBrowser(where); err != nil {
			return err
		}
	}
	return pages.Until(ctx, listener)
}

// pageState names what a page is made from: the sizes and times of the files. A file that is removed meanwhile is a change as well.
func (c command) pageState(ctx context.Context, from pageSource) (string, error) {
	var parts []string
	add := func(info os.FileInfo, err error) {
		if err == nil {
			parts = append(parts, fmt.Sprint(info.Name(), info.Size(), info.ModTime().UnixNano()))
		}
	}
	for _, name := range from.exports {
		add(os.Stat(c.abs(name)))
	}
	if len(from.exports) > 0 {
		return quote.Digest(parts...), ctx.Err()
	}
	own, err := c.bookOf(c.reader().Grounds.Key())
	if err != nil {
		return "", err
	}
	books, err := c.books(own, from.all)
	if err != nil {
		return "", err
	}
	for _, book := range books {
		parts = append(parts, book.Folder())
		entries, err := os.ReadDir(book.Folder())
		if err != nil {
			return "", fmt.Errorf("looking for what is new: %w", err)
		}
		for _, entry := range entries {
			if strings.HasSuffix(entry.Name(), ".jsonl") {
				add(entry.Info())
			}
		}
	}
	return quote.Digest(parts...), ctx.Err()
}
