package trace

import (
	"time"

	"stopgate/hook/rule"
	"stopgate/hook/shell"
)

// GitCommand is a git command that the guard saw on its way to git, and that ran. It wrote to the session's repository.
type GitCommand struct {
	// Own means that the judged agent ran it, or an agent that worked for it. Known is false if it is not known who did.
	Own, Known bool
	// AgentID is "" for a session itself.
	AgentID, AgentType string
	Kind               shell.Kind
	// Text is the command, Worktree the path by which people know where it ran; "" for none.
	Text, Worktree string
	// Starts is a program that git started because the command said so, and that is not seen any further; "" for none.
	Starts string
	// At is when it was about to run.
	At time.Time
}

// Who names the agent that ran it.
func (g GitCommand) Who() string { return Command{AgentID: g.AgentID, AgentType: g.AgentType}.Who() }

// Breaks reports whether the command does what the rule is about.
func (g GitCommand) Breaks(name rule.Name) bool { return rule.OfKind(g.Kind) == name }

// RanAt reports whether the command began at one of the times, or up to the duration before.
func (g GitCommand) RanAt(times []time.Time, before time.Duration) bool {
	for _, at := range times {
		if g.At.Before(at.Add(ClockStep)) && at.Sub(g.At) <= before {
			return true
		}
	}
	return false
}
