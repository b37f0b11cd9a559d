package main

import (
	"bufio"
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
	"stopgate/hook/setup"
	"stopgate/hook/site"
	"stopgate/hook/style"
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

// init writes a configuration that fits the repository, after the person has seen it.
func (c command) init(args []string) int {
	flags := flag.NewFlagSet("init", flag.ContinueOnError)
	dryRun := flags.Bool("dry-run", false, "show the file, and write nothing")
	yes := flags.Bool("yes", false, "write the file without asking")
	var plugins []string
	flags.Func("plugin", "look at the agents of the plugin in `DIR` too; may be given more than once", func(dir string) error {
		plugins = append(plugins, c.abs(dir))
		return nil
	})
	if status, done := c.parse(flags, args); done {
		return status
	}
	if flags.NArg() > 0 {
		return c.misused("init", fmt.Sprintf("unexpected argument %q", flags.Arg(0)))
	}
	place, ok := site.GroundsOf("", c.dir).Main()
	if !ok {
		return c.failed("init", errNotRepository(c.dir))
	}
	found := setup.Look(setup.Places{Root: place.Root, CommonDir: place.CommonDir, Plugins: append(plugins, c.world().EnabledPlugins()...)})
	for _, problem := range found.Problems {
		fmt.Fprintf(c.stderr, "stopgate init: %s\n", quote.Lines(problem))
	}
	text, needed, err := found.File()
	if err != nil {
		return c.failed("init", err)
	}
	if _, err := c.stdout.Write(text); err != nil {
		return c.failed("init", fmt.Errorf("showing the file: %w", err))
	}
	root, err := os.OpenRoot(place.Root)
	if err != nil {
		return c.failed("init", err)
	}
	defer root.Close()
	_, err = root.Lstat(config.FileName)
	switch {
	case err == nil:
		fmt.Fprintf(c.stderr, "stopgate init: %s is there already, and is never overwritten. Take from the file above what fits\n", config.FileName)
		return exitNot
	case !errors.Is(err, fs.ErrNotExist):
		return c.failed("init", err)
	case !needed:
		fmt.Fprintln(c.stderr, "stopgate init: the defaults fit what was found, so no file is needed")
		return exitOK
	case *dryRun:
		fmt.Fprintln(c.stderr, "stopgate init: dry run: nothing was written")
		return exitOK
	case !*yes && !c.agreed("Write it to "+config.FileName+"?"):
		fmt.Fprintln(c.stderr, "stopgate init: nothing was written; stopgate init --yes writes the file")
		return exitOK
	}
	file, err := root.OpenFile(config.FileName, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return c.failed("init", fmt.Errorf("writing the file: %w", err))
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Close()); err != nil {
		return c.failed("init", errors.Join(fmt.Errorf("writing the file: %w", err), root.Remove(config.FileName)))
	}
	fmt.Fprintf(c.stderr, "stopgate init: %s was written. It counts once it is committed: git add %s && git commit -m 'Configure stopgate' %s\n", config.FileName, config.FileName, config.FileName)
	return exitOK
}

// agreed asks a person on a terminal. Without one nobody agrees.
func (c command) agreed(question string) bool {
	if !style.IsTerminal(c.stdin) {
		return false
	}
	fmt.Fprintf(c.stderr, "%s [y/N] ", question)
	answer, _ := bufio.NewReader(c.stdin).ReadString('\n') // an end without an answer is no
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}
