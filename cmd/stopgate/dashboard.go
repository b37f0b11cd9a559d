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
	"syscall"
	"time"

	"stopgate/hook/figures"
	"stopgate/hook/journal"
	"stopgate/hook/page"
	"stopgate/hook/quote"
	"stopgate/hook/serve"
	"stopgate/hook/view"
)

// runDashboard writes the page of the working directory's repository, or of all.
func runDashboard(c command, flags *flag.FlagSet, args []string) error {
	var from pageSource
	c.sinceFlag(flags, &from.since, "show")
	flags.BoolVar(&from.all, "all", false, "show the journals of all repositories")
	flags.BoolVar(&from.reports, "with-reports", false, "show reports, messages and git commands, which may hold secrets")
	out := flags.String("out", "", "write `FILE`, or stdout for -, not dashboard.html in the folder of the journal")
	open := flags.Bool("open", false, "open the page in a browser")
	var at serveAddress
	flags.Var(&at, "serve", "serve the page on this machine at `ADDR`, 127.0.0.1:0 without one, until interrupted; it is loaded again when something is recorded")
	exports := listFlag(flags, "from", "show the export in `FILE`, and no journal")
	transcripts := listFlag(flags, "transcripts", "show also the stops that a replay finds in `PATH`, a folder or a transcript")
	if err := c.parse(flags, args, anyNumber); err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0 && len(*exports) > 0: // --from *.jsonl
		*exports = append(*exports, flags.Args()...)
	case flags.NArg() == 1 && at.given && at.address == "":
		at.address = flags.Arg(0)
	case flags.NArg() > 0:
		return misused("unexpected argument %q", flags.Arg(0))
	case *open && *out == "-":
		return misused("--open needs a file")
	case at.given && len(*transcripts) > 0:
		return misused("--serve replays no transcripts: write a page with --transcripts")
	case at.given && *out != "":
		return misused("--serve writes no file: leave out --out")
	}
	from.exports, from.transcripts = quote.Each(*exports, c.abs), quote.Each(*transcripts, c.abs)
	if at.given {
		return servePage(c, from, at.address, *open)
	}
	text, damaged, err := draw(c, from, "")
	if err != nil {
		return err
	}
	c.damaged("dashboard", from.kind(), damaged)
	if *out == "-" {
		_, err := c.stdout.Write(text)
		return wrote("the page", err)
	}
	name, err := pageName(c, *out, from.all || len(from.exports) > 0)
	if err == nil {
		err = replaceFile(name, text)
	}
	if err != nil {
		return wrote("the page", err)
	}
	fmt.Fprintln(c.stdout, name)
	if *open {
		return openBrowser(name)
	}
	return nil
}

// pageSource is the source of a page: the journal of this repository, all journals, or exports; with or without replayed transcripts.
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

// draw makes the page; state is for page.Page. damaged counts the lines that are not records.
func draw(c command, from pageSource, state string) (text []byte, damaged int, err error) {
	var read figures.Journals
	if len(from.exports) > 0 {
		read, err = figures.ReadExports(from.exports, from.reports)
	} else {
		read, err = events(c, from.all, from.reports)
	}
	if err != nil {
		return nil, 0, err
	}
	if len(from.transcripts) > 0 {
		if err := addReplayed(c, &read, from); err != nil {
			return nil, 0, err
		}
	}
	text, err = page.Page{Events: read.Events, Since: from.since, Damaged: read.Damaged, Now: c.now(), State: state}.HTML()
	return text, read.Damaged, err
}

// addReplayed adds the stops that no journal has, and puts everything in the order of time. Problems with single transcripts are printed.
func addReplayed(c command, read *figures.Journals, from pageSource) error {
	p := replayer(c)
	var err error
	if p.Verdicts, err = recordedVerdicts(c); err != nil {
		return err
	}
	p.Only = view.Selection{Since: from.since}
	events, problems := p.Events(context.Background(), from.transcripts, from.reports)
	for _, problem := range problems {
		fmt.Fprintf(c.stderr, "stopgate dashboard: %s\n", quote.Lines(problem.Error()))
	}
	read.Events = append(read.Events, events...)
	read.Sort()
	return nil
}

// pageName returns the file that the page is written to, whole. Without a name it is beside the journal, because a repository is nothing to write
// to.
func pageName(c command, out string, all bool) (string, error) {
	if out != "" {
		return c.abs(out), nil
	}
	dir, err := journal.Dir(c.getenv)
	if err != nil {
		return "", err
	}
	if !all {
		book, err := c.ownBook()
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
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%q is no regular file", name) // as root, a device could be replaced
	}
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

// opener returns the command that opens a file in a browser.
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

// IsBoolFlag allows --serve without a value.
func (a *serveAddress) IsBoolFlag() bool { return true }

// Set takes "true" for a flag without a value.
func (a *serveAddress) Set(value string) error {
	if a.given = value != "false"; a.given && value != "true" {
		a.address = value
	}
	return nil
}

// servePage serves the page until the terminal ends it.
func servePage(c command, from pageSource, address string, open bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	return serving(ctx, c, from, address, open)
}

// serving serves the page until the context ends, and prints its address.
func serving(ctx context.Context, c command, from pageSource, address string, open bool) error {
	_, damaged, err := draw(c, from, "") // what cannot be shown is said at once
	if err != nil {
		return err
	}
	c.damaged("dashboard", from.kind(), damaged)
	listener, err := serve.Listen(address)
	if err != nil {
		return err
	}
	defer listener.Close() //nolint:errcheck // it is closed with the pages already
	pages := serve.New(listener.Addr(), func(context.Context) ([]byte, error) {
		state, err := pageState(c, from)
		if err != nil {
			return nil, err
		}
		text, _, err := draw(c, from, state)
		return text, err
	}, func(context.Context) (string, error) { return pageState(c, from) })
	where := "http://" + listener.Addr().String() + pages.Path()
	fmt.Fprintln(c.stdout, where)
	if open {
		if err := openBrowser(where); err != nil {
			return err
		}
	}
	return pages.Until(ctx, listener)
}

// pageState names what a page is made from.
func pageState(c command, from pageSource) (string, error) {
	if len(from.exports) > 0 {
		return figures.State(nil, from.exports)
	}
	own, err := c.ownBook()
	if err != nil {
		return "", err
	}
	books, err := journalsOf(c, own, from.all)
	if err != nil {
		return "", err
	}
	return figures.State(books, nil)
}
