package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"stopgate/hook/figures"
	"stopgate/hook/journal"
	"stopgate/hook/quote"
)

// cursorVersion is the form of a cursor file.
const cursorVersion = "cursor/1"

// exported is a cursor file: the id of the last event that was written, by repository.
type exported struct {
	Stopgate string            `json:"stopgate"`
	Last     map[string]string `json:"last"`
}

// export writes the records of the working directory's repository, or of all, for other programs.
func (c command) export(args []string) int {
	flags := flag.NewFlagSet("export", flag.ContinueOnError)
	since := flags.String("since", "", sinceUsage)
	all := flags.Bool("all", false, "write the journals of all repositories")
	reports := flags.Bool("with-reports", false, "write reports, messages and git commands too, which may hold secrets")
	format := flags.String("format", "jsonl", "write `FORMAT`: jsonl (schema event), or otlp-json, a request of OpenTelemetry's logs on each line")
	cursor := flags.String("cursor", "", "write only what came after the last export with `FILE`, and keep there how far this one came")
	if status, done := c.parse(flags, args); done {
		return status
	}
	from, err := sinceWhen(*since, c.now())
	switch {
	case err != nil:
		return c.misused("export", "--since is "+err.Error())
	case flags.NArg() > 0:
		return c.misused("export", fmt.Sprintf("unexpected argument %q", flags.Arg(0)))
	case *format != "jsonl" && *format != "otlp-json":
		return c.misused("export", fmt.Sprintf("--format is %q, not jsonl or otlp-json", *format))
	}
	done := exported{Stopgate: cursorVersion, Last: map[string]string{}}
	if *cursor != "" {
		if done, err = readCursor(c.abs(*cursor)); err != nil {
			return c.failed("export", err)
		}
	}
	read, err := c.events(*all, *reports)
	if err != nil {
		return c.failed("export", err)
	}
	out := bufio.NewWriter(c.stdout)
	for _, e := range after(read.events, done.Last) {
		if done.Last[e.Repository] = e.ID; e.At.Before(from) {
			continue
		}
		line := quote.JSON(e)
		if *format == "otlp-json" {
			line = e.OTLP()
		}
		_, _ = out.WriteString(line + "\n") // Flush has the error
	}
	if err := out.Flush(); err != nil {
		return c.failed("export", fmt.Errorf("writing the records: %w", err))
	}
	c.damaged("export", "the journal", read.damaged)
	if *cursor != "" { // after the records: what is written twice has the same id, what is lost has none
		if err := replaceFile(c.abs(*cursor), []byte(quote.JSON(done)+"\n")); err != nil {
			return c.failed("export", fmt.Errorf("keeping the cursor: %w", err))
		}
	}
	return exitOK
}

func readCursor(name string) (exported, error) {
	done := exported{Stopgate: cursorVersion, Last: map[string]string{}}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return done, nil
	}
	if err == nil {
		done.Stopgate = ""
		err = json.Unmarshal(text, &done)
	}
	if err == nil && done.Stopgate != cursorVersion {
		err = fmt.Errorf("it is no %s", cursorVersion)
	}
	if err != nil {
		return done, fmt.Errorf("reading the cursor %q: %w", name, err)
	}
	if done.Last == nil {
		done.Last = map[string]string{}
	}
	return done, nil
}

// after are the events of each repository behind the one with its last id. If that is not there, all of them are.
func after(events []figures.Event, last map[string]string) []figures.Event {
	begin := map[string]int{}
	for i, e := range events {
		if last[e.Repository] == e.ID {
			begin[e.Repository] = i + 1
		}
	}
	var rest []figures.Event
	for i, e := range events {
		if i >= begin[e.Repository] {
			rest = append(rest, e)
		}
	}
	return rest
}

// fromExports reads the events of export files, of one machine or of many.
func (c command) fromExports(names []string, reports bool) (readEvents, error) {
	var read readEvents
	for _, name := range names {
		text, err := os.ReadFile(c.abs(name))
		if err != nil {
			return read, fmt.Errorf("reading an export: %w", err)
		}
		for line := range bytes.Lines(text) {
			line = bytes.TrimSpace(line)
			if len(line) == 0 {
				continue
			}
			if e, ok := figures.ParseEvent(line, reports); ok && len(line) <= journal.MaxAppend {
				read.events = append(read.events, e)
			} else {
				read.damaged++
			}
		}
	}
	if len(names) > 1 {
		slices.SortStableFunc(read.events, func(a, b figures.Event) int { return a.At.Compare(b.At) })
	}
	return read, nil
}
