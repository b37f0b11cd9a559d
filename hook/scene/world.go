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

// World has the connections of an event to everything outside: journal, worktrees, clock, log. Apart from these the program only reads the host's
// transcripts and resolves paths.
type World struct {
	// ProjectDir is CLAUDE_PROJECT_DIR; "" if the host did not set it.
	ProjectDir string
	// GivenGrounds are the grounds of every event; if nil, they are found from ProjectDir and the event's cwd.
	GivenGrounds *site.Grounds
	// OpenJournal opens the journal of key, which is a repository's common git directory or a project folder.
	OpenJournal func(key string) (record.Journal, error)
	// Transcript reads the agent's transcript up to the stop in the event; if nil, the file that the event names is read. sentBack is the message
	// id of the reply for which the agent was last sent back; "" for none.
	Transcript func(ctx context.Context, ev host.Event, sentBack string) *transcript.Agent
	// Peer reads the transcript of another agent of the event's session; if nil, the host's file is read.
	Peer func(ctx context.Context, ev host.Event, agentID string) *transcript.Agent
	// Observe opens worktrees for reading; nil if there are none to read.
	Observe inspect.Observer
	// Sweep removes artifacts; nil removes nothing.
	Sweep cleanup.Sweeper
	// Folders lists the folders outside of worktrees that an agent's tools may or must not write to.
	Folders conduct.Folders
	// Announce records a command that the host is about to run; if nil, nothing is recorded.
	Announce func(call calls.Call, command string)
	// OtherCalls returns the calls of all other sessions since a time; nil means none.
	OtherCalls func(session string, since time.Time) []calls.Call
	// CallsOf returns the calls of a session; nil if none are recorded in it, because the guard is not installed. If CallsOf is nil, there are none.
	CallsOf func(session string) []calls.Call
	// ClientGone reports whether the client of a session has ended; nil means that this is not known.
	ClientGone func(session string) bool
	// Now is the clock.
	Now func() time.Time
	// Log takes one line for each error. The host shows it to people with --debug.
	Log io.Writer
	// Lag is how long to wait for a transcript that is written after its event; zero means maxLag. Only tests set it.
	Lag time.Duration
	// Attended means that a person attends the session, so the client can ask them in a dialogue.
	Attended bool
	// FromClient means that the client sent the event. Then the records of the session are compared with the transcript that the event names.
	FromClient bool
	// Recorded means that the events come from recordings, without a journal of what happened before them. Committed is Inquiry.Committed.
	Recorded  bool
	Committed inspect.ClaimObserver
}

// Scene returns the scene of an event. It opens nothing.
func (w *World) Scene(ev host.Event) *Scene { return &Scene{World: w, Event: ev} }
