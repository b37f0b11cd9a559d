package trace

import "slices"

// Company lists who else worked in the repository during a run of an agent. The zero Company is empty.
type Company struct {
	// Here are the coding agents in the same worktree, Elsewhere those in other worktrees.
	Here, Elsewhere []OtherAgent
	// Others are the commands that the session itself and its other agents ran since the run began.
	Others []Command
	// Sessions means that agents of another session worked in the repository, too.
	Sessions bool
}

// WorksElsewhere reports whether the agent with that id works in another worktree.
func (c Company) WorksElsewhere(agentID string) bool {
	return slices.ContainsFunc(c.Elsewhere, func(other OtherAgent) bool { return other.AgentID == agentID })
}
