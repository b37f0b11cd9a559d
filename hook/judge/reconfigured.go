package judge

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"stopgate/hook/config"
	"stopgate/hook/quote"
	"stopgate/hook/repochange"
	"stopgate/hook/rule"
	"stopgate/hook/trace"
)

// Reconfigured is a change of what the repository configures since the agent's launch. The zero Reconfigured is none.
type Reconfigured struct {
	Changed bool
	// From and To identify what was configured and what is.
	From, To string
	// Why shows that it was the agent; "" where nothing does.
	Why string
}

// reconfigured compares what is configured with the launch, and finds out whether the agent changed it: by a command of its own that writes
// the file or names it and writes to git, by one that the guard saw, or because it moved the branch of the main worktree.
func (in Inquiry) reconfigured(ctx context.Context, witness Witness, moves repochange.Changes) Reconfigured {
	if in.Present == nil || in.Held == nil {
		return Reconfigured{}
	}
	c := Reconfigured{Changed: true, From: sourceName(in.Held.Text), To: sourceName(in.Present.Text)}
	for _, ran := range trace.ClassifiedCommands(ctx, in.Agent, time.Time{}, in.Denied) {
		if strings.Contains(ran.Text, config.FileName) && (len(ran.Kinds) > 0 || ran.Hides != "" || commits().MatchString(ran.Text)) {
			c.Why = fmt.Sprintf("the agent ran %s (%s)", quote.String(ran.Text, quote.MaxPath), trace.Where(ran.Line, "its", ran.Hand))
			return c
		}
	}
	for _, ran := range witness.GitCommands(ctx, in.Agent.Run.Time.Add(-trace.ClockStep)) {
		if ran.Own && (strings.Contains(ran.Text, config.FileName) || in.Present.Branch != "" && strings.Contains(ran.Text, strings.TrimPrefix(in.Present.Branch, "refs/heads/"))) {
			c.Why = "the agent ran " + quote.String(ran.Text, quote.MaxPath)
			return c
		}
	}
	c.Why = moves.MovedByAgent(in.Present.Branch)
	return c
}

// sourceName is a configuration in words.
func sourceName(text string) string {
	if text == "" {
		return "none"
	}
	return "the one with the digest " + quote.Digest(text)[:8]
}

// commits finds what puts a file into git by its parts, or writes one.
var commits = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`hash-object|commit-tree|update-index|mktree|fast-import|(>|\btee\b|\bsed\s+-\S*i|\bcp\b|\bmv\b|\brm\b|open\(|write)[^\n;|&]*` + regexp.QuoteMeta(config.FileName))
})

// verifyReconfigured finds a change of the configuration during the run. The person may change it at any time, so only what shows that the
// agent did makes it a violation. It is pure.
func verifyReconfigured(c Reconfigured) []rule.Finding {
	if !c.Changed {
		return nil
	}
	message := fmt.Sprintf("what the main worktree's commit says in %s has changed since this agent was launched: it was %s and is %s; this stop is judged by what it was", config.FileName, c.From, c.To)
	if c.Why == "" {
		return []rule.Finding{{Rule: rule.GateTampered, Severity: rule.Note, Path: config.FileName, Message: message + ", and nothing shows that this agent changed it"}}
	}
	return []rule.Finding{{
		Rule: rule.GateTampered, Severity: rule.Halt, Path: config.FileName,
		Message: fmt.Sprintf("%s; %s; a person must decide whether to keep it, and take the commit back otherwise", message, c.Why),
	}}
}
