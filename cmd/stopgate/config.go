package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"stopgate/hook/config"
	"stopgate/hook/quote"
	"stopgate/hook/site"
	"stopgate/hook/view"
)

// config prints the configuration in force, or checks a file.
func (c command) config(args []string) int {
	flags := flag.NewFlagSet("config", flag.ContinueOnError)
	if status, done := c.parse(flags, args); done {
		return status
	}
	switch {
	case flags.Arg(0) == "check" && flags.NArg() <= 2:
		return c.configCheck(flags.Arg(1))
	case flags.NArg() > 0:
		return c.misused("config", fmt.Sprintf("unexpected argument %q", flags.Arg(0)))
	}
	ctx, cancel := context.WithTimeout(context.Background(), readDeadline)
	defer cancel()
	place, ok := site.GroundsOf("", c.dir).Main()
	if !ok {
		return c.failed("config", errNotRepository(c.dir))
	}
	text, err := c.worktrees().FileAt(ctx, place, "HEAD", config.FileName, config.MaxBytes)
	if err != nil {
		return c.failed("config", err)
	}
	settings, err := config.Settings(text)
	if err != nil {
		return c.failed("config", err)
	}
	if err := view.WriteSettings(c.stdout, settings, c.style(false)); err != nil {
		return c.failed("config", fmt.Errorf("writing the result: %w", err))
	}
	status := exitOK
	for _, problem := range config.Check(config.FileName, text) {
		fmt.Fprintf(c.stderr, "stopgate config: HEAD:%s\n", quote.Lines(problem.String()))
		status = exitNot
	}
	if status != exitOK {
		fmt.Fprintln(c.stderr, "stopgate config: so every value is the default one")
	}
	c.uncommitted("config", place.Root, text)
	return status
}

// uncommitted says that the file on the disk is not the one that counts.
func (c command) uncommitted(name, root string, committed []byte) {
	here, err := os.ReadFile(filepath.Join(root, config.FileName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		fmt.Fprintf(c.stderr, "stopgate %s: %v\n", name, err)
	case strings.ReplaceAll(string(here), "\r\n", "\n") != strings.ReplaceAll(string(committed), "\r\n", "\n"):
		fmt.Fprintf(c.stderr, "stopgate %s: %s differs from the committed one; it counts once it is committed\n", name, config.FileName)
	}
}

// configCheck checks a file: that of the main worktree, unless another is named. "-" is stdin.
func (c command) configCheck(name string) int {
	shown := name
	var committed []byte
	root := ""
	if name == "" {
		place, ok := site.GroundsOf("", c.dir).Main()
		if !ok {
			return c.failed("config", errNotRepository(c.dir))
		}
		ctx, cancel := context.WithTimeout(context.Background(), readDeadline)
		defer cancel()
		committed, _ = c.worktrees().FileAt(ctx, place, "HEAD", config.FileName, config.MaxBytes) // nil if it cannot be read
		root, shown = place.Root, config.FileName
		name = filepath.Join(root, config.FileName)
	}
	input := c.stdin
	if name != "-" {
		file, err := os.Open(c.abs(name))
		if errors.Is(err, fs.ErrNotExist) && root != "" {
			fmt.Fprintf(c.stdout, "there is no %s: the default configuration holds\n", config.FileName)
			return exitOK
		}
		if err != nil {
			return c.failed("config", fmt.Errorf("reading the configuration: %w", err))
		}
		defer file.Close()
		input = file
	}
	text, err := io.ReadAll(io.LimitReader(input, config.MaxBytes+1))
	if err != nil {
		return c.failed("config", fmt.Errorf("reading the configuration: %w", err))
	}
	problems := config.Check(shown, text)
	for _, problem := range problems {
		fmt.Fprintln(c.stdout, quote.Lines(problem.String()))
	}
	if len(problems) > 0 {
		return exitNot
	}
	fmt.Fprintf(c.stdout, "%s is valid\n", shown)
	if root != "" {
		c.uncommitted("config", root, committed)
	}
	return exitOK
}

// errNotRepository says that a command needs a repository.
func errNotRepository(dir string) error {
	return fmt.Errorf("Not a git repository: %s", dir) //nolint:staticcheck // people search for the words that git uses
}
