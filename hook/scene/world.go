package scene

import (
	"context"
	"io"
	"time"

	"stopgate/hook/calls"
	"stopgate/hook/cleanup"
	"stopgate/hook/conduct"
	"stopgate/hook/host"
	"stopgate/hook/inspect"
	"stopgate/hook/record"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
)

// World is what an event is connected to. Apart from it the program only reads: the host's transcripts, and where paths lead.
type World struct {
	// ProjectDir is CLAUDE_PROJECT_DIR; "" if the host did not set it.
	ProjectDir string
	// GivenGrounds are where every event happens; nil finds them from ProjectDir and the event's cwd.
	GivenGrounds *site.Grounds
	// OpenJournal opens the journal of key: a repository's common git directory or a project folder.
	OpenJournal func(key string) (record.Journal, error)
	// Transcript reads what an agent has said and done up to the stop in the event; nil reads the file that the event names. sentBack is the
	// message id of the reply that the agent was last sent back for, "" for none.
	Transcript func(ctx context.Context, ev host.Event, sentBack string) *transcript.Agent
	// Peer reads what another agent of the event's session has said and done so far; nil reads the host's file of it.
	Peer func(ctx context.Context, ev host.Event, agentID string) *transcript.Agent
	// Observe looks at a worktree; nil if none can be looked at.
	Observe inspect.Observer
	// Sweep removes artifacts; nil removes nothing.
	Sweep cleanup.Sweeper
	// Folders are those outside of worktrees in which an agent's tools may write, or must not.
	Folders conduct.Folders
	// Announce notes a command that the host is about to run; nil notes nothing.
	Announce func(call calls.Call, command string)
	// OtherCalls are the calls of every session but that one since then; nil knows none.
	OtherCalls func(session string, since time.Time) []calls.Call
	// CallsOf are the calls of a session; nil knows none.
	CallsOf func(session string) []calls.Call
	// Now is the clock.
	Now func() time.Time
	// Log takes one line for each accident. The host shows it to people with --debug.
	Log io.Writer
	// Lag is how long to wait for a transcript that is written after its event; zero is maxLag. Only tests set it.
	Lag time.Duration
	// Attended: a person attends the session, so that the client can ask them in a dialogue.
	Attended bool
	// FromClient: the client gave the event, so that what is recorded of the session is compared with the transcript that it names.
	FromClient bool
	// Recorded: the events come from recordings, so that no journal says what happened before them. Committed is Inquiry.Committed.
	Recorded  bool
	Committed inspect.ClaimObserver
}

// Scene is the scene of an event. Nothing is opened yet.
func (w *World) Scene(ev host.Event) *Scene { return &Scene{World: w, Event: ev} }
