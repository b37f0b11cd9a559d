package record

import (
	"bytes"

	"stopgate/hook/gates"
	"stopgate/hook/inspect"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/site"
)

// Launch is the data of a launch record, and of the start record of a resumed agent.
type Launch struct {
	// ToolUseID is that of the launch; the host's notes beside an agent's transcript name it.
	ToolUseID string `json:"tool_use_id"`
	// Role is what the agent was launched as.
	Role launch.Role `json:"role"`
	// Gate is the name of its gate, for launch.GateRole; "" in records that do not have it.
	Gate string `json:"gate,omitempty"`
	// Isolated means that the host makes a worktree for the agent alone. That worktree is the assignment, whatever the prompt names. It does
	// not exist yet at the launch, so that the Baseline is that of the agent's start.
	Isolated bool `json:"isolated,omitempty"`
	// Unplaced means that the prompt names no worktree and it was not known whether the host makes one: the agent's start shows that.
	Unplaced bool `json:"unplaced,omitempty"`
	// Prompt identifies what the agent was launched with; nil in records that do not have it.
	Prompt *launch.PromptID `json:"prompt,omitempty"`
	// Settings identify what the client's settings files said of hooks and of stopgate's environment, by their paths; nil in records that do not
	// have it.
	Settings map[string]string `json:"settings,omitempty"`
	// Config is what was configured. The agent is held to that. nil in records that do not have it, and where it could not be read.
	Config *site.Source `json:"config,omitempty"`
	inspect.Baseline

	task string // of the record
}

// Task is the task that it was for; "" if none was named, and for nil.
func (l *Launch) Task() string {
	if l == nil {
		return ""
	}
	return l.task
}

// Seen is what was seen then; nil for a nil Launch, and for a launch that named no worktree that could be looked at.
func (l *Launch) Seen() *inspect.Baseline {
	if l == nil || l.Worktree == "" {
		return nil
	}
	return &l.Baseline
}

// maxLaunchKept bounds one launch record, in bytes: the journal takes no more than journal.MaxAppend at a time.
const maxLaunchKept = 3 << 20

// Bounded is the part of the launch that fits in one record. A snapshot that lacks something is marked as incomplete, so that it proves
// nothing about what it lacks. Without the list of artifacts nothing is removed.
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

// Entry is the record of the launch of an agent of that type.
func (l Launch) Entry(agentType, task string) Entry {
	return Entry{kind: KindLaunch, agent: gates.Agent{Type: agentType}, task: task, data: l}
}

// readLaunch is the launch of that tool use, if the record is of it; otherwise nil.
func readLaunch(rec journal.Record, toolUseID string) *Launch {
	if !bytes.Contains(rec.Data, []byte(quote.JSON(toolUseID))) { // most records need not be parsed
		return nil
	}
	l, ok := launchIn(rec)
	if !ok || l.ToolUseID != toolUseID {
		return nil
	}
	return &l
}

// launchIn is the launch of a record; false if it cannot be read.
func launchIn(rec journal.Record) (Launch, bool) {
	l, ok := Data[Launch](rec)
	l.task = rec.Task
	return l, ok
}
