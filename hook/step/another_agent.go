package step

import (
	"cmp"
	"fmt"
	"strings"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
)

// FailedLaunch is a launch that failed because no agent of that type exists.
type FailedLaunch struct {
	// Missing is the requested type.
	Missing string
	// Marker is the part in the protocol for which the agent was to be launched.
	Marker launch.Marker
	// Worktree is the task's worktree; "" if unknown.
	Worktree string
	// Prompt is the whole prompt of the launch.
	Prompt string
	// Available are the types of agents in the session; empty if unknown.
	Available []string
}

// generalPurpose is the client's own agent for any work.
const generalPurpose = "general-purpose"

// Relaunch returns the step after a failed launch: the same call with another agent, for the same part in the protocol. id is the step's id.
func Relaunch(id string, f FailedLaunch) *Step {
	s := newStep(id, quote.Clip(f.Marker.Task, quote.MaxTask), f.Worktree, gates.Agent{Type: f.Missing}, rule.NoResult)
	s.Action, s.Why, s.Gates = gates.Deploy, gates.NoAgent, ClippedNames([]string{f.Marker.Gate})
	other := f.StandIn()
	if other == "" {
		s.Action = gates.Escalate
		s.Instead = "This session has neither that agent nor " + generalPurpose + ". Tell the person, or make the call with an agent of the session that can do this, with the same prompt below this line: " + f.Marker.Line()
		return s
	}
	prompt := f.Prompt
	if _, marked := launch.ReadMarker(prompt); !marked {
		prompt = f.Marker.Line() + "\n" + prompt
	}
	if f.Marker.Gate == launch.CodingMark && other == generalPurpose && !strings.Contains(prompt, "files_modified") {
		prompt += "\n\n" + reportOf // an agent with the name of a coding agent gets the contract at its start
	}
	call := Call{Tool: host.AgentTool, SubagentType: other, Description: quote.Clip(launch.BaseName(f.Marker.Gate)+" for "+quote.Line(f.Marker.Task), quote.MaxDescription), Prompt: prompt}
	s.OnPass, s.OnFail = "stopgate reads the result and tells you the next step", "stopgate tells you so"
	if s.Calls = []Call{call}; quote.Length(s.Text()) > host.MaxStep {
		s.Calls[0].Prompt = f.Marker.Line() + "\n(here the prompt of the failed call, as it was)"
	}
	return s
}

// reportOf repeats Contract in a prompt. It avoids words that a prompt uses to assign files, a task or a worktree.
const reportOf = "End with your report as the whole last message, one JSON object and nothing else: task_id, worktree_path, work_completed (one sentence), " +
	"files_modified (a list of every path that you or your commands changed, relative to the worktree) and unfinished (a list, empty when the work is done). " +
	"stopgate checks it against git. Commit nothing. If input is missing, end with one line: ERROR, a colon, and what is needed."

// StandIn returns the agent of the session that can stand in; "" if there is none.
func (f FailedLaunch) StandIn() string {
	if len(f.Available) == 0 {
		if f.Missing == generalPurpose {
			return ""
		}
		return generalPurpose
	}
	found, rank := "", 0
	for _, name := range f.Available {
		if r := f.rank(name); r > rank {
			found, rank = name, r
		}
	}
	return found
}

// Names of agents that do the work of a gate.
var (
	runsTests = lazyregexp.New(`(?i)^(?:[\w-]+-)?(?:test-(?:runner|executor)|tester)$`)
	audits    = lazyregexp.New(`(?i)^(?:[\w-]+-)?security-(?:auditor|reviewer|review)$`)
	reviews   = lazyregexp.New(`(?i)^(?:code|peer|change|pr)-(?:reviewer|review)$`)
)

// rank returns how well an agent can stand in; 0 means not at all. Best is an agent of the same name, then the one that gave the gate its name,
// then one whose name fits the work. Any other work goes to the general-purpose agent.
func (f FailedLaunch) rank(name string) int {
	base, gate := launch.BaseName(name), launch.BaseName(f.Marker.Gate)
	switch {
	case name == f.Missing:
		return 0
	case base == launch.BaseName(f.Missing):
		return 5
	case base == gate:
		return 4
	case gate == launch.CodingMark || gate == gates.BranchManagerAgent:
	case config.RoleOf(gate) == config.RoleTests && runsTests().MatchString(base),
		config.RoleOf(gate) == config.RoleSecurity && audits().MatchString(base),
		gate == "code-reviewer" && reviews().MatchString(base):
		return 3
	}
	if name == generalPurpose {
		return 2
	}
	return 0
}

// missing says that the agent does not exist.
func missing(s *Step) string {
	return fmt.Sprintf("there is no agent called %s in this session, so the launch failed. It does not count as a run or an attempt. Give the other agent the same prompt, including the line that begins with stopgate:.",
		quote.String(cmp.Or(s.AgentType, "?"), quote.MaxName))
}
