package transcript

// Relative is an agent in a line of agents that launched each other.
type Relative struct {
	ID   string
	Meta Meta // empty if the host wrote none, or it cannot be read
}

// maxLineage bounds a line of agents. The host lets agents launch agents a few levels deep.
const maxLineage = 32

// Lineage returns an agent of the session and those above it: the agent itself first, then the one that launched it, and so on up to the one
// that the session launched. It ends early where the host's notes are missing. The first Relative is always there.
func Lineage(sessionFile, agentID string) []Relative {
	var line []Relative
	seen := map[string]bool{}
	for id := agentID; id != "" && !seen[id] && len(line) < maxLineage; {
		seen[id] = true
		meta, _ := ReadMeta(AgentPath(sessionFile, id))
		line = append(line, Relative{ID: id, Meta: meta})
		id = meta.ParentAgentID
	}
	return line
}

// Descendants returns those of a session's agents that the agent launched, that these launched, and so on, in the order of files.
func Descendants(sessionFile string, files []AgentFile, agentID string) []AgentFile {
	var below []AgentFile
	for _, f := range files {
		if f.ID == agentID || f.Meta.ParentAgentID == "" {
			continue
		}
		for _, above := range Lineage(sessionFile, f.Meta.ParentAgentID) {
			if above.ID == agentID {
				below = append(below, f)
				break
			}
		}
	}
	return below
}
