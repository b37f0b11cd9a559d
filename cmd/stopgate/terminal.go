package main

import (
	"flag"
	"os"
	"strconv"
	"time"

	"stopgate/hook/style"
)

// style is how this command prints on stdout for people.
func (c command) style(utc bool) style.Style {
	s := style.Style{Colour: style.Choice(c.getenv, isTerminal(c.stdout)), Zone: c.zone}
	if utc {
		s.Zone = time.UTC
	}
	if file, ok := c.stdout.(*os.File); ok && isTerminal(file) {
		s.Width = terminalWidth(file)
		if columns, err := strconv.Atoi(c.getenv("COLUMNS")); err == nil && columns > 0 {
			s.Width = columns
		}
	}
	return s
}

// utcFlag is the flag of commands that print times.
func utcFlag(flags *flag.FlagSet) *bool {
	return flags.Bool("utc", false, "print times in UTC, not in local time")
}

// isTerminal reports whether w is a terminal. The null device is another character device.
func isTerminal(w any) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && file.Name() != os.DevNull && !isNull(info)
}

// isNull reports whether a file is the null device. A redirected stream has another name.
func isNull(info os.FileInfo) bool {
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null)
}
