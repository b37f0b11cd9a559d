package main

import (
	"context"
	"errors"
	"flag"

	"stopgate/hook/journal"
	"stopgate/hook/observe"
	"stopgate/hook/quote"
	"stopgate/hook/replay"
	"stopgate/hook/site"
)

// runReplay judges every recorded stop in the named transcripts: a subagent's, a session's, or those of all sessions in a folder.
// It changes nothing and runs nothing, not even git.
func runReplay(c command, flags *flag.FlagSet, args []string) error {
	p := replayer(c)
	worktree := flags.String("worktree", "", "check the files in `DIR`, not in the worktree that a report names")
	format := formatFlag(flags, "print `FORMAT`: text, json (an array), or jsonl (one line for each stop; schema result)", "text", "json", "jsonl")
	flags.BoolVar(&p.LastOnly, "last", false, "only the last stop of each agent")
	flags.BoolVar(&p.Evidence, "explain", false, "show the evidence for each finding")
	again := flags.Bool("judge-again", false, "judge also the stops for which the journal has a verdict")
	c.selectionFlags(flags, &p.Only)
	utc := utcFlag(flags)
	if err := c.parse(flags, args, anyNumber); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return misused("no transcript was given")
	}
	if *worktree != "" {
		grounds, err := site.GroundsAt(c.abs(*worktree))
		if err != nil {
			return err
		}
		p.Grounds = &grounds
	} else if !*again {
		var err error
		if p.Verdicts, err = recordedVerdicts(c); err != nil {
			return err
		}
	}
	return replayAll(c, p, quote.Each(flags.Args(), c.abs), replay.NewPrinter(c.stdout, replay.Format(*format), c.style(*utc)))
}

// replayer judges recorded stops by what is there now. A recording may come from anywhere, and bring a repository whose configuration names
// programs, so nothing is run.
func replayer(c command) replay.Replayer {
	looking := observe.Worktrees{Env: c.environ, WithoutGit: "a replay runs nothing"}
	return replay.Replayer{Observe: looking, OpenHistory: looking.History}
}

// recordedVerdicts returns the verdicts in the journals of this machine; nil if there can be none.
func recordedVerdicts(c command) (*replay.Verdicts, error) {
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

// replayAll replays the transcripts of these names. It returns errNot if not every stop is verified.
func replayAll(c command, p replay.Replayer, names []string, printer *replay.Printer) error {
	p.Print(context.Background(), names, printer, c.stderr)
	if err := printer.End(); err != nil {
		return err
	}
	if why := printer.NothingJudged(); why != "" {
		if !p.Only.All() {
			why = "no stop matches --since, --agent and --verdict"
		}
		return errors.New("nothing was judged: " + why)
	}
	if !printer.AllVerified() {
		return errNot
	}
	return nil
}
