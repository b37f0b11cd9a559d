package transcript

import (
	"path/filepath"
	"strings"
)

// AgentPath is where the host keeps the transcript of an agent that the session launched; "" where agentID is not of the
// form that the host gives, so that no id leads out of the session's folder.
func AgentPath(sessionTranscript, agentID string) string {
	if sessionTranscript == "" || agentID == "" || strings.ContainsFunc(agentID, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		return ""
	}
	return filepath.Join(strings.TrimSuffix(sessionTranscript, ".jsonl"), "subagents", "agent-"+agentID+".jsonl")
}
