package guard

import (
	"cmp"
	"fmt"

	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/shell/gitop"
)

// Agent is the agent that runs a command.
type Agent struct {
	// Known is false if the agent of the command could not be found.
	Known bool
	// Session means the session itself, the orchestrator.
	Session bool
	// Role is the agent's own, or that of the agent that launched it.
	Role launch.Role
	// Held is the reason why the gates do not let the branch-manager commit, merge or push there; "" if they do.
	Held string
}

// Refusal tells the agent in one line why a command that writes is refused; "" if the command may run.
func Refusal(agent Agent, r Resolved, e Effect) string {
	switch {
	case !agent.Known || agent.Session || !e.Ours || e.HooksInside:
		return ""
	case agent.Role == launch.CodingRole, agent.Role == launch.GateRole:
		kind := cmp.Or(r.Kind, gitop.Config) // git init on a repository that exists
		return fmt.Sprintf("stopgate: not run: %s %s, and only the branch-manager does that in this repository. %s Other repositories, such as a temporary one, are yours.",
			quote.String(r.String(), quote.MaxPath), kind.Effect(), kind.Instead())
	case agent.Role == launch.MergeRole && agent.Held != "":
		return fmt.Sprintf("stopgate: not run: %s: %s", quote.String(r.String(), quote.MaxPath), agent.Held)
	}
	return ""
}

// ProgramRefusal says in one line why a command is refused by which git starts a program that would write: p.Kind is what it would do.
func ProgramRefusal(r Resolved, p Program) string {
	return fmt.Sprintf("stopgate: not run: %s makes git start %s (%s), which %s, and only the branch-manager does that in this repository. %s",
		quote.String(r.String(), quote.MaxPath), quote.String(p.Text, quote.MaxPath), quote.String(p.By, quote.MaxName), p.Kind.Effect(), p.Kind.Instead())
}
