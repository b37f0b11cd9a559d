package hook

import (
	"strings"
	"sync"

	"stopgate/hook/config"
	"stopgate/hook/gates"
)

// Role is an agent's place in the protocol.
type Role string

const (
	// NoRole means that the agent is none of stopgate's business.
	NoRole Role = ""
	// CodingRole means its report is held against git.
	CodingRole Role = "coding"
	// GateRole means its result is a gate's.
	GateRole Role = "gate"
	// MergeRole means it merges what has passed.
	MergeRole Role = "merge"
	// OpsRole means its work is put before the person.
	OpsRole Role = "ops"
)

// defaults is the configuration of a repository that has none.
var defaults = sync.OnceValue(config.Default)

// IsCoding tells whether agentType names a coding agent where nothing is configured, in any plugin's namespace or none.
func IsCoding(agentType string) bool { return defaults().IsCoding(agentType) }

// roleOf is the place of an agent: what the marker of its launch says, else what its name says. gate is the name of its gate, for
// GateRole.
func roleOf(c config.Config, agentType, prompt string) (role Role, gate string) {
	if m, ok := readMarker(prompt); ok {
		switch baseName(m.Gate) {
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
	case baseName(agentType) == gates.BranchManagerAgent:
		return MergeRole, ""
	case c.IsGate(agentType):
		return GateRole, gateName(c, agentType)
	case c.IsOps(agentType):
		return OpsRole, ""
	}
	return NoRole, ""
}

// gateName is the name of a gate as the configuration spells it, whatever namespace it is called in.
func gateName(c config.Config, name string) string {
	spelled := baseName(name)
	for _, kind := range c.Kinds {
		for _, reviewer := range kind.Reviewers {
			switch {
			case reviewer == name:
				return name
			case baseName(reviewer) == baseName(name):
				spelled = reviewer
			}
		}
	}
	return spelled
}

// baseName is an agent's name without the plugin's namespace: "integration-engineer" of "stopgate:integration-engineer".
func baseName(agentType string) string {
	return agentType[strings.LastIndexByte(agentType, ':')+1:]
}

// sibling is the agent called name in the namespace of agentType, so that a plugin's coding agent is followed by that
// plugin's gates. A name that has a namespace of its own keeps it.
func sibling(agentType, name string) string {
	if baseName(name) != name {
		return name
	}
	return agentType[:len(agentType)-len(baseName(agentType))] + name
}
