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
	// ToolUseID is the id of the launching tool use, which the host's notes beside the agent's transcript name.
	ToolUseID string `json:"tool_use_id"`
	// Name is the name that the launcher gave the agent; "" if none, and in older records.
	Name string `json:"name,omitempty"`
	// Role is the role for which the agent was launched.
	Role launch.Role `json:"role"`
	// Gate is the name of its gate, for launch.GateRole; "" in older records.
	Gate string `json:"gate,omitempty"`
	// Isolated means that the host makes a worktree for the agent alone. The agent must work there, whatever the prompt names. At the launch that
	// worktree does not exist yet, so the Baseline is from the agent's start.
	Isolated bool `json:"isolated,omitempty"`
	// Unplaced means that the prompt names no worktree, and that it was unknown whether the host would make one. The agent's start shows that.
	Unplaced bool `json:"unplaced,omitempty"`
	// Prompt identifies the launch prompt; nil in older records.
	Prompt *launch.PromptID `json:"prompt,omitempty"`
	// Settings has, by path, fingerprints of what the client's settings files contain about hooks and stopgate's environment; nil in older records.
	Settings map[string]string `json:"settings,omitempty"`
	// Config is the configuration at the launch, by which the agent is judged; nil in older records, and if it could not be read.
	Config *site.Source `json:"config,omitempty"`
	// Announced means that the calls of the session were recorded then.
	Announced bool `json:"announced,omitempty"`
	inspect.Baseline

	task string // from the record
}

// Task returns the task of the launch; "" if none was named, and for nil.
func (l *Launch) Task() string {
	if l == nil {
		return ""
	}
	return l.task
}

// Seen returns the snapshot; nil for a nil Launch, and for a launch without a worktree that could be read.
func (l *Launch) Seen() *inspect.Baseline {
	if l == nil || l.Worktree == "" {
		return nil
	}
	return &l.Baseline
}

// maxLaunchKept bounds one launch record, in bytes: the journal takes no more than journal.MaxAppend at a time.
const maxLaunchKept = 3 << 20

// Bounded shortens the launch to fit into one record. A shortened snapshot is marked as incomplete, so that it proves nothing about the missing
// part. Without the list of artifacts nothing is removed.
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

// Entry returns the record of the launch of an agent of that type.
func (l Launch) Entry(agentType, task string) Entry {
	return Entry{kind: KindLaunch, agent: gates.Agent{Type: agentType}, task: task, data: l}
}

// readLaunch returns the launch in the record if it has that tool use; otherwise nil.
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

// launchIn returns the launch in a record; false if it cannot be read.
func launchIn(rec journal.Record) (Launch, bool) {
	l, ok := Data[Launch](rec)
	l.task = rec.Task
	return l, ok
}
