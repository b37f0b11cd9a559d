package session

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"stopgate/hook/calls"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
)

// Files are the transcripts of the event's session: its own, and those of its agents. Each file is read once. Files is the inspection's witness.
type Files struct {
	scene *scene.Scene

	session *transcript.Agent
	agents  map[string]*transcript.Agent
}

// Witness returns the transcripts of the event's session.
func Witness(s *scene.Scene) *Files {
	return &Files{scene: s, agents: map[string]*transcript.Agent{}}
}

// Agent returns the transcript of an agent.
func (f *Files) Agent(ctx context.Context, id string) *transcript.Agent {
	if f.agents[id] == nil {
		f.agents[id] = Peer(ctx, f.scene, id)
	}
	return f.agents[id]
}

// Session returns the orchestrator's transcript.
func (f *Files) Session(ctx context.Context) *transcript.Agent {
	if f.session == nil {
		f.session = readOrEmpty(ctx, f.scene.Event.TranscriptPath, transcript.Options{})
	}
	return f.session
}

// Active returns the transcripts of other agents that have changed since then, without those of the agent's own helpers.
func (f *Files) Active(since time.Time) []transcript.AgentFile {
	ev := f.scene.Event
	if ev.TranscriptPath == "" {
		return nil
	}
	files, err := transcript.Agents(ev.TranscriptPath)
	if err != nil {
		fmt.Fprintf(f.scene.Log, "stopgate: %v\n", err)
	}
	own := map[string]bool{ev.AgentID: true}
	for _, helper := range transcript.Descendants(ev.TranscriptPath, files, ev.AgentID) {
		own[helper.ID] = true
	}
	return slices.DeleteFunc(files, func(file transcript.AgentFile) bool {
		info, err := os.Stat(file.Path)
		return err != nil || own[file.ID] || info.ModTime().Before(since)
	})
}

// OtherSessions reports whether agents of another session were at work in the repository since then.
func (f *Files) OtherSessions(ctx context.Context, since time.Time) bool {
	return f.scene.Journal().OtherSessions(ctx, since)
}

// SessionsIn returns the other sessions whose own calls may have changed something since then in the worktree at root. name is the worktree's name
// for people. For a change by a command the files are unknown, so the session has none.
func (f *Files) SessionsIn(root, name string, since time.Time) []trace.OtherAgent {
	if f.scene.OtherCalls == nil || f.scene.Event.SessionID == "" {
		return nil
	}
	var list []trace.OtherAgent
	for _, call := range f.scene.OtherCalls(f.scene.Event.SessionID, since) {
		if call.File != "" {
			call.File = site.Physical(call.File)
		}
		if call.Agent != "" && call.Agent == f.scene.Event.AgentID || !call.ConcernsFolder(root, strings.TrimPrefix(name, "./")) {
			continue
		}
		at := slices.IndexFunc(list, func(o trace.OtherAgent) bool { return o.Session == call.Session })
		if at < 0 {
			at = len(list)
			list = append(list, trace.OtherAgent{Session: call.Session, Running: true})
		}
		if rel := site.RelativeTo([]string{root}, call.File); call.File != "" && rel != "" && !slices.Contains(list[at].Files, rel) {
			list[at].Files = append(list[at].Files, rel)
		}
	}
	return list
}

// GitCommands returns the git commands that the guard has let through since then.
func (f *Files) GitCommands(ctx context.Context, since time.Time) []trace.GitCommand {
	var list []trace.GitCommand
	own := []string{f.scene.Event.AgentID}
	for _, helper := range helpersOf(f.scene) {
		own = append(own, helper.ID)
	}
	for _, g := range f.scene.Journal().GitCommands(ctx, since) {
		if g.Outcome == record.Refused {
			continue
		}
		list = append(list, trace.GitCommand{
			Own:   g.Agent.ID != "" && slices.Contains(own, g.Agent.ID), // in an earlier session, too
			Known: g.Outcome == record.Passed, AgentID: g.Agent.ID, AgentType: g.Agent.Type, Kind: g.Kind, Text: g.Command, Starts: g.Starts, Worktree: g.Worktree, At: g.At,
		})
	}
	return list
}

// Acted reports whether the host has announced a call before this event by which the agent, or one that works for it, may have changed something.
func Acted(s *scene.Scene, agentID string) bool {
	return s.CallsOf != nil && slices.ContainsFunc(s.CallsOf(s.Event.SessionID), func(call calls.Call) bool {
		its := call.Agent == agentID || slices.ContainsFunc(call.Above, func(a calls.Above) bool { return a.Agent == agentID })
		return its && !call.Reads && (call.Text != "" || call.File != "")
	})
}

// missingAfter is how long after its announcement a tool call must be in the transcript. The host writes it earlier, and the file by a timer. It
// keeps the call also if the reply breaks off or ends with an overload while the tool runs (measured with 2.1.200 and 2.1.330).
const missingAfter = 2 * time.Second

// Announced compares the transcript of the event's agent with what the host announced. written are the tool uses in it that the host did not
// announce. missing counts the announced calls of the agent and its helpers that are in none of their transcripts.
// removed says that the announcements of the agent, which has the launch, were removed; "" if they were not.
func Announced(s *scene.Scene, agent *transcript.Agent, launch *record.Launch) (written []transcript.ToolUse, missing int, removed string) {
	if s.CallsOf == nil || s.Recorded {
		return nil, 0, ""
	}
	var list []calls.Call
	for _, session := range append(slices.Clone(agent.Earlier), s.Event.SessionID) {
		list = append(list, s.CallsOf(session)...)
	}
	announced, told, began := map[string]bool{}, map[string]bool{}, time.Time{}
	for _, use := range agent.ToolUses {
		told[use.ID] = true
	}
	for _, call := range list {
		own := call.Agent == s.Event.AgentID
		switch {
		case own && call.Use != "":
			announced[call.Use] = true
		case own && call.Text == "" && call.File == "" && call.Client == "" && began.IsZero():
			began = call.At
		}
		if call.Use != "" && !told[call.Use] && (own || slices.Contains(agent.Helpers, call.Agent)) && agent.DroppedToolUses == 0 && s.Now().Sub(call.At) > missingAfter {
			missing++
		}
	}
	removed = announcementsRemoved(s, list, launch)
	return trace.Unannounced(agent, announced, began), missing, removed
}

// fewCalls is less than the calls of which the older ones are not read.
const fewCalls = 100

// announcementsRemoved returns a sentence if calls of the session were recorded when the event's agent was launched, and now there is none of it, not even
// its beginning; "" otherwise.
func announcementsRemoved(s *scene.Scene, list []calls.Call, launch *record.Launch) string {
	if launch == nil || !launch.Announced || len(list) >= fewCalls || slices.ContainsFunc(list, func(call calls.Call) bool { return call.Agent == s.Event.AgentID }) {
		return ""
	}
	return "the list of the calls that the client announced has none of this agent, and was there when it was launched: another program may have removed it. " +
		"So the guard did not know the agent's git commands, and nothing shows that its transcript is the client's own"
}
