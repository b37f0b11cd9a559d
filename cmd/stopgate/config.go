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
	"stopgate/hook/worktree/gitdir"
)

// runConfig prints the configuration in force, or checks a file.
func runConfig(c command, flags *flag.FlagSet, args []string) error {
	if err := c.parse(flags, args, anyNumber); err != nil {
		return err
	}
	switch {
	case flags.Arg(0) == "check" && flags.NArg() <= 2:
		return configCheck(c, flags.Arg(1))
	case flags.NArg() > 0:
		return misused("unexpected argument %q", flags.Arg(0))
	}
	ctx, cancel := context.WithTimeout(context.Background(), readDeadline)
	defer cancel()
	place, ok := site.GroundsOf("", c.dir).Main()
	if !ok {
		return errNotRepository(c.dir)
	}
	text, err := c.worktrees().FileAt(ctx, place, "HEAD", config.FileName, config.MaxBytes)
	if err != nil {
		return err
	}
	settings, err := config.Settings(text)
	if err != nil {
		return err
	}
	if err := view.WriteSettings(c.stdout, settings, c.style(false)); err != nil {
		return wrote("the result", err)
	}
	problems := config.Check(config.FileName, text)
	for _, problem := range problems {
		fmt.Fprintf(c.stderr, "stopgate config: HEAD:%s\n", quote.Lines(problem.String()))
	}
	if len(problems) > 0 {
		fmt.Fprintln(c.stderr, "stopgate config: so every value is the default one")
		err = errNot
	}
	uncommitted(c, place.Root, text)
	return err
}

// uncommitted says that the file on the disk is not the one that counts.
func uncommitted(c command, root string, committed []byte) {
	here, err := gitdir.ReadSmall(filepath.Join(root, config.FileName), config.MaxBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		fmt.Fprintf(c.stderr, "stopgate config: %v\n", err)
	case strings.ReplaceAll(string(here), "\r\n", "\n") != strings.ReplaceAll(string(committed), "\r\n", "\n"):
		fmt.Fprintf(c.stderr, "stopgate config: %s differs from the committed one; it takes effect once it is committed\n", config.FileName)
	}
}

// configCheck checks a file: that of the main worktree, unless another is named. "-" is stdin.
func configCheck(c command, name string) error {
	shown := name
	var committed []byte
	root := ""
	if name == "" {
		place, ok := site.GroundsOf("", c.dir).Main()
		if !ok {
			return errNotRepository(c.dir)
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
			fmt.Fprintf(c.stdout, "there is no %s: the default configuration applies\n", config.FileName)
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the configuration: %w", err)
		}
		defer file.Close()
		input = file
	}
	text, err := io.ReadAll(io.LimitReader(input, config.MaxBytes+1))
	if err != nil {
		return fmt.Errorf("reading the configuration: %w", err)
	}
	problems := config.Check(shown, text)
	for _, problem := range problems {
		fmt.Fprintln(c.stdout, quote.Lines(problem.String()))
	}
	if len(problems) > 0 {
		return errNot
	}
	fmt.Fprintf(c.stdout, "%s is valid\n", shown)
	if root != "" {
		uncommitted(c, root, committed)
	}
	return nil
}

// errNotRepository says that a command needs a repository.
func errNotRepository(dir string) error {
	return fmt.Errorf("Not a git repository: %s", dir) //nolint:staticcheck // people search for the words that git uses
}

// runInit writes a configuration that fits the repository, after the person has seen it.
func runInit(c command, flags *flag.FlagSet, args []string) error {
	dryRun := flags.Bool("dry-run", false, "show the file, and write nothing")
	yes := flags.Bool("yes", false, "write the file without asking")
	plugins := listFlag(flags, "plugin", "look at the agents of the plugin in `DIR` too")
	if err := c.parse(flags, args, 0); err != nil {
		return err
	}
	place, ok := site.GroundsOf("", c.dir).Main()
	if !ok {
		return errNotRepository(c.dir)
	}
	host := machine(c)
	found := setup.Look(setup.Places{
		Root: place.Root, CommonDir: place.CommonDir, Client: host.Client(), Plugins: append(quote.Each(*plugins, c.abs), host.EnabledPlugins()...),
	})
	for _, problem := range found.Problems {
		fmt.Fprintf(c.stderr, "stopgate init: %s\n", quote.Lines(problem))
	}
	text, needed, err := found.File()
	if err != nil {
		return err
	}
	if _, err := c.stdout.Write(text); err != nil {
		return fmt.Errorf("showing the file: %w", err)
	}
	root, err := os.OpenRoot(place.Root)
	if err != nil {
		return err
	}
	defer root.Close()
	_, err = root.Lstat(config.FileName)
	switch {
	case err == nil:
		fmt.Fprintf(c.stderr, "stopgate init: %s is there already, and is never overwritten. Take from the file above what fits\n", config.FileName)
		return errNot
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case !needed:
		fmt.Fprintln(c.stderr, "stopgate init: the defaults fit what was found, so no file is needed")
		return nil
	case *dryRun:
		fmt.Fprintln(c.stderr, "stopgate init: dry run: nothing was written")
		return nil
	case !*yes && !agreed(c, "Write it to "+config.FileName+"?"):
		fmt.Fprintln(c.stderr, "stopgate init: nothing was written; stopgate init --yes writes the file")
		return nil
	}
	file, err := root.OpenFile(config.FileName, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return wrote("the file", err)
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Close()); err != nil {
		return errors.Join(wrote("the file", err), root.Remove(config.FileName))
	}
	fmt.Fprintf(c.stderr, "stopgate init: %s was written. It takes effect once it is committed: git add %s && git commit -m 'Configure stopgate' %s\n", config.FileName, config.FileName, config.FileName)
	return nil
}

// agreed asks a person on a terminal. Without a terminal it returns false.
func agreed(c command, question string) bool {
	if !style.IsTerminal(c.stdin) {
		return false
	}
	fmt.Fprintf(c.stderr, "%s [y/N] ", question)
	answer, _ := bufio.NewReader(c.stdin).ReadString('\n') // an end without an answer is no
	answer = strings.ToLower(strings.TrimSpace(answer))
	return answer == "y" || answer == "yes"
}
