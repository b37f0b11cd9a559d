package transcript

import "slices"

// Relative is an agent in a line of agents that launched each other.
type Relative struct {
	ID   string
	Meta Meta // empty if the host wrote none, or it cannot be read
}

// maxLineage bounds a line of agents. The host lets agents launch agents a few levels deep.
const maxLineage = 32

// Lineage returns an agent of the session and those above it: the agent itself first, then the one that launched it, and so on up to the one that
// the session launched. It ends early if the host's notes are missing. It has at least one Relative.
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

// WithHelpers returns the agent together with the agents that it launched, and those that they launched, as if it had done their work itself. Each
// tool use of theirs names its agent in Helper, and belongs to the run of the agent in which it was used. A nil helper is one whose transcript could
// not be read.
func (a *Agent) WithHelpers(helpers []*Agent) *Agent {
	if len(helpers) == 0 {
		return a
	}
	all := *a
	all.ToolUses = slices.Clone(a.ToolUses)
	for _, helper := range helpers {
		if helper == nil {
			all.LostHelpers++
			continue
		}
		all.Helpers = append(all.Helpers, helper.ID)
		all.DroppedToolUses += helper.DroppedToolUses
		all.LostToolUses += helper.LostToolUses
		all.Skipped.Malformed += helper.Skipped.Malformed
		all.Skipped.TooDeep += helper.Skipped.TooDeep
		all.Skipped.TooLong += helper.Skipped.TooLong
		for _, use := range helper.ToolUses {
			use.Helper = helper.ID
			use.Run = a.Run.Number
			if a.Run.Number > 0 && use.Time.Before(a.Run.Time) {
				use.Run = a.Run.Number - 1
			}
			all.ToolUses = append(all.ToolUses, use)
		}
	}
	slices.SortStableFunc(all.ToolUses, func(x, y ToolUse) int { return x.Time.Compare(y.Time) })
	return &all
}
