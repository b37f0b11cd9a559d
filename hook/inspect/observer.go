package inspect

import (
	"context"
	"time"

	"stopgate/hook/repochange"
	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Witness reads the transcripts of a session and its other agents.
type Witness interface {
	// Agent returns the transcript of another agent of the session so far; never nil, empty if it cannot be read.
	Agent(ctx context.Context, id string) *transcript.Agent
	// Session returns the transcript of the orchestrator; never nil, empty if it cannot be read.
	Session(ctx context.Context) *transcript.Agent
	// Active returns the session's other agents whose transcripts have grown since then.
	Active(since time.Time) []transcript.AgentFile
	// OtherSessions reports whether agents of another session started or stopped in this repository since then.
	OtherSessions(ctx context.Context, since time.Time) bool
	// SessionsIn returns the other sessions that may have changed something since then in the worktree at root, by the calls that the host
	// announced for them. name is the worktree's name for people.
	SessionsIn(root, name string, since time.Time) []trace.OtherAgent
	// GitCommands returns the git commands that the guard let through since then, of all sessions, in order.
	GitCommands(ctx context.Context, since time.Time) []trace.GitCommand
}

// noWitness is the Witness if there are no other transcripts.
type noWitness struct{}

func (noWitness) Agent(context.Context, string) *transcript.Agent { return &transcript.Agent{} }

func (noWitness) Session(context.Context) *transcript.Agent { return &transcript.Agent{} }

func (noWitness) Active(time.Time) []transcript.AgentFile { return nil }

func (noWitness) OtherSessions(context.Context, time.Time) bool { return false }

func (noWitness) SessionsIn(string, string, time.Time) []trace.OtherAgent { return nil }

func (noWitness) GitCommands(context.Context, time.Time) []trace.GitCommand { return nil }

// ClaimObserver compares claimed files with git.
type ClaimObserver interface {
	// Claims returns how each path differs from base, in order. A path that cannot be read is unknown.
	Claims(ctx context.Context, place worktree.Place, paths []string, base worktree.Base) []worktree.PathState
}

// Observer reads worktrees.
type Observer interface {
	ClaimObserver
	// Survey returns the differences of the whole worktree from base.
	Survey(ctx context.Context, place worktree.Place, base worktree.Base, o worktree.ScanOptions) worktree.Survey
	site.FileReader
	// Marks returns the present state of git's own files in the worktree.
	Marks(ctx context.Context, place worktree.Place) (worktree.Marks, error)
	// Moved returns the present state, and its differences from before.
	Moved(ctx context.Context, place worktree.Place, before worktree.Marks) (worktree.Marks, []worktree.MarkChange, error)
	// Since returns an observer for the time after an agent was launched. launched is the state of git's own files in place at the launch. The
	// observer runs no program that git would run because of a later change. If there is such a change, answers that need git are unknown, with the
	// reason.
	Since(ctx context.Context, place worktree.Place, launched worktree.Marks) Observer
	// Snapshot returns the present state of the worktree, and the candidates in it.
	Snapshot(ctx context.Context, place worktree.Place, o worktree.ScanOptions) (worktree.Snapshot, []worktree.Candidate, error)
}

// Baseline is the state of an agent's worktree when a run of the agent began, before its first tool use.
type Baseline struct {
	// Worktree is the worktree as the orchestrator wrote it.
	Worktree string `json:"worktree"`
	// At is when the snapshot was begun; zero in older records.
	At       time.Time         `json:"at"`
	Snapshot worktree.Snapshot `json:"snapshot"`
	// Main is the state of the main worktree then; nil if that is the agent's own, or could not be read.
	Main *worktree.Snapshot `json:"main,omitempty"`
	// MainUnseen is the reason if the main worktree could not be read completely; "" otherwise.
	MainUnseen string `json:"main_unseen,omitempty"`
	// Artifacts are the artifacts that existed then; nil if nobody has looked.
	Artifacts []worktree.Name `json:"artifacts"`
	// Marked is the state of git's own files then; nil if it could not be recorded.
	Marked *repochange.Marked `json:"marked,omitempty"`
	// Plugin is a fingerprint of the plugin's own files then; "" if no plugin is known.
	Plugin string `json:"plugin,omitempty"`
}
