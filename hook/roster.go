package hook

import "strings"

// codingAgents are the agents whose stop is judged, by their name without a namespace (seed, "Output Requirements").
var codingAgents = map[string]bool{
	"feature-developer":    true,
	"bug-fixer":            true,
	"refactoring-dev":      true,
	"integration-engineer": true,
}

// IsCoding tells whether agentType names a coding agent, in any plugin's namespace or none.
func IsCoding(agentType string) bool {
	return codingAgents[baseName(agentType)]
}

// baseName is an agent's name without the plugin's namespace: "integration-engineer" of "stopgate:integration-engineer".
func baseName(agentType string) string {
	return agentType[strings.LastIndexByte(agentType, ':')+1:]
}

// sibling is the agent called name in the namespace of agentType, so that a plugin's coding agent is followed by that
// plugin's gates.
func sibling(agentType, name string) string {
	return agentType[:strings.LastIndexByte(agentType, ':')+1] + name
}
