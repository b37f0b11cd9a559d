package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"stopgate/hook/site"
)

// replayOptions are the flags of replay.
type replayOptions struct {
	format  string // text, json or jsonl
	last    bool   // only each agent's last stop
	explain bool   // with what each finding rests on
	grounds *site.Grounds
}

// replay judges every recorded stop in the named transcripts: a subagent's, a session's, or those of all sessions in a folder.
// It changes nothing.
func (c command) replay(args []string) int {
	var o replayOptions
	var worktree string
	flags := flag.NewFlagSet("replay", flag.ContinueOnError)
	flags.StringVar(&worktree, "worktree", "", "check the files in `DIR`, not in the worktree that a report names")
	flags.StringVar(&o.format, "format", "text", "print `FORMAT`: text, json (an array), or jsonl (one line for each stop; schema result)")
	flags.BoolVar(&o.last, "last", false, "only the last stop of each agent")
	flags.BoolVar(&o.explain, "explain", false, "show the evidence for each finding")
	if status, done := c.parse(flags, args); done {
		return status
	}
	switch {
	case flags.NArg() == 0:
		return c.misused("replay", "no transcript was given")
	case o.format != "text" && o.format != "json" && o.format != "jsonl":
		return c.misused("replay", fmt.Sprintf("--format is %q, not text, json or jsonl", o.format))
	}
	if worktree != "" {
		grounds, err := site.GroundsAt(c.abs(worktree))
		if err != nil {
			fmt.Fprintf(c.stderr, "stopgate replay: %v\n", err)
			return exitCannotRun
		}
		o.grounds = &grounds
	}
	var names []string
	for _, name := range flags.Args() {
		names = append(names, c.abs(name))
	}
	sessions, problems := findSessions(names)
	progress := startProgress(c.stderr, sessions)
	report := newReplayReport(c, o, progress)
	report.problems(problems)
	run := replayer{o: o, progress: progress, cores: cores()}
	for session := range run.all(context.Background(), sessions) {
		report.add(session)
	}
	progress.stop()
	return report.end()
}

// colour reports whether stdout is a terminal whose user wants colours (no-color.org).
func (c command) colour() bool {
	return c.getenv("NO_COLOR") == "" && c.getenv("TERM") != "dumb" && isTerminal(c.stdout)
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
