package style

import (
	"io"
	"os"
	"strconv"
	"time"
)

// Of returns how a command prints on stdout for people, by what the terminal can do and what the environment asks for. zone is where times are
// shown; nil is UTC.
func Of(stdout io.Writer, getenv func(string) string, zone *time.Location) Style {
	s := Style{Colour: choice(getenv, IsTerminal(stdout)), Zone: zone}
	if file, ok := stdout.(*os.File); ok && IsTerminal(file) {
		s.Width = terminalWidth(file)
		if columns, err := strconv.Atoi(getenv("COLUMNS")); err == nil && columns > 0 {
			s.Width = columns
		}
	}
	return s
}

// IsTerminal reports whether a stream is a terminal. The null device is another character device.
func IsTerminal(stream any) bool {
	file, ok := stream.(*os.File)
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

// choice is what a person's environment says of colours.
//
// NO_COLOR (no-color.org) comes first, then CLICOLOR_FORCE (bixense.com/clicolors), then whether the output is a terminal that knows colours.
func choice(getenv func(string) string, terminal bool) bool {
	switch force := getenv("CLICOLOR_FORCE"); {
	case getenv("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	case getenv("TERM") == "dumb" || getenv("CLICOLOR") == "0":
		return false
	}
	return terminal
}
