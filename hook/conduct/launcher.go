package conduct

import (
	"stopgate/hook/launch"
	"stopgate/hook/rule"
)

// Launcher returns the finding about an agent that launches or resumes another one. whom names the other agent, and role is its role in the
// protocol.
func Launcher(whom string, role launch.Role) []rule.Finding {
	does := map[launch.Role]string{
		launch.CodingRole: "whose work is checked", launch.GateRole: "whose result decides whether work passes", launch.MergeRole: "which merges what has passed",
	}[role]
	return []rule.Finding{rule.New(rule.LaunchOrchestrator, rule.Block, "",
		"%s is an agent %s, and only the orchestrator launches or resumes it. Do your part and report; the orchestrator launches it then.", whom, does)}
}
