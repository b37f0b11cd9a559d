package replay

import (
	"slices"
	"time"

	"stopgate/hook/check"
	"stopgate/hook/inspect"
	"stopgate/hook/transcript"
)

// Origin is the source of a recorded stop.
type Origin struct {
	// File is the transcript, Line that of the last record of the reply with which the agent stopped, from 1.
	File string `json:"file"`
	Line int    `json:"line"`
	// Time is when it stopped; the zero time if the transcript does not have it.
	Time time.Time `json:"time"`
	// Project is the folder of the session's project: the main worktree of its repository, or its working directory.
	Project   string `json:"project"`
	SessionID string `json:"session_id"`
	AgentID   string `json:"agent_id"`
	AgentType string `json:"agent_type"`
	// Attempt is how often the agent had been sent back before, plus one.
	Attempt int     `json:"attempt"`
	Checked Checked `json:"checked"`
}

// Checked says what the claims of a recorded stop were compared with.
type Checked string

const (
	// AgainstWorktree means with git, in the present worktree.
	AgainstWorktree Checked = "worktree"
	// AgainstCommits means that commits made since proved claims, and git in the worktree the others.
	AgainstCommits Checked = "commits"
	// AgainstJournal means that the gate judged the stop when it happened: the verdict is the recorded one.
	AgainstJournal Checked = "journal"
	// AgainstTranscript means against the agent's own edits; the worktree is gone.
	AgainstTranscript Checked = "transcript"
	// AgainstNothing means there was no claim that could be held against anything.
	AgainstNothing Checked = "nothing"
)

// Result is the judgement of a recorded stop (schema result).
type Result struct {
	check.Result
	// Origin is the source of the stop.
	Origin Origin `json:"source"`
	// Evidence explains each finding; nil unless it was requested.
	Evidence []Explanation `json:"evidence,omitempty"`

	last bool // no stop of the agent came after it
}

func newResult(file string, r judged) Result {
	result := Result{Result: check.New(r.Case), Origin: newOrigin(file, r)}
	if r.Recorded != nil {
		result.Step = r.Recorded.Step
	}
	return result
}

// newOrigin returns the source of a judged stop.
func newOrigin(file string, r judged) Origin {
	checked := AgainstNothing
	byCommit := func(f inspect.File) bool { return f.Proof == inspect.ByCommit }
	switch {
	case r.Recorded != nil:
		checked = AgainstJournal
	case slices.ContainsFunc(r.Case.Files, byCommit):
		checked = AgainstCommits
	case r.Case.Worktree != "":
		checked = AgainstWorktree
	case len(r.Case.Files) > 0:
		checked = AgainstTranscript
	}
	return Origin{
		File: file, Line: r.Stop.Line, Time: recordedTime(r.Stop), Project: r.Project, SessionID: r.Stop.Agent.SessionID,
		AgentID: r.Case.AgentID, AgentType: r.Case.AgentType, Attempt: r.Case.Attempts + 1, Checked: checked,
	}
}

// recordedTime returns when a stop happened; the zero time where JSON has no form for it.
func recordedTime(stop transcript.Stop) time.Time {
	if at := stop.Time.UTC(); at.Year() >= 0 && at.Year() <= 9999 {
		return at
	}
	return time.Time{}
}
