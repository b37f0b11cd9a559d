package crosscheck

import (
	"context"
	"fmt"
	"slices"

	"stopgate/hook/actor"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// RefutePasses revokes the tasks' passes by agents that the session did not launch as that gate according to its transcript, and reports whether
// there were any. Such an agent can come from an event that the client never sent.
func RefutePasses(ctx context.Context, s *scene.Scene, tasks []*record.Task) bool {
	if !s.FromClient {
		return false
	}
	ctx, done := context.WithTimeout(ctx, readWithin)
	defer done()
	launches := launchReader{scene: s, read: map[string]transcript.Launches{}, errs: map[string]error{}}
	var entries []record.Entry
	for _, t := range tasks {
		if t.State.Committed || t.State.Done {
			continue
		}
		for gate, pass := range t.State.Passes() {
			why := launches.refutes(ctx, t, gate, pass)
			if why == "" {
				continue
			}
			fact := gates.Fact{Kind: gates.PassRefuted, Task: t.State.Task, At: s.Now().UTC(), Gate: gate, Agent: pass.Agent, Why: quote.Reason(why)}
			entries = append(entries, record.Fact{Fact: fact}.Entry(), record.NewAlarm(step.PassRefuted(t.State.Task, gate, why), pass.Agent+pass.At.String()).Entry())
		}
	}
	if len(entries) > 0 {
		s.Append(ctx, entries...)
	}
	return len(entries) > 0
}

// launchReader reads the launches in the transcripts of sessions and orchestrators, each transcript once.
type launchReader struct {
	scene *scene.Scene
	read  map[string]transcript.Launches
	errs  map[string]error
}

func (l launchReader) in(ctx context.Context, path string, nested bool) (transcript.Launches, error) {
	if _, done := l.errs[path]; !done {
		l.read[path], l.errs[path] = transcript.ReadLaunches(ctx, path, nested)
	}
	return l.read[path], l.errs[path]
}

// refutes returns the reason why a pass does not count; "" if its agent was launched as that gate.
func (l launchReader) refutes(ctx context.Context, t *record.Task, gate string, pass gates.Result) string {
	session, own := t.PassedIn(gate), l.scene.Event
	path := own.TranscriptPath
	if session != own.SessionID {
		path = transcript.SessionPath(own.TranscriptPath, session)
	}
	all, err := l.in(ctx, path, false)
	agent := "agent " + quote.String(pass.Agent, quote.MaxName)
	if err != nil {
		return "it is unknown whether " + agent + " was launched: the transcript of the session in which it passed cannot be read"
	}
	launched, ok := all.Of(pass.Agent, pass.Call)
	if !ok {
		launched, ok = all.Led(ctx, transcript.AgentPath(path, pass.Agent))
	}
	if meta, err := transcript.ReadMeta(transcript.AgentPath(path, pass.Agent)); !ok && err == nil && meta.ParentAgentID != "" {
		above := transcript.AgentPath(path, meta.ParentAgentID)
		if parent, err := transcript.ReadMeta(above); err == nil && actor.Orchestrates(ctx, l.scene, meta.ParentAgentID, parent.AgentType) {
			if all, err = l.in(ctx, above, true); err == nil {
				launched, ok = all.Of(pass.Agent, pass.Call)
			}
		}
	}
	if before := transcript.MovedFrom(transcript.AgentPath(path, pass.Agent)); !ok && before != "" { // the session that launched it was cleared or left
		if earlier, err := l.in(ctx, transcript.SessionFile(before), false); err == nil {
			launched, ok = earlier.Of(pass.Agent, pass.Call)
		}
	}
	switch {
	case !ok:
		return "the session's transcript does not show that " + agent + " was launched"
	case !l.asGate(ctx, t, gate, pass.Agent, launched):
		return fmt.Sprintf("the session's transcript shows that %s was launched as %s for something else", agent, quote.String(launched.AgentType, quote.MaxName))
	}
	return ""
}

// asGate reports whether the agent was launched as that gate, or can have reviewed and is not the coding agent of a task.
func (l launchReader) asGate(ctx context.Context, t *record.Task, gate, agentID string, launched transcript.Launched) bool {
	role, named := launch.RoleOf(l.scene.Config(ctx), launched.AgentType, launched.Prompt)
	if role == launch.GateRole && named == gate || launch.OwedGate([]string{gate}, launched.AgentType, launched.Prompt) == gate {
		return true
	}
	coded := slices.ContainsFunc(t.State.History, func(e gates.Event) bool { return e.Kind == gates.CoderStopped && e.Agent == agentID })
	return !coded && launch.OwedGate([]string{gate}, launched.AgentType, launch.ReviewForm) == gate
}
