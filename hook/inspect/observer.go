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
	// Agent returns another agent of the session so far; never nil, empty where its transcript cannot be read.
	Agent(ctx context.Context, id string) *transcript.Agent
	// Session returns the orchestrator itself; never nil, empty where its transcript cannot be read.
	Session(ctx context.Context) *transcript.Agent
	// Active returns the session's other agents whose transcripts have grown since then.
	Active(since time.Time) []transcript.AgentFile
	// OtherSessions reports whether agents of another session started or stopped in this repository since then.
	OtherSessions(ctx context.Context, since time.Time) bool
	// SessionsIn returns the other sessions that may have changed something since then in the worktree with that root, by what the host was
	// about to do for them. name is how people know the worktree.
	SessionsIn(root, name string, since time.Time) []trace.OtherAgent
	// GitCommands returns the git commands that the guard let through since then, of all sessions, in order.
	GitCommands(ctx context.Context, since time.Time) []trace.GitCommand
}

// noWitness is the Witness of an agent without others.
type noWitness struct{}

func (noWitness) Agent(context.Context, string) *transcript.Agent { return &transcript.Agent{} }

func (noWitness) Session(context.Context) *transcript.Agent { return &transcript.Agent{} }

func (noWitness) Active(time.Time) []transcript.AgentFile { return nil }

func (noWitness) OtherSessions(context.Context, time.Time) bool { return false }

func (noWitness) SessionsIn(string, string, time.Time) []trace.OtherAgent { return nil }

func (noWitness) GitCommands(context.Context, time.Time) []trace.GitCommand { return nil }

// ClaimObserver looks at claimed files.
type ClaimObserver interface {
	// Claims tells how each path differs from base, in order. What cannot be seen is unknown.
	Claims(ctx context.Context, place worktree.Place, paths []string, base worktree.Base) []worktree.PathState
}

// Observer looks at worktrees.
type Observer interface {
	ClaimObserver
	// Survey tells what in the whole worktree differs from base.
	Survey(ctx context.Context, place worktree.Place, base worktree.Base, o worktree.ScanOptions) worktree.Survey
	site.FileReader
	// Marks is what git's own files say in the worktree now.
	Marks(ctx context.Context, place worktree.Place) (worktree.Marks, error)
	// Moved is what they say now, and otherwise than before.
	Moved(ctx context.Context, place worktree.Place, before worktree.Marks) (worktree.Marks, []worktree.MarkChange, error)
	// Since is an observer for the time after an agent was launched, when git's files in place said launched. It runs no program that a
	// change made since then has git run: where there is one, what only git can tell is unknown, with the reason.
	Since(ctx context.Context, place worktree.Place, launched worktree.Marks) Observer
	// Snapshot is what the worktree is like now, and which candidates are there.
	Snapshot(ctx context.Context, place worktree.Place, o worktree.ScanOptions) (worktree.Snapshot, []worktree.Candidate, error)
}

// Baseline is what an agent's worktree was like when a run of the agent began, before its first tool use.
type Baseline struct {
	// Worktree is the path by which the orchestrator knows the worktree.
	Worktree string `json:"worktree"`
	// At is when the snapshot was begun; zero in records that do not tell.
	At       time.Time         `json:"at"`
	Snapshot worktree.Snapshot `json:"snapshot"`
	// Main is what the main worktree was like then; nil where it is the agent's own, or could not be seen.
	Main *worktree.Snapshot `json:"main,omitempty"`
	// MainUnseen says why not all of the main worktree could be seen; "" where it could, or is the agent's own.
	MainUnseen string `json:"main_unseen,omitempty"`
	// Artifacts are those that were there then; nil where nobody has looked.
	Artifacts []worktree.Name `json:"artifacts"`
	// Marked is what git's own files said then; nil where that could not be taken down.
	Marked *repochange.Marked `json:"marked,omitempty"`
	// Plugin names the state of the plugin's own files then; "" where no plugin is known.
	Plugin string `json:"plugin,omitempty"`
}
