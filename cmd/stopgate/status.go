package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"stopgate/hook/quote"
	"stopgate/hook/site"
	"stopgate/hook/style"
	"stopgate/hook/view"
)

// readDeadline bounds reading a journal and the worktrees of its tasks.
const readDeadline = time.Minute

// runStatus prints the state of the tasks of the working directory's repository.
func runStatus(c command, flags *flag.FlagSet, args []string) error {
	format := formatFlag(flags, "print `FORMAT`: text, or json (schema status)", "text", "json")
	all := flags.Bool("all", false, "include the tasks that are done")
	watch := flags.Bool("watch", false, "show it again whenever something happens, until interrupted")
	utc := utcFlag(flags)
	if err := c.parse(flags, args, 0); err != nil {
		return err
	}
	if *watch && *format != "text" {
		return misused("--watch shows text alone; stopgate log --follow --format json follows the records")
	}
	if err := c.recordable(); err != nil {
		return err
	}
	if *watch {
		return watchStatus(c, *all, *utc)
	}
	status, err := tasks(context.Background(), c, *all, *utc)
	if err != nil {
		return err
	}
	if *format == "json" {
		err = quote.WriteJSON(c.stdout, status)
	} else {
		err = status.WriteText(c.stdout)
	}
	if err != nil {
		return wrote("the result", err)
	}
	c.damaged("status", "the journal", status.DamagedLines)
	return nil
}

// watchStatus shows the status again and again, until it is interrupted or its reader is gone.
func watchStatus(c command, all, utc bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	book, err := c.ownBook()
	if err == nil {
		err = view.Watch(ctx, book, func() error { return showStatus(ctx, c, all, utc) })
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// showStatus writes the status under a line with the time: over the last one on a terminal, and below it elsewhere.
func showStatus(ctx context.Context, c command, all, utc bool) error {
	status, err := tasks(ctx, c, all, utc)
	if err != nil {
		return err
	}
	begin, end := "", "\n"
	if style.IsTerminal(c.stdout) {
		begin, end = "\x1b[H\x1b[J", "" // to the top, and clear what is below
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%sstopgate status, %s\n\n", begin, c.style(utc).Time(c.now()))
	if err := status.WriteText(&b); err != nil {
		return err
	}
	_, err = io.WriteString(c.stdout, b.String()+end)
	return wrote("the status", err)
}

// tasks reads the state of the tasks of the working directory's repository.
func tasks(ctx context.Context, c command, all, utc bool) (view.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	return viewReader(c, utc).Status(ctx, all)
}

// viewReader returns a reader for the working directory's repository. Its journal is the one that the hook writes there, whatever project the host has
// named.
func viewReader(c command, utc bool) view.Reader {
	var projects []string
	for _, dir := range c.folders().Client {
		if dir != "" {
			projects = append(projects, filepath.Join(dir, "projects"))
		}
	}
	return view.Reader{
		Projects: projects, Grounds: site.GroundsOf("", c.dir), OpenJournal: c.openJournal, Observe: c.worktreesByHand(), Now: c.now, Log: printable{c.stderr}, Style: c.style(utc),
	}
}

// statuslineWithin bounds a status line. The client asks for one several times in a turn.
const statuslineWithin = 300 * time.Millisecond

// maxStatusline bounds the input, in bytes.
const maxStatusline = 1 << 20

// runStatusline prints the state of the tasks for the client's status line. It prints nothing if there is nothing to show.
func runStatusline(c command, flags *flag.FlagSet, args []string) error {
	if err := c.parse(flags, args, 0); err != nil {
		return err
	}
	c.awaits("statusline", "the client's JSON")
	input, err := io.ReadAll(io.LimitReader(c.stdin, maxStatusline))
	if err != nil {
		return fmt.Errorf("reading the client's JSON: %w", err)
	}
	var state struct {
		Cwd       string
		Workspace struct {
			Project string `json:"project_dir"`
		}
	}
	var kind *json.UnmarshalTypeError // a field of another type than expected is passed over, and the rest counts
	if err := json.Unmarshal(input, &state); err != nil && !errors.As(err, &kind) {
		return fmt.Errorf("reading the client's JSON: %w", err)
	}
	if state.Cwd != "" {
		c.dir = state.Cwd
	}
	ctx, cancel := context.WithTimeout(context.Background(), statuslineWithin)
	defer cancel()
	reader := viewReader(c, false)
	reader.Log = io.Discard
	if state.Workspace.Project != "" {
		reader.Grounds = site.GroundsOf(state.Workspace.Project, c.dir)
	}
	line := "journal unreadable"
	if status, err := reader.Standing(ctx); err == nil {
		line = status.Line()
	}
	world := machine(c)
	world.Reader.Grounds = reader.Grounds
	if world.Off(ctx) {
		line = "gate OFF (stopgate doctor)"
	}
	if line != "" {
		_, err = fmt.Fprintln(c.stdout, "stopgate: "+quote.Line(line))
	}
	return err
}
