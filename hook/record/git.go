package record

import (
	"encoding/json"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/quote"
	"stopgate/hook/shell"
)

// KindGit is the kind of a record of a git command that writes to the repository: Git.
const KindGit = "git"

// Outcome is what became of a git command.
type Outcome string

// The outcomes.
const (
	Passed  Outcome = "passed"  // git ran
	Refused Outcome = "refused" // it did not
	Unknown Outcome = "unknown" // git ran, and it is not known for which agent
)

// Git is the data of a git record. Only commands that reach git by the PATH of the host's shells are recorded.
type Git struct {
	Command  string     `json:"command"`
	Kind     shell.Kind `json:"kind,omitempty"`
	Dir      string     `json:"dir"`
	Worktree string     `json:"worktree,omitempty"` // as people know it; "" for none
	Outcome  Outcome    `json:"outcome"`
	// Starts says which program git starts because an option or the environment says so, whose own git commands the guard does not see; ""
	// for none.
	Starts string `json:"starts,omitempty"`
	// Note says what else is to be known of it; "" for nothing.
	Note string `json:"note,omitempty"`

	// Of the record.
	At      time.Time   `json:"-"`
	Session string      `json:"-"`
	Agent   gates.Agent `json:"-"`
}

// Entry is the record of the command. The zero Agent is the session itself, or not known.
func (g Git) Entry(agent gates.Agent) Entry {
	g.Command, g.Dir = quote.Clip(g.Command, quote.MaxReason), quote.Clip(g.Dir, quote.MaxReason)
	g.Starts = quote.Clip(g.Starts, quote.MaxReason)
	g.Worktree, g.Note = quote.Clip(g.Worktree, quote.MaxPath), quote.Clip(g.Note, quote.MaxReason)
	return Entry{kind: KindGit, agent: agent, data: g}
}

// ReadGit is the git command of a record; false if it is of another kind, or cannot be read.
func ReadGit(rec journal.Record) (Git, bool) {
	var g Git
	if rec.Kind != KindGit || json.Unmarshal(rec.Data, &g) != nil {
		return Git{}, false
	}
	g.At, g.Session, g.Agent = rec.At, rec.Session, gates.Agent{ID: rec.Agent, Type: rec.AgentType}
	return g, true
}
