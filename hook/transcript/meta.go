package transcript

import (
	"fmt"
	"io"
	"strings"
)

// Meta is the host's note on an agent's launch, in agent-<id>.meta.json next to the agent's transcript.
type Meta struct {
	AgentType string // namespace:name for a plugin's agent
	ToolUseID string // of the launch, in the launcher's transcript
	// ParentAgentID is the agent that launched it; "" for one that the session itself launched.
	ParentAgentID string
}

// maxMeta bounds a .meta.json file, in bytes. Recorded ones have under 500.
const maxMeta = 1 << 20

// MetaPath returns the path of the .meta.json file that belongs to an agent's transcript.
func MetaPath(agentTranscriptPath string) string {
	return strings.TrimSuffix(agentTranscriptPath, extension) + ".meta.json"
}

// ReadMeta reads the .meta.json file that belongs to an agent's transcript.
// The error wraps fs.ErrNotExist if there is none.
func ReadMeta(agentTranscriptPath string) (Meta, error) {
	path := MetaPath(agentTranscriptPath)
	f, err := openRegular(path)
	if err != nil {
		return Meta{}, fmt.Errorf("open agent metadata: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxMeta+1))
	if err != nil {
		return Meta{}, fmt.Errorf("read agent metadata: %w", err)
	}
	m, err := parseMeta(b)
	if err != nil {
		return Meta{}, fmt.Errorf("read agent metadata %q: %w", path, err)
	}
	return m, nil
}

func parseMeta(b []byte) (Meta, error) {
	if len(b) > maxMeta {
		return Meta{}, fmt.Errorf("longer than %d bytes", maxMeta)
	}
	var agentType, toolUseID, parent []byte
	c := cursor{b: b}
	c.object(func(key []byte) bool {
		switch string(key) {
		case "agentType":
			return c.once(&agentType)
		case "toolUseId":
			return c.once(&toolUseID)
		case "parentAgentId":
			return c.once(&parent)
		}
		c.value()
		return true
	})
	c.end()
	if c.err != nil {
		return Meta{}, c.err
	}
	var m Meta
	m.AgentType, _ = text(agentType)
	m.ToolUseID, _ = text(toolUseID)
	m.ParentAgentID, _ = text(parent)
	return m, nil
}
