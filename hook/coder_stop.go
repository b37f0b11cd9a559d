package hook

import (
	"time"

	"stopgate/hook/cleanup"
	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
)

// stopFact is a judged stop as the gate protocol takes it in.
func stopFact(c Case, conf config.Config, at time.Time) factData {
	d := factData{
		Worktree: c.Worktree, Base: c.Base,
		Fact: gates.Fact{
			Kind: gates.CoderStopped, Task: c.taskName(), At: at, Agent: c.AgentID, AgentType: c.AgentType,
			Stop: c.StepID, Verdict: gates.Verdict(c.Verdict), Tree: cleanup.TreePrint(c.Survey, c.Cleanup),
		},
	}
	if c.Observed {
		d.Fact.Verdict = gates.Capped // nobody sends it back
	}
	if c.Verdict == rule.Verified {
		d.Fact.Needs, d.Asked = needs(conf, c.changed())
		proven := c.proven()
		d.Files, _ = quote.First(proven, maxFilesKept)
		d.FilesTotal = len(proven)
	}
	return d
}

// changed are all files of the worktree that differ from the base, whoever changed them: it is the worktree that is merged.
func (c Case) changed() []string {
	files := c.proven()
	known := map[string]bool{}
	for _, name := range files {
		known[name] = true
	}
	add := func(name string) {
		if name != "" && !known[name] {
			files, known[name] = append(files, name), true
		}
	}
	for _, state := range cleanup.WithoutPaths(c.Survey.States, c.goes()) {
		add(state.Name)
		add(state.From)
	}
	for _, name := range c.Reported { // of earlier runs
		add(name)
	}
	return files
}
