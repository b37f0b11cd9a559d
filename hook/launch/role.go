package launch

import (
	"strings"
	"sync"

	"stopgate/hook/config"
	"stopgate/hook/gates"
)

// Role is an agent's place in the protocol.
type Role string

const (
	// NoRole means that stopgate ignores the agent.
	NoRole Role = ""
	// CodingRole means that its report is checked with git.
	CodingRole Role = "coding"
	// GateRole means that its result is that of a gate.
	GateRole Role = "gate"
	// MergeRole means that it merges what has passed.
	MergeRole Role = "merge"
	// OpsRole means that the person decides on its work.
	OpsRole Role = "ops"
)

// Defaults returns the configuration of a repository that has none.
var Defaults = sync.OnceValue(config.Default)

// IsCoding reports whether agentType is a coding agent by the default configuration, in any plugin's namespace or none.
func IsCoding(agentType string) bool { return Defaults().IsCoding(agentType) }

// RoleOf returns the role of an agent: the one that the marker of its launch prompt names, else that of its type in c. gate is the name of
// its gate for GateRole, as the configuration spells it, else "".
func RoleOf(c config.Config, agentType, prompt string) (role Role, gate string) {
	if m, ok := ReadMarker(prompt); ok {
		switch BaseName(m.Gate) {
		case CodingMark:
			return CodingRole, ""
		case gates.BranchManagerAgent:
			return MergeRole, ""
		}
		return GateRole, gateName(c, m.Gate)
	}
	switch {
	case c.IsCoding(agentType):
		return CodingRole, ""
	case BaseName(agentType) == gates.BranchManagerAgent:
		return MergeRole, ""
	case c.IsGate(agentType):
		return GateRole, gateName(c, agentType)
	case c.IsOps(agentType):
		return OpsRole, ""
	}
	return NoRole, ""
}

// IsMerge reports whether agentType is the agent that merges.
func IsMerge(agentType string) bool { return BaseName(agentType) == gates.BranchManagerAgent }

// gateName is the name of a gate as the configuration spells it, whatever namespace it is called in.
func gateName(c config.Config, name string) string {
	spelled := BaseName(name)
	for _, kind := range c.Kinds {
		for _, reviewer := range kind.Reviewers {
			switch {
			case reviewer == name:
				return name
			case BaseName(reviewer) == BaseName(name):
				spelled = reviewer
			}
		}
	}
	return spelled
}

// BaseName returns an agent's name without the plugin's namespace: "integration-engineer" of "stopgate:integration-engineer".
func BaseName(agentType string) string {
	return agentType[strings.LastIndexByte(agentType, ':')+1:]
}

// Sibling returns the agent called name in the namespace of agentType, so that a plugin's coding agent is followed by that
// plugin's gates. A name that has a namespace of its own keeps it.
func Sibling(agentType, name string) string {
	if BaseName(name) != name {
		return name
	}
	return agentType[:len(agentType)-len(BaseName(agentType))] + name
}

// Namespace returns the plugin of an agent: "stopgate" of "stopgate:integration-engineer", "" for an agent of no plugin.
func Namespace(agentType string) string {
	return strings.TrimSuffix(agentType[:len(agentType)-len(BaseName(agentType))], ":")
}
