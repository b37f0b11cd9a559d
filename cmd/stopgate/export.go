package main

import (
	"bufio"
	"flag"
	"fmt"

	"stopgate/hook/figures"
	"stopgate/hook/quote"
	"stopgate/hook/view"
)

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
	from, err := view.ParseSince(*since, c.now())
	switch {
	case err != nil:
		return c.misused("export", "--since is "+err.Error())
	case flags.NArg() > 0:
		return c.misused("export", fmt.Sprintf("unexpected argument %q", flags.Arg(0)))
	case *format != "jsonl" && *format != "otlp-json":
		return c.misused("export", fmt.Sprintf("--format is %q, not jsonl or otlp-json", *format))
	}
	done := figures.NewCursor()
	if *cursor != "" {
		if done, err = figures.ReadCursor(c.abs(*cursor)); err != nil {
			return c.failed("export", err)
		}
	}
	read, err := c.events(*all, *reports)
	if err != nil {
		return c.failed("export", err)
	}
	out := bufio.NewWriter(c.stdout)
	for _, e := range done.After(read.Events) {
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
	c.damaged("export", "the journal", read.Damaged)
	if *cursor != "" { // after the records: what is written twice has the same id, what is lost has none
		if err := replaceFile(c.abs(*cursor), []byte(quote.JSON(done)+"\n")); err != nil {
			return c.failed("export", fmt.Errorf("keeping the cursor: %w", err))
		}
	}
	return exitOK
}
