// Package replay judges recorded stops by the code that judges live ones, with every effect taken away.
package replay

import (
	"cmp"
	"context"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"time"

	"stopgate/hook"
	"stopgate/hook/host"
	"stopgate/hook/inspect"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/submission"
	"stopgate/hook/transcript"
	"stopgate/hook/view"
	"stopgate/hook/worktree"
)

// recording has what a transcript shows of one agent.
type recording struct {
	// AgentType is the type as which the agent was launched.
	AgentType string
	// Stops are its attempts to stop, in order.
	Stops []transcript.Stop
	// End is the agent as it was at the end of the transcript.
	End transcript.Agent
}

// judged is a recorded stop that was judged.
type judged struct {
	Case judge.Case
	// Agent is the index of the stopped agent in the recordings, Number that of its stop.
	Agent, Number int
	Stop          transcript.Stop
	// Recorded is the recorded judgement; nil if no journal has one.
	Recorded *recordedStop
	// Project is the folder that the session was held in.
	Project string
}

// Replayer judges recorded stops by the code that judges live ones, with every effect taken away: nothing is deleted, and what one
// stop leaves for the next is kept in memory.
type Replayer struct {
	// Grounds fixes the worktree that every report is judged in; nil finds it from each agent's own working directory.
	Grounds *site.Grounds
	// Observe reads present worktrees. If nil, only the transcripts count.
	Observe inspect.Observer
	// OpenHistory opens what was committed to a repository; nil proves nothing by commits.
	OpenHistory func(worktree.Place) *worktree.History
	// Verdicts are the verdicts in the journals, which stand; nil judges everything.
	Verdicts *Verdicts
	// Only selects the stops that are yielded.
	Only view.Selection
	// LastOnly yields only the last stop of each agent.
	LastOnly bool
	// Evidence adds to each result what its findings rest on.
	Evidence bool
	// Read is called with the number of bytes of each read from a transcript, by several goroutines at a time. nil is allowed.
	Read func(n int)

	histories *histories // of OpenHistory; nil for none
}

// maxStops bounds the stops of one session that are judged, which takes some milliseconds each.
const maxStops = 500

// stops judges the stops of a session's agents in the order of time, of more than maxStops the last. Each is judged by what its agent had said and
// done by then; what git shows is the worktree's state now, less what only a later tool use can have changed.
func (p Replayer) stops(ctx context.Context, agents []recording) iter.Seq[judged] {
	return func(yield func(judged) bool) {
		memory := &record.Memory{}
		for _, at := range lastOf(moments(agents), maxStops) {
			agent := agents[at.agent]
			runner := &hook.Runner{World: scene.World{
				GivenGrounds: p.grounds(agent),
				OpenJournal:  func(string) (record.Journal, error) { return memory, nil },
				Now:          at.time.UTC,
				Log:          io.Discard,
				Recorded:     true,
			}}
			runner.Peer = func(_ context.Context, _ host.Event, id string) *transcript.Agent { return peerAt(agents, id, at.time) }
			ev := host.Event{SessionID: agent.End.SessionID, Cwd: agent.End.CWD, AgentID: agent.End.ID, AgentType: agent.AgentType}
			if at.stop < 0 {
				runner.CoderStarted(ctx, ev)
				continue
			}
			stop := agent.Stops[at.stop]
			since := committed{
				histories: p.histories, stop: stop, end: &agent.End, agents: agents, self: at.agent,
				grounds: runner.GivenGrounds, task: taskOf(stop),
			}
			if p.Observe != nil {
				runner.Observe = hindsight{p.Observe, since}
			}
			if place, ok := mainOf(*runner.GivenGrounds, agent.End.CWD); ok && p.histories != nil {
				since.place = place
				runner.Committed = since
			}
			runner.Transcript = func(context.Context, host.Event, string) *transcript.Agent { return &stop.Agent }
			ev.StopHookActive, ev.LastAssistantMessage = stop.Active, stop.Agent.LastMessage()
			j := judged{Case: runner.CoderStopped(ctx, ev), Agent: at.agent, Number: at.stop, Stop: stop, Project: projectOf(*runner.GivenGrounds, agent.End.CWD)}
			if j.Recorded = p.Verdicts.find(ctx, ev, stop); j.Recorded != nil {
				j.Recorded.apply(&j.Case)
			}
			if !yield(j) {
				return
			}
		}
	}
}

// taskOf returns the identifier of the task that an agent was launched for, or else the one that it reports.
func taskOf(stop transcript.Stop) string {
	if asked := launch.AssignmentOf(&stop.Agent); asked.TaskID != "" {
		return asked.TaskID
	}
	return submission.Read(stop.Agent.LastMessage(), stop.Agent.Replies).Report.TaskID
}

// mainOf returns the main worktree of a session's repository. A session may have been held in a worktree that is gone: then it is the repository
// above.
func mainOf(g site.Grounds, cwd string) (worktree.Place, bool) {
	if g.Repository == nil && filepath.IsAbs(cwd) {
		g = site.GroundsOf("", site.Existing(cwd))
	}
	return g.Main()
}

// projectOf returns the folder of a session's project: the main worktree, or else its working directory.
func projectOf(g site.Grounds, cwd string) string {
	if place, ok := g.Main(); ok {
		return place.Root
	}
	return cwd
}

// grounds returns where an agent's reports are judged.
func (p Replayer) grounds(agent recording) *site.Grounds {
	g := site.GroundsOf("", agent.End.CWD)
	if p.Grounds != nil {
		g = *p.Grounds
	}
	g = g.InThePast()
	return &g
}

// point is one thing that happened in a session: an agent began a run, or stopped.
type point struct {
	agent int
	stop  int // -1 for the beginning of a run
	time  time.Time
}

// moments returns the beginnings and the stops of all agents in the order of time. Those of one agent stay in their own order, however its clock
// went.
func moments(agents []recording) []point {
	var all []point
	for i, agent := range agents {
		var now time.Time
		add := func(stop int, at time.Time) {
			if at.After(now) {
				now = at
			}
			all = append(all, point{agent: i, stop: stop, time: now})
		}
		run := -1
		for n, stop := range agent.Stops {
			if stop.Agent.Run.Number != run {
				run = stop.Agent.Run.Number
				add(-1, stop.Agent.Run.Time)
			}
			add(n, stop.Time)
		}
		if agent.End.Run.Number != run {
			add(-1, agent.End.Run.Time) // it never stopped again
		}
	}
	slices.SortStableFunc(all, func(a, b point) int { return a.time.Compare(b.time) })
	return all
}

// lastOf returns the last n stops, with the beginnings of their runs. If there are no more than n, it returns all points.
func lastOf(all []point, n int) []point {
	from := len(all)
	for ; from > 0 && n > 0; from-- {
		if all[from-1].stop >= 0 {
			n--
		}
	}
	if n > 0 {
		return all
	}
	open := map[int]bool{} // by agent: the beginning of the run with a judged stop comes before
	var kept []point
	for i, at := range slices.Backward(all) {
		if i >= from || at.stop < 0 && open[at.agent] {
			kept = append(kept, at)
		}
		open[at.agent] = at.stop >= 0 && (i >= from || open[at.agent])
	}
	slices.Reverse(kept)
	return kept
}

// peerAt returns what an agent had done at that time.
func peerAt(agents []recording, id string, at time.Time) *transcript.Agent {
	i := slices.IndexFunc(agents, func(r recording) bool { return r.End.ID == id })
	if i < 0 {
		return &transcript.Agent{}
	}
	peer := agents[i].End
	peer.ToolUses = slices.DeleteFunc(slices.Clone(peer.ToolUses), func(use transcript.ToolUse) bool { return use.ResultTime.After(at) })
	return &peer
}

// essence returns a stop with no more than what judging it needs, so that many can be kept: of the replies before the last, those whose report
// would be found.
func essence(stop transcript.Stop) transcript.Stop {
	replies := stop.Agent.Replies
	if len(replies) < 2 {
		return stop
	}
	last := len(replies) - 1
	kept := []transcript.Reply{replies[last]}
	_, said := submission.Newest(replies[last].Texts)
	handed := said // then nothing else is read
	for i := last - 1; i >= 0 && !(said && handed); i-- {
		_, says := submission.Newest(replies[i].Texts)
		_, hands := submission.Newest(replies[i].Handbacks)
		if says && !said || hands && !handed {
			kept = append(kept, replies[i])
		}
		said, handed = said || says, handed || hands
	}
	slices.SortFunc(kept, func(a, b transcript.Reply) int { return cmp.Compare(a.FirstLine, b.FirstLine) })
	stop.Agent.Replies = kept
	return stop
}
