// Package figures counts what a journal holds. A Reader turns the records of one repository into events, and Count turns the events of any
// number of repositories into figures. It is pure.
package figures

import (
	"encoding/json"
	"time"

	"stopgate/hook/gates"
)

// EventVersion is the form of Event, held by schema/event.schema.json.
const EventVersion = "event/1"

// Event is one record of a journal as other programs read it. It has no prompts, no reports and no words of agents unless they were asked
// for. Strings that came from others are bounded. Fields that a kind does not have are empty.
type Event struct {
	Stopgate string `json:"stopgate"`
	// ID names the record for good, so that what is sent twice can be counted once.
	ID string    `json:"id"`
	At time.Time `json:"at"`
	// Repository is the name of the journal's folder: the repository's name and a hash of its path.
	Repository string `json:"repository"`
	// Kind is the kind of the record.
	Kind      string `json:"kind"`
	Session   string `json:"session,omitempty"`
	Agent     string `json:"agent,omitempty"`
	AgentType string `json:"agent_type,omitempty"`
	// Task is the task, or else its worktree; "" if it is not known.
	Task string `json:"task,omitempty"`
	// Unreadable: the record's data cannot be read, so that only the fields above are known.
	Unreadable bool `json:"unreadable,omitempty"`

	// Role is the role for which an agent was launched. Of: launch.
	Role string `json:"role,omitempty"`
	// Verdict is the verdict of a stop, or of a fact about one.
	Verdict string `json:"verdict,omitempty"`
	// First: it is the first stop of a coding agent with this report, not one after it was sent back.
	First bool `json:"first,omitempty"`
	// SentBack: the agent was sent back. Of: stop.
	SentBack bool `json:"sent_back,omitempty"`
	// Observed: the agent would have been sent back, or the tool call refused, if the repository did not only observe. Of: stop, denial.
	Observed bool `json:"observed,omitempty"`
	// Rules are the rules of the findings. Of: stop, denial.
	Rules []RuleCount `json:"rules,omitempty"`
	// Mended are the rules for which the agent was sent back and that no longer block, in the stop after that.
	Mended []Mend `json:"mended,omitempty"`
	// Claims counts the files that the report lists, Unproven the findings that one of its claims has no evidence.
	Claims   int `json:"claims,omitempty"`
	Unproven int `json:"unproven,omitempty"`
	// Artifacts were removed at a stop, with that many files and bytes.
	Artifacts int   `json:"artifacts,omitempty"`
	Files     int   `json:"files,omitempty"`
	Bytes     int64 `json:"bytes,omitempty"`
	// Tool is the tool of a denied call.
	Tool string `json:"tool,omitempty"`

	// Fact is the kind of fact, Gate and Outcome those of the fact. Of: fact. Outcome is also that of a git command.
	Fact    gates.Kind `json:"fact,omitempty"`
	Gate    string     `json:"gate,omitempty"`
	Outcome string     `json:"outcome,omitempty"`
	// Phase is the task's phase after a fact, Waits what it waits for then, and WaitsFor who must act.
	Phase    string      `json:"phase,omitempty"`
	Waits    string      `json:"waits,omitempty"`
	WaitsFor gates.Party `json:"waits_for,omitempty"`
	// Gates are the gates of the task after a fact.
	Gates []Standing `json:"gates,omitempty"`
	// Voided are the gates whose pass a fact made void.
	Voided []string `json:"voided,omitempty"`
	// Overridden: the fact is the person's decision to merge although something was open.
	Overridden bool `json:"overridden,omitempty"`
	// Merged: the fact ended the task with a merge. Closed: a person ended it by hand.
	Merged bool `json:"merged,omitempty"`
	Closed bool `json:"closed,omitempty"`

	// The words of agents and people, only if they were asked for: Findings are messages of findings, Report is a report, Message another
	// last message, Words are a gate's issues, a person's reason or a git command.
	Findings []string        `json:"findings,omitempty"`
	Report   json.RawMessage `json:"report,omitempty"`
	Message  string          `json:"message,omitempty"`
	Words    []string        `json:"words,omitempty"`
}

// RuleCount is how many findings of one rule and severity there were.
type RuleCount struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Count    int    `json:"count"`
	// Path is the file of the first of them; "" for none.
	Path string `json:"path,omitempty"`
}

// Mend records that an agent fixed a broken rule.
type Mend struct {
	Rule string `json:"rule"`
	// In is where the agent fixed it.
	In Where `json:"in"`
}

// Where is the place at which an agent fixed the fault it was sent back for.
type Where string

// The places. A place that the journal does not hold is unknown.
const (
	InReport  Where = "report"  // the report changed, and the list of changed files did not
	InWork    Where = "work"    // the report is the same, so the files are not
	InBoth    Where = "both"    // the report and the list of changed files differ
	InUnknown Where = "unknown" // no report is kept that could be compared
)

// Standing is the state of a gate of a task.
type Standing struct {
	Gate     string `json:"gate"`
	Standing string `json:"standing"`
}
