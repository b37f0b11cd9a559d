package record

import (
	"bytes"
	"encoding/json"
	"os"
	"time"

	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
)

// Launch is the data of a launch record, and of a start record where a later run begins.
type Launch struct {
	// ToolUseID is that of the launch; the host's notes beside an agent's transcript name it.
	ToolUseID string `json:"tool_use_id"`
	// Role is what the agent was launched as.
	Role launch.Role `json:"role"`
	// Prompt identifies what the agent was launched with; nil in records that do not tell.
	Prompt *launch.PromptID `json:"prompt,omitempty"`
	judge.Baseline

	task string // of the record
}

// Seen is what was seen then; nil of a nil record, and where the launch named no worktree that could be looked at.
func (l *Launch) Seen() *judge.Baseline {
	if l == nil || l.Worktree == "" {
		return nil
	}
	return &l.Baseline
}

// maxLaunchKept bounds one launch record, in bytes: the journal takes no more than journal.MaxAppend at a time.
const maxLaunchKept = 3 << 20

// Bounded is what fits in one record. What is left out of the snapshot makes it incomplete, so that it proves nothing of what it lacks,
// and without the artifacts nothing is removed.
func (l Launch) Bounded() Launch {
	if l.Main != nil && len(quote.JSON(l)) > maxLaunchKept {
		l.Main, l.MainUnseen = nil, "the names of all that was dirty are too long to be recorded"
	}
	for len(quote.JSON(l)) > maxLaunchKept && (l.Artifacts != nil || len(l.Snapshot.Dirty) > 0) {
		n := len(l.Snapshot.Dirty)
		l.Artifacts, l.Snapshot.Dirty = nil, l.Snapshot.Dirty[:n/2]
		l.Snapshot.Incomplete = "the names of all that was dirty are too long to be recorded"
	}
	return l
}

// Launch is the record of the launch of the agent whose transcript stands at path; nil where there is none. An agent that is
// resumed keeps the launch that it began with.
func (h History) Launch(path string) *Launch {
	if len(h.launches) == 0 || path == "" {
		return nil
	}
	meta, err := transcript.ReadMeta(path)
	if err != nil || meta.ToolUseID == "" {
		return nil
	}
	id := []byte(quote.JSON(meta.ToolUseID)) // as it stands in the record: most records need not be read for it
	for _, rec := range h.launches {
		var l Launch
		if bytes.Contains(rec.Data, id) && json.Unmarshal(rec.Data, &l) == nil && l.ToolUseID == meta.ToolUseID {
			l.task = rec.Task
			return &l
		}
	}
	return nil
}

// maxSilence is how long an agent that is at work leaves its transcript untouched: the host gives a command ten minutes at most. One
// that was killed leaves nothing else behind.
const maxSilence = 15 * time.Minute

// Occupants are the coding agents that were launched into the worktree called name and are at work there.
func (h History) Occupants(name, sessionTranscript string, now time.Time) []trace.OtherAgent {
	var list []trace.OtherAgent
	for _, id := range h.Order {
		a := h.Agent(id)
		path := transcript.AgentPath(sessionTranscript, id)
		if a.began == 0 || a.ended != 0 || path == "" {
			continue
		}
		info, err := os.Stat(path)
		if err != nil || now.Sub(info.ModTime()) > maxSilence {
			continue
		}
		if launch := h.Launch(path); launch != nil && launch.Worktree == name {
			list = append(list, trace.OtherAgent{AgentID: id, AgentType: a.AgentType, Running: true})
		}
	}
	return list
}
