package hook

import (
	"fmt"
	"strings"
	"time"

	"stopgate/hook/transcript"
)

// Origin is where a recorded stop came from.
type Origin struct {
	// File is the transcript, Line that of the last record of the reply with which the agent stopped, from 1.
	File string `json:"file"`
	Line int    `json:"line"`
	// Time is when it stopped.
	Time      time.Time `json:"time"`
	SessionID string    `json:"session_id"`
	AgentID   string    `json:"agent_id"`
	AgentType string    `json:"agent_type"`
	// Attempt is how often the agent had been sent back before, plus one.
	Attempt int     `json:"attempt"`
	Checked Checked `json:"checked"`
}

// Checked says what the claims of a recorded stop were held against.
type Checked string

const (
	// AgainstWorktree means against git, as the worktree stands now.
	AgainstWorktree Checked = "worktree"
	// AgainstTranscript means against the agent's own edits; the worktree is gone.
	AgainstTranscript Checked = "transcript"
	// AgainstNothing means there was no claim that could be held against anything.
	AgainstNothing Checked = "nothing"
)

// NewOrigin says where a judged stop of a transcript came from.
func NewOrigin(file string, stop transcript.Stop, c Case) *Origin {
	checked := AgainstNothing
	switch {
	case c.Worktree != "":
		checked = AgainstWorktree
	case len(c.Files) > 0:
		checked = AgainstTranscript
	}
	return &Origin{
		File: file, Line: stop.Line, Time: stop.Time.UTC(), SessionID: stop.Agent.SessionID,
		AgentID: c.AgentID, AgentType: c.AgentType, Attempt: c.Attempts + 1, Checked: checked,
	}
}

// Line is a recorded stop on one line for people: time, agent, task, verdict, files proven of those claimed, rules.
func (r Result) Line() string {
	proven, claimed := 0, 0
	for _, f := range r.Files {
		if f.Claimed {
			claimed++
			if f.Proof != Unproven {
				proven++
			}
		}
	}
	var rules []string
	seen := map[Rule]bool{}
	for _, f := range r.Findings {
		if !seen[f.Rule] {
			seen[f.Rule] = true
			rules = append(rules, string(f.Rule))
		}
	}
	when := "-"
	if !r.Origin.Time.IsZero() {
		when = r.Origin.Time.Format("2006-01-02 15:04:05Z")
	}
	return strings.TrimRight(fmt.Sprintf("%-20s %-22s %-18s %-10s %3d/%-3d  %s", when, oneLine(clip(r.Origin.AgentType, maxName)),
		oneLine(clip(r.task, maxDescription)), r.Verdict, proven, claimed, strings.Join(rules, " ")), " ")
}
