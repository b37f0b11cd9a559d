package main

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version prints what the toolchain stamped into the binary: nothing is set by hand, so that nothing can be set wrong.
func (c command) version(args []string) int {
	flags := flag.NewFlagSet("version", flag.ContinueOnError)
	if status, done := c.parse(flags, args); done {
		return status
	}
	version, revision := "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				revision = " " + s.Value[:min(12, len(s.Value))]
			case s.Key == "vcs.modified" && s.Value == "true":
				revision += " (modified)"
			}
		}
	}
	fmt.Fprintf(c.stdout, "stopgate %s%s %s %s/%s\n", version, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return exitOK
}
