package main

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

// release is the version of this program. A test holds it against plugin.json, which says the version to the client and to scripts/dist.
const release = "0.1.0"

// runVersion prints the version, and what the toolchain stamped into the binary: the commit, unless the sources are an installed copy.
func runVersion(c command, flags *flag.FlagSet, args []string) error {
	if err := c.parse(flags, args, 0); err != nil {
		return err
	}
	revision := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				revision = " " + s.Value[:min(12, len(s.Value))]
			case s.Key == "vcs.modified" && s.Value == "true":
				revision += " (modified)"
			}
		}
	}
	fmt.Fprintf(c.stdout, "stopgate %s%s %s %s/%s\n", release, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
