package hook

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"time"

	"stopgate/hook/calls"
	"stopgate/hook/cleanup"
	"stopgate/hook/conduct"
	"stopgate/hook/config"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
)

// Runner answers the host's events. Its fields are its connections to the world. Apart from them it only reads: the host's transcripts, and
// where paths lead.
type Runner struct {
	// ProjectDir is CLAUDE_PROJECT_DIR; "" if the host did not set it.
	ProjectDir string
	// Grounds are where every event happens; nil finds them from ProjectDir and the event's cwd.
	Grounds *site.Grounds
	// OpenJournal opens the journal of key: a repository's common git directory or a project folder.
	OpenJournal func(key string) (record.Journal, error)
	// Transcript reads what an agent has said and done up to the stop in the event; nil reads the file that the event names. sentBack is the
	// message id of the reply that the agent was last sent back for, "" for none.
	Transcript func(ctx context.Context, ev host.Event, sentBack string) *transcript.Agent
	// Peer reads what another agent of the event's session has said and done so far; nil reads the host's file of it.
	Peer func(ctx context.Context, ev host.Event, agentID string) *transcript.Agent
	// Observe looks at a worktree; nil if none can be looked at.
	Observe judge.Observer
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
	// ByHand: something inside the client gave the event, and not the client. It is answered as by hand: what follows from it is not recorded,
	// so that it counts for nothing, and takes nothing away. Forged: it looks like the client's.
	ByHand, Forged bool
	// FromClient: the client gave the event, so that what is recorded of the session is compared with the transcript that it names.
	FromClient bool
	// Recorded: the events come from recordings, so that no journal says what happened before them. Committed is Inquiry.Committed.
	Recorded  bool
	Committed judge.ClaimObserver
}

// Answer is the answer to one event.
type Answer struct {
	Output host.Output
	// Case is the stop that was judged; nil for other events and for a stop that had been judged before.
	Case *judge.Case

	scene   *scene            // of carried
	carried []record.OwedStep // the agents' steps in Output
}

// Undeliver takes back that the steps in Output were delivered. Call it if the output could not be written.
func (a Answer) Undeliver(ctx context.Context) {
	if len(a.carried) > 0 {
		a.scene.append(ctx, record.Returned(record.Delivery{Via: a.scene.ev.HookEventName}, a.carried)...)
	}
}

// Run answers one event. An event that does not concern stopgate gets a silent answer before anything is opened.
func (r *Runner) Run(ctx context.Context, ev host.Event) Answer {
	if r.ByHand {
		return r.runByHand(ctx, ev)
	}
	return r.run(ctx, ev)
}

func (r *Runner) run(ctx context.Context, ev host.Event) Answer {
	switch ev.HookEventName {
	case host.SubagentStart:
		return r.subagentStart(ctx, ev)
	case host.SubagentStop:
		return r.subagentStop(ctx, ev)
	case host.PreToolUse:
		if host.IsAgentTool(ev.ToolName) {
			return r.agentLaunch(ctx, ev)
		}
		return r.toolUse(ctx, ev)
	case host.PostToolUse:
		if ev.ToolName == "AskUserQuestion" {
			return r.questionAnswered(ctx, ev)
		}
		return r.agentReturn(ctx, ev)
	case host.PostToolUseFailure:
		return r.launchFailed(ctx, ev)
	case host.UserPromptSubmit:
		return r.prompt(ctx, ev)
	case host.Stop:
		return r.turnEnd(ctx, ev)
	case host.ConfigChange:
		return r.configChange(ctx, ev)
	}
	return Answer{}
}

// mayConcern reports whether an agent can have a place in the protocol: by its name or what its launch asks for; because a configuration can
// give it one, on the disk or committed; or because its launch or its start was recorded, and the configuration is gone since. Nothing is
// opened for the first of these. agentID is "" where the launch is not to be looked for.
func (r *Runner) mayConcern(ctx context.Context, ev host.Event, agentID, agentType, prompt string) bool {
	if role, _ := launch.RoleOf(launch.Defaults(), agentType, prompt); role != launch.NoRole || launch.AsksForReview(prompt) {
		return true
	}
	if r.ProjectDir != "" {
		if _, err := os.Lstat(filepath.Join(r.ProjectDir, config.FileName)); err == nil {
			return true
		}
	}
	s := r.scene(ev)
	return s.configured(ctx) || agentID != "" && (s.history(ctx).Knows(agentID) || s.launchOf(ctx, agentID) != nil)
}

// How long an event may look at a worktree, and clean it up. What is not seen by then is unknown. The rest of the event's time is the
// journal's, since every decision must be recorded.
const (
	marksWithin = 4 * time.Second // git's own files
	lookWithin  = 12 * time.Second
	sweepWithin = 4 * time.Second
)
