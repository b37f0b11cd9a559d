package main

import (
	"bufio"
	"flag"
	"fmt"
	"time"

	"stopgate/hook/figures"
	"stopgate/hook/quote"
)

// runExport writes the records of the working directory's repository, or of all, for other programs.
func runExport(c command, flags *flag.FlagSet, args []string) error {
	var since time.Time
	c.sinceFlag(flags, &since, "write")
	all := flags.Bool("all", false, "write the journals of all repositories")
	reports := flags.Bool("with-reports", false, "write reports, messages and git commands too, which may hold secrets")
	format := formatFlag(flags, "write `FORMAT`: jsonl (schema event), or otlp-json, a request of OpenTelemetry's logs on each line", "jsonl", "otlp-json")
	cursor := flags.String("cursor", "", "write only what is new since the last export with `FILE`, and record the position there")
	if err := c.parse(flags, args, 0); err != nil {
		return err
	}
	done := figures.NewCursor()
	if *cursor != "" {
		var err error
		if done, err = figures.ReadCursor(c.abs(*cursor)); err != nil {
			return err
		}
	}
	read, err := events(c, *all, *reports)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(c.stdout)
	for _, e := range done.After(read.Events) {
		if done.Last[e.Repository] = e.ID; e.At.Before(since) {
			continue
		}
		line := quote.JSON(e)
		if *format == "otlp-json" {
			line = e.OTLP()
		}
		_, _ = out.WriteString(line + "\n") // Flush has the error
	}
	if err := out.Flush(); err != nil {
		return wrote("the records", err)
	}
	c.damaged("export", "the journal", read.Damaged)
	if *cursor != "" { // after the records: what is written twice has the same id, what is lost has none
		if err := replaceFile(c.abs(*cursor), []byte(quote.JSON(done)+"\n")); err != nil {
			return fmt.Errorf("keeping the cursor: %w", err)
		}
	}
	return nil
}
