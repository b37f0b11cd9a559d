package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"stopgate/hook/figures"
	"stopgate/hook/journal"
	"stopgate/hook/page"
	"stopgate/hook/quote"
	"stopgate/hook/serve"
	"stopgate/hook/view"
)

// dashboard writes the page of the working directory's repository, or of all.
func (c command) dashboard(args []string) int {
	flags := flag.NewFlagSet("dashboard", flag.ContinueOnError)
	since := flags.String("since", "", sinceUsage)
	all := flags.Bool("all", false, "show the journals of all repositories")
	reports := flags.Bool("with-reports", false, "show reports, messages and git commands, which may hold secrets")
	out := flags.String("out", "", "write `FILE`, or stdout for -, not dashboard.html in the folder of the journal")
	open := flags.Bool("open", false, "open the page in a browser")
	var at serveAddress
	flags.Var(&at, "serve", "serve the page on this machine at `ADDR`, 127.0.0.1:0 without one, until interrupted; it is loaded again when something is recorded")
	var exports []string
	flags.Func("from", "show the export in `FILE`, and no journal; may be given more than once", func(name string) error {
		exports = append(exports, name)
		return nil
	})
	var transcripts []string
	flags.Func("transcripts", "show also the stops that a replay finds in `PATH`, a folder or a transcript; may be given more than once", func(name string) error {
		transcripts = append(transcripts, name)
		return nil
	})
	if status, done := c.parse(flags, args); done {
		return status
	}
	from, err := view.ParseSince(*since, c.now())
	switch {
	case err != nil:
		return c.misused("dashboard", "--since is "+err.Error())
	case flags.NArg() > 0 && len(exports) > 0: // --from *.jsonl
		exports = append(exports, flags.Args()...)
	case flags.NArg() == 1 && at.given && at.address == "":
		at.address = flags.Arg(0)
	case flags.NArg() > 0:
		return c.misused("dashboard", fmt.Sprintf("unexpected argument %q", flags.Arg(0)))
	case *open && *out == "-":
		return c.misused("dashboard", "--open needs a file")
	}
	source := pageSource{all: *all, reports: *reports, since: from, exports: exports, transcripts: transcripts}
	if at.given {
		if len(transcripts) > 0 {
			return c.misused("dashboard", "--serve replays no transcripts: write a page with --transcripts")
		}
		if *out != "" {
			return c.misused("dashboard", "--serve writes no file: leave out --out")
		}
		return c.serve(source, at.address, *open)
	}
	text, damaged, err := c.draw(source, "")
	if err != nil {
		return c.failed("dashboard", err)
	}
	c.damaged("dashboard", source.kind(), damaged)
	if *out == "-" {
		if _, err := c.stdout.Write(text); err != nil {
			return c.failed("dashboard", fmt.Errorf("writing the page: %w", err))
		}
		return exitOK
	}
	name, err := c.pageName(*out, *all || len(exports) > 0)
	if err == nil {
		err = replaceFile(name, text)
	}
	if err != nil {
		return c.failed("dashboard", fmt.Errorf("writing the page: %w", err))
	}
	fmt.Fprintln(c.stdout, name)
	if *open {
		if err := openBrowser(name); err != nil {
			return c.failed("dashboard", err)
		}
	}
	return exitOK
}

// pageSource is what a page is made from: the journal of this repository, all journals, or exports, and replayed transcripts beside them.
type pageSource struct {
	all, reports bool
	since        time.Time
	exports      []string
	transcripts  []string
}

// kind names what is read, for people.
func (from pageSource) kind() string {
	if len(from.exports) > 0 {
		return "the exports"
	}
	return "the journal"
}

// draw makes the page; state is what page.Page has of it. damaged counts the lines that are no records.
func (c command) draw(from pageSource, state string) (text []byte, damaged int, err error) {
	var read figures.Journals
	if len(from.exports) > 0 {
		read, err = figures.ReadExports(c.absAll(from.exports), from.reports)
	} else {
		read, err = c.events(from.all, from.reports)
	}
	if err != nil {
		return nil, 0, err
	}
	if len(from.transcripts) > 0 {
		if err := c.addReplayed(&read, from); err != nil {
			return nil, 0, err
		}
	}
	text, err = page.Page{Events: read.Events, Since: from.since, Damaged: read.Damaged, Now: c.now(), State: state}.HTML()
	return text, read.Damaged, err
}

// addReplayed adds the stops that no journal has, and puts everything in the order of time. Problems with single transcripts are printed.
func (c command) addReplayed(read *figures.Journals, from pageSource) error {
	p, err := c.replayer(true)
	if err != nil {
		return err
	}
	p.Only = view.Selection{Since: from.since}
	events, problems := p.Events(context.Background(), c.absAll(from.transcripts), from.reports)
	for _, problem := range problems {
		fmt.Fprintf(c.stderr, "stopgate dashboard: %s\n", quote.Lines(problem.Error()))
	}
	read.Events = append(read.Events, events...)
	read.Sort()
	return nil
}

// pageName is the file that the page is written to, whole. Without a name it is beside the journal, because a repository is nothing to write to.
func (c command) pageName(out string, all bool) (string, error) {
	if out != "" {
		return c.abs(out), nil
	}
	dir, err := journal.Dir(c.getenv)
	if err != nil {
		return "", err
	}
	if !all {
		book, err := c.bookOf(c.reader().Grounds.Key())
		if err != nil {
			return "", err
		}
		if err := book.Private(); err != nil {
			return "", err
		}
		dir = book.Folder()
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return filepath.Join(dir, "dashboard.html"), nil
}

// replaceFile puts a new file in the place of name, whole or not at all. Only its owner may read it.
func replaceFile(name string, text []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(name), ".stopgate-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // the first error counts
		}
	}()
	if _, err := file.Write(text); err != nil {
		_ = file.Close() // the first error counts
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), name)
}

// openBrowser opens a file or an address in a browser.
func openBrowser(name string) error {
	words := opener(runtime.GOOS, name)
	if err := exec.Command(words[0], words[1:]...).Start(); err != nil { //nolint:gosec // the program is one of three
		return fmt.Errorf("opening a browser: %w", err)
	}
	return nil
}

// opener is the command that opens a file in a browser.
func opener(goos, name string) []string {
	switch goos {
	case "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler", name}
	case "darwin":
		return []string{"open", name}
	}
	return []string{"xdg-open", name}
}

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
