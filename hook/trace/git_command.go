package trace

import (
	"slices"
	"time"

	"stopgate/hook/rule"
	"stopgate/hook/shell/gitop"
)

// GitCommand is a git command that the guard saw, that ran, and that wrote to the session's repository.
type GitCommand struct {
	// Own means that the judged agent ran it, or an agent that worked for it. Known is false if it is unknown who ran it.
	Own, Known bool
	// AgentID is "" for a session itself.
	AgentID, AgentType string
	Kind               gitop.Kind
	// Text is the command. Worktree is the name for people of the worktree that it ran in; "" for none.
	Text, Worktree string
	// Starts is a program that git started because the command told it to, and that the guard does not see; "" for none.
	Starts string
	// At is when it was about to run.
	At time.Time
}

// Who returns the name of the agent that ran it.
func (g GitCommand) Who() string { return Command{AgentID: g.AgentID, AgentType: g.AgentType}.Who() }

// Breaks reports whether the command breaks the rule.
func (g GitCommand) Breaks(name rule.Name) bool { return rule.OfKind(g.Kind) == name }

// RanAt reports whether the command began at one of the times, or at most that duration before it.
func (g GitCommand) RanAt(times []time.Time, before time.Duration) bool {
	return slices.ContainsFunc(times, func(at time.Time) bool { return g.At.Before(at.Add(ClockStep)) && at.Sub(g.At) <= before })
}
