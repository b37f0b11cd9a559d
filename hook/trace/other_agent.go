package trace

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// OtherAgent is an agent that worked beside the judged one after the judged one was launched.
type OtherAgent struct {
	AgentID, AgentType string
	// Session is the id of another session that worked there, itself or by any of its agents; "" for an agent of this session. With a Session,
	// AgentID is empty.
	Session string
	// Running means that it has not ended yet.
	Running bool
	// Earlier means that it ended before the current run of the judged agent began, so the two cannot have conflicted.
	Earlier bool
	// Reports means that it has reported on its work there, or still can.
	Reports bool
	// Files are the files of the worktree that it claimed or edited, as git spells them; nil if it is only known to work there.
	Files []string
}

// String names the agent by its type and id, or the session, quoted and bounded.
func (o OtherAgent) String() string {
	if o.Session != "" {
		return "another session (" + quote.String(o.Session, quote.MaxName) + ")"
	}
	return fmt.Sprintf("%s (agent %s)", quote.String(cmp.Or(o.AgentType, "an agent"), quote.MaxName), quote.String(o.AgentID, quote.MaxName))
}

// Names returns the agents' types and ids.
func Names(agents []OtherAgent) []string {
	return quote.Each(agents, OtherAgent.String)
}

// WorksIn reports whether an agent may have changed files in a worktree since then. It may if it used a tool that can change files, and either its
// prompt assigns the worktree to it or the tool use names the worktree.
func WorksIn(agent *transcript.Agent, grounds site.Grounds, place worktree.Place, since time.Time) bool {
	given := grounds.Assigns(launch.AssignmentOf(agent), place)
	name := strings.TrimPrefix(grounds.Name(place), "./")
	for _, use := range agent.ToolUses {
		if transcript.OnlyReads(use.Name) || use.Time.Before(since) || use.Command != "" && ChangesNothing(use.Command) {
			continue
		}
		if given || strings.Contains(use.Command, name) || strings.Contains(use.Input, name) || strings.HasPrefix(use.Path, place.Root) {
			return true
		}
	}
	return false
}
