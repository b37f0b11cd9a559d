package launch

import (
	"strings"
	"sync"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
)

// Role is an agent's part in the protocol.
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
	// OtherRole means that an agent with the type of a gate or coding agent was launched for something else, such as a review that no task needs.
	OtherRole Role = "other"
)

// Defaults returns the configuration of a repository that has none.
var Defaults = sync.OnceValue(config.Default)

// IsCoding reports whether agentType is a coding agent by the default configuration, in any plugin's namespace or none.
func IsCoding(agentType string) bool { return Defaults().IsCoding(agentType) }

// RoleOf returns the role of an agent by the marker of its launch prompt, else by its type in c. For GateRole, gate is the name of its gate as the
// configuration spells it, else "".
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
	case c.IsOps(agentType): // some of them are reviewers too: see OwedGate
		return OpsRole, ""
	case c.IsReviewer(agentType):
		return GateRole, gateName(c, agentType)
	}
	return NoRole, ""
}

// IsMerge reports whether agentType is the agent that merges.
func IsMerge(agentType string) bool { return BaseName(agentType) == gates.BranchManagerAgent }

// OwedGate returns the gate that an agent of this type is launched for, of the gates that a task needs now; "" for none. The agent has the gate's
// name, or its prompt asks for a review and exactly one review is owed. Pipelines let coding agents review each other's work.
func OwedGate(owed []string, agentType, prompt string) string {
	var reviews []string
	for _, gate := range owed {
		if BaseName(gate) == BaseName(agentType) {
			return gate
		}
		if isReview(gate) {
			reviews = append(reviews, gate)
		}
	}
	if len(reviews) == 1 && AsksForReview(prompt) {
		return reviews[0]
	}
	return ""
}

// isReview reports whether the gate of that name is a review: neither the tests nor the security audit.
func isReview(gate string) bool {
	role := config.Role(BaseName(gate))
	return role != config.RoleTests && role != config.RoleSecurity
}

// reviewWords matches prompts that ask for a review: the fields of its result, or the text or the name of a skill for it.
var reviewWords = lazyregexp.New(`(?im)\bfiles_reviewed\b|\bnon_blocking_notes\b|\bplan_coverage\b|^[ \t>*_#-]*(?:SKILL_CONTENT|TEST_RUNNER_RESULTS)[*_]*[ \t]*[:=]|\bskill\W{0,3}\(?["'\x60]?[\w-]*:?code-review\b|\bcode-review skill\b`)

// AsksForReview reports whether a prompt asks its agent for a review in the form of a gate's result.
func AsksForReview(prompt string) bool {
	return reviewWords().MatchString(quote.ClipBytes(prompt, MaxPromptRead))
}

// gateName returns the name of a gate as the configuration spells it, for a name in any namespace.
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

// Sibling returns the agent called name in the namespace of agentType, so that a plugin's coding agent is followed by that plugin's gates. A name
// with a namespace keeps it.
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

// ReviewForm is a prompt that asks for a review. It replaces the prompt of an agent that has reviewed without being asked.
const ReviewForm = "files_reviewed"
