package main

import (
	"context"
	"flag"
	"fmt"

	"stopgate/hook/journal"
	"stopgate/hook/observe"
	"stopgate/hook/replay"
	"stopgate/hook/site"
	"stopgate/hook/view"
)

// selection are the flags that choose among stops.
type selection struct{ since, agent, verdict string }

func (s *selection) flags(flags *flag.FlagSet) {
	flags.StringVar(&s.since, "since", "", "show only what happened since `WHEN`: 30d, 2w, 12h, a date as in 2026-11-01, or a time as in RFC 3339")
	flags.StringVar(&s.agent, "agent", "", "show only the stops of `AGENT`: a type of agent, or the beginning of an agent's id")
	flags.StringVar(&s.verdict, "verdict", "", "show only stops with this `VERDICT`, or with one of several that commas divide")
}

// parse is what the flags select.
func (s selection) parse(c command) (view.Selection, error) {
	since, err := view.ParseSince(s.since, c.now())
	if err != nil {
		return view.Selection{}, fmt.Errorf("--since is %w", err)
	}
	verdicts, err := view.ParseVerdicts(s.verdict)
	if err != nil {
		return view.Selection{}, fmt.Errorf("--verdict is %w", err)
	}
	return view.Selection{Since: since, Agent: s.agent, Verdicts: verdicts}, nil
}

// replay judges every recorded stop in the named transcripts: a subagent's, a session's, or those of all sessions in a folder.
// It changes nothing and runs nothing, not even git.
func (c command) replay(args []string) int {
	p, err := c.replayer(false)
	if err != nil {
		return c.failed("replay", err)
	}
	var worktree, format string
	var only selection
	flags := flag.NewFlagSet("replay", flag.ContinueOnError)
	flags.StringVar(&worktree, "worktree", "", "check the files in `DIR`, not in the worktree that a report names")
	flags.StringVar(&format, "format", "text", "print `FORMAT`: text, json (an array), or jsonl (one line for each stop; schema result)")
	flags.BoolVar(&p.LastOnly, "last", false, "only the last stop of each agent")
	flags.BoolVar(&p.Evidence, "explain", false, "show the evidence for each finding")
	again := flags.Bool("judge-again", false, "judge also the stops for which the journal has a verdict")
	only.flags(flags)
	utc := utcFlag(flags)
	if status, done := c.parse(flags, args); done {
		return status
	}
	switch p.Only, err = only.parse(c); {
	case flags.NArg() == 0:
		return c.misused("replay", "no transcript was given")
	case format != "text" && format != "json" && format != "jsonl":
		return c.misused("replay", fmt.Sprintf("--format is %q, not text, json or jsonl", format))
	case err != nil:
		return c.misused("replay", err.Error())
	}
	if worktree != "" {
		grounds, err := site.GroundsAt(c.abs(worktree))
		if err != nil {
			fmt.Fprintf(c.stderr, "stopgate replay: %v\n", err)
			return exitCannotRun
		}
		p.Grounds = &grounds
	}
	if !*again && worktree == "" {
		if p.Verdicts, err = c.recordedVerdicts(); err != nil {
			return c.failed("replay", err)
		}
	}
	return c.replayAll(p, c.absAll(flags.Args()), replay.NewPrinter(c.stdout, replay.Format(format), c.style(*utc)))
}

// replayer judges recorded stops by what is there now; recorded takes the verdicts of the journals for what they have judged. A recording
// may come from anywhere, and bring a repository whose configuration names programs, so nothing is run.
func (c command) replayer(recorded bool) (replay.Replayer, error) {
	looking := observe.Worktrees{Env: c.environ, WithoutGit: "a replay runs nothing"}
	p := replay.Replayer{Observe: looking, OpenHistory: looking.History}
	var err error
	if recorded {
		p.Verdicts, err = c.recordedVerdicts()
	}
	return p, err
}

// recordedVerdicts are what the journals of this machine hold; nil where there can be none.
func (c command) recordedVerdicts() (*replay.Verdicts, error) {
	dir, err := journal.Dir(c.getenv)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // without a folder for journals nothing was recorded
	}
	journals, err := journal.All(dir)
	if err != nil {
		return nil, err
	}
	return replay.NewVerdicts(journals), nil
}

// replayAll replays the transcripts of that name, and returns the exit status that says what came of it.
func (c command) replayAll(p replay.Replayer, names []string, printer *replay.Printer) int {
	p.Print(context.Background(), names, printer, c.stderr)
	if err := printer.End(); err != nil {
		return c.failed("replay", err)
	}
	if why := printer.NothingJudged(); why != "" {
		if !p.Only.All() {
			why = "no stop matches --since, --agent and --verdict"
		}
		fmt.Fprintf(c.stderr, "stopgate replay: nothing was judged: %s\n", why)
		return exitCannotRun
	}
	if !printer.AllVerified() {
		return exitNot
	}
	return exitOK
}
