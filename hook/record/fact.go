package record

import (
	"time"

	"stopgate/hook/cleanup"
	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/judge"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
)

// StopFact is a judged stop as the gate protocol takes it in.
func StopFact(c judge.Case, conf config.Config, at time.Time) Fact {
	d := Fact{
		Worktree: c.Worktree, Base: c.Base,
		Fact: gates.Fact{
			Kind: gates.CoderStopped, Task: c.TaskName(), At: at, Agent: c.AgentID, AgentType: c.AgentType,
			Stop: c.StepID, Verdict: gates.Verdict(c.Verdict), Tree: cleanup.TreePrint(c.Survey, c.Cleanup),
		},
	}
	if c.Observed {
		d.Fact.Verdict = gates.Capped // nobody sends it back
	}
	if c.Verdict == rule.Verified {
		d.Fact.Needs, d.Asked = Needs(conf, c.Changed())
		proven := c.Proven()
		d.Files, _ = quote.First(proven, maxFilesKept)
		d.FilesTotal = len(proven)
	}
	return d
}
