package trace

import (
	"strings"
	"time"

	"stopgate/hook/launch"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// WorksIn tells whether an agent used a tool that may change files after since, and was given the worktree or named it in a command.
func WorksIn(agent *transcript.Agent, grounds site.Grounds, place worktree.Place, since time.Time) bool {
	given := grounds.Assigns(launch.AssignmentOf(agent), place)
	name := strings.TrimPrefix(grounds.Name(place), "./")
	for _, use := range agent.ToolUses {
		if !OnlyReads(use.Name) && !use.Time.Before(since) && (given || strings.Contains(use.Command, name) || strings.HasPrefix(use.Path, place.Root)) {
			return true
		}
	}
	return false
}

// Company is who else was at work in the repository during a run.
type Company struct {
	// Here are the coding agents in the same worktree, Elsewhere those in others.
	Here, Elsewhere []OtherAgent
	// Others are the commands of the session itself and of its other agents since the run began.
	Others []Command
	// Sessions tells that another session was at work in the repository.
	Sessions bool
}

// OtherAgent is another coding agent that worked in the same worktree since the judged one was launched.
type OtherAgent struct {
	AgentID, AgentType string
	// Running tells that it has not been let go yet.
	Running bool
	// Earlier tells that it was let go before the current run of the judged one began, so that neither was in the other's way.
	Earlier bool
	// Files are those that it claims or edited, as git spells them; none where it is only known to work there.
	Files []string
}
