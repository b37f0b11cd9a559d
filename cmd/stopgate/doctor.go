package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/user"
	"time"

	"stopgate/hook/doctor"
	"stopgate/hook/host"
	"stopgate/hook/journal"
	"stopgate/hook/quote"
)

// doctorDeadline bounds one examination.
const doctorDeadline = 2 * time.Minute

// runDoctor looks whether the gate is on.
func runDoctor(c command, flags *flag.FlagSet, args []string) error {
	fix := flags.Bool("fix", false, "fix what needs no decision: build the program, make the journals' folder private")
	atStart := flags.Bool("at-start", false, "answer the start of a session on stdin: what the orchestrator must expect, and what is wrong")
	quick := flags.Bool("quick", false, "leave out the proof, which takes a second or two")
	format := formatFlag(flags, "print `FORMAT`: text, or json (schema doctor)", "text", "json")
	if err := c.parse(flags, args, 0); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), doctorDeadline)
	defer cancel()
	if *atStart {
		return doctorAtStart(ctx, c)
	}
	world := machine(c)
	report := world.Examine(ctx, *quick)
	var err error
	if *fix {
		if report, err = world.Fix(ctx, report, *quick); err != nil {
			fmt.Fprintf(c.stderr, "stopgate doctor: %v\n", err)
		}
	}
	if *format == "json" {
		err = quote.WriteJSON(c.stdout, report)
	} else {
		err = report.WriteText(c.stdout, c.style(false))
	}
	if err == nil && !report.Well() {
		return errNot
	}
	return wrote("the result", err)
}

// doctorAtStart answers the start of a session. In a session that continues after its context was compacted, only the orchestrator is told again:
// it has forgotten, and the person has been told before.
func doctorAtStart(ctx context.Context, c command) error {
	event, _, err := readEvent(c)
	if err != nil {
		return err
	}
	answer := host.Output{}
	if text := c.runner().SessionStarted(ctx, event); text != "" {
		answer = host.Context("SessionStart", text)
	}
	if event.Source != "compact" {
		answer.SystemMessage = machine(c).AtStart(ctx).Line()
	}
	if _, err := c.stdout.Write(answer.JSON()); err != nil {
		return fmt.Errorf("answering the host: %w", err)
	}
	c.runner().TrimJournal(ctx, event, journal.BoundsOf(c.getenv))
	return nil
}

// homeFolder returns the person's home folder from the environment, or else from the user database, as the client does; "" if there is none.
func homeFolder() string {
	if home, err := os.UserHomeDir(); err == nil {
		return home
	}
	if who, err := user.Current(); err == nil {
		return who.HomeDir
	}
	return ""
}

// machine returns the machine that this process runs on.
func machine(c command) *doctor.World {
	w := &doctor.World{Env: c.environ, Dir: c.dir, Home: c.getenv("HOME"), Reader: viewReader(c, false), Now: c.now}
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
