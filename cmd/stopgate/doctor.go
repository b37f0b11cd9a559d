package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/user"
	"time"

	"stopgate/hook/doctor"
	"stopgate/hook/host"
	"stopgate/hook/journal"
)

// doctorDeadline bounds one examination.
const doctorDeadline = 2 * time.Minute

// doctor looks whether the gate is on.
func (c command) doctor(args []string) int {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	fix := flags.Bool("fix", false, "mend what can be mended without a decision: build the program, close the journals' folder to others")
	atStart := flags.Bool("at-start", false, "answer the start of a session on stdin: what the orchestrator must expect, and what is wrong")
	quick := flags.Bool("quick", false, "leave out the proof, which takes a second or two")
	format := flags.String("format", "text", "print `FORMAT`: text, or json (schema doctor)")
	if status, done := c.parse(flags, args); done {
		return status
	}
	switch {
	case flags.NArg() > 0:
		return c.misused("doctor", fmt.Sprintf("unexpected argument %q", flags.Arg(0)))
	case *format != "text" && *format != "json":
		return c.misused("doctor", fmt.Sprintf("--format is %q, not text or json", *format))
	}
	ctx, cancel := context.WithTimeout(context.Background(), doctorDeadline)
	defer cancel()
	if *atStart {
		return c.doctorAtStart(ctx)
	}
	world := c.world()
	var report doctor.Report
	if *fix {
		var err error
		if report, err = world.Fix(ctx, *quick); err != nil {
			fmt.Fprintf(c.stderr, "stopgate doctor: %v\n", err)
		}
	} else {
		report = world.Examine(ctx, *quick)
	}
	write := func(w io.Writer) error { return report.WriteText(w, c.style(false)) }
	if *format == "json" {
		write = report.WriteJSON
	}
	if err := write(c.stdout); err != nil {
		return c.failed("doctor", fmt.Errorf("writing the result: %w", err))
	}
	if !report.Well() {
		return exitNot
	}
	return exitOK
}

// doctorAtStart answers the start of a session. Of a session that goes on after its context was compacted, the person has been told what is wrong
// before, and the orchestrator has forgotten what it was told.
func (c command) doctorAtStart(ctx context.Context) int {
	input, err := io.ReadAll(io.LimitReader(c.stdin, host.MaxEventBytes+1))
	if err != nil {
		return c.failed("doctor", fmt.Errorf("reading the event: %w", err))
	}
	event, err := host.ParseEvent(input)
	if err != nil {
		return c.failed("doctor", fmt.Errorf("reading the event: %w", err))
	}
	answer := host.Output{}
	if text := c.runner().SessionStarted(ctx, event); text != "" {
		answer = host.Context("SessionStart", text)
	}
	if event.Source != "compact" {
		answer.SystemMessage = c.world().AtStart(ctx).Line()
	}
	if _, err := c.stdout.Write(answer.JSON()); err != nil {
		return c.failed("doctor", fmt.Errorf("answering the host: %w", err))
	}
	c.runner().TrimJournal(ctx, event, journal.BoundsOf(c.getenv))
	return exitOK
}

// homeFolder is the person's home folder: the one of the environment, or else that of the user database, as the client finds it. "" if there is none.
func homeFolder() string {
	if home, err := os.UserHomeDir(); err == nil {
		return home
	}
	if who, err := user.Current(); err == nil {
		return who.HomeDir
	}
	return ""
}

// world is the machine that this process runs on.
func (c command) world() *doctor.World {
	w := &doctor.World{Env: c.environ, Dir: c.dir, Home: c.getenv("HOME"), Reader: c.reader(), Now: c.now}
	if c.environ == nil {
		w.Env = os.Environ()
		w.Home = homeFolder()
	}
	w.Executable, _ = os.Executable() // "" if it is not known
	w.StateFolder, w.StateError = journal.Dir(c.getenv)
	if book, err := c.bookOf(w.Reader.Grounds.Key()); err == nil {
		w.JournalFolder, w.Private = book.Folder(), book.Private
		w.Ready = func(ctx context.Context) error { return book.Append(ctx) } // no record: it takes the lock, and no more
		w.Damaged = func(ctx context.Context) (int, error) {
			_, skipped, err := book.Read(ctx, journal.Filter{})
			return skipped.Lines, err
		}
	}
	return w
}
