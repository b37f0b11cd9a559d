package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"stopgate/hook/quote"
	"stopgate/hook/replay"
	"stopgate/hook/site"
)

// replay judges every recorded stop in the named transcripts: a subagent's, a session's, or those of all sessions in a folder.
// It changes nothing and runs nothing, not even git.
func (c command) replay(args []string) int {
	// A recording may come from anywhere, and bring a repository whose configuration names programs.
	p := replay.Replayer{Observe: worktrees{env: c.environ, withoutGit: "a replay runs nothing"}}
	var worktree, format string
	flags := flag.NewFlagSet("replay", flag.ContinueOnError)
	flags.StringVar(&worktree, "worktree", "", "check the files in `DIR`, not in the worktree that a report names")
	flags.StringVar(&format, "format", "text", "print `FORMAT`: text, json (an array), or jsonl (one line for each stop; schema result)")
	flags.BoolVar(&p.LastOnly, "last", false, "only the last stop of each agent")
	flags.BoolVar(&p.Evidence, "explain", false, "show the evidence for each finding")
	if status, done := c.parse(flags, args); done {
		return status
	}
	switch {
	case flags.NArg() == 0:
		return c.misused("replay", "no transcript was given")
	case format != "text" && format != "json" && format != "jsonl":
		return c.misused("replay", fmt.Sprintf("--format is %q, not text, json or jsonl", format))
	}
	if worktree != "" {
		grounds, err := site.GroundsAt(c.abs(worktree))
		if err != nil {
			fmt.Fprintf(c.stderr, "stopgate replay: %v\n", err)
			return exitCannotRun
		}
		p.Grounds = &grounds
	}
	var names []string
	for _, name := range flags.Args() {
		names = append(names, c.abs(name))
	}
	return c.replayAll(p, names, replay.Format(format))
}

// replayAll replays the transcripts of that name, and returns the exit status that says what came of it.
func (c command) replayAll(p replay.Replayer, names []string, format replay.Format) int {
	sessions, problems := replay.FindSessions(names)
	var size int64
	for _, session := range sessions {
		size += session.Size()
	}
	progress := startProgress(c.stderr, size)
	p.Read = progress.add
	report := func(problems []error) {
		for _, problem := range problems {
			progress.clear()
			fmt.Fprintf(c.stderr, "stopgate replay: %s\n", quote.Lines(problem.Error()))
		}
	}
	report(problems)
	printer := replay.NewPrinter(c.stdout, format, c.colour())
	for outcome := range p.Sessions(context.Background(), sessions) {
		report(outcome.Problems)
		if len(outcome.Results) > 0 {
			progress.clear()
		}
		printer.Add(outcome)
	}
	progress.stop()
	if err := printer.End(); err != nil {
		return c.failed("replay", err)
	}
	if why := printer.NothingJudged(); why != "" {
		fmt.Fprintf(c.stderr, "stopgate replay: nothing was judged: %s\n", why)
		return exitCannotRun
	}
	if !printer.AllVerified() {
		return exitNot
	}
	return exitOK
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
