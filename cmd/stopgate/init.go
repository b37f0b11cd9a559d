package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"stopgate/hook/config"
	"stopgate/hook/quote"
	"stopgate/hook/setup"
	"stopgate/hook/site"
	"stopgate/hook/style"
)

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
