package hook

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"stopgate/hook/actor"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// Whoever runs as the user can give stopgate an event that the client never sent. What such an event leaves in the journal is compared with
// the client's own transcript when it matters: a step that was told when it could be told again, a gate's pass at the merge.

const (
	// maxAgain bounds how often the same is told again because the transcript does not show it.
	maxAgain = 2
	// sameTelling is how far apart the calls of two hooks for one event can lie: what the first has told is not in the transcript yet.
	sameTelling = 2 * time.Second
	// crosscheckWithin bounds the reading of a session's transcript.
	crosscheckWithin = 3 * time.Second
)

// recoverTold takes back, of what is recorded as told in this session and counts, what the transcript of who was told does not show. It is then
// told again, and the person and the orchestrator hear that it was marked.
func recoverTold(ctx context.Context, s *scene.Scene, counts func(record.Told) bool) {
	if !s.FromClient {
		return
	}
	tasks := knownTasks{s.Tasks(ctx)}
	due := func(h record.History) []record.Told {
		return slices.DeleteFunc(append(h.Told(), remindersTold(ctx, s, h)...), func(t record.Told) bool {
			return !counts(t) || t.Again >= maxAgain || t.Via == s.Event.HookEventName && s.Now().Sub(t.At).Abs() < sameTelling || tasks.outdates(t)
		})
	}
	list := due(s.History(ctx))
	if len(list) == 0 {
		return
	}
	lost := notShown(ctx, s, list)
	if len(lost) == 0 {
		return
	}
	scene.Update(ctx, s, func(h record.History) (struct{}, []record.Entry) {
		var entries []record.Entry
		for _, t := range due(h) { // another process may have taken it back meanwhile
			i := slices.IndexFunc(lost, func(l lostTelling) bool { return l.StepID == t.StepID && l.At.Equal(t.At) })
			if i < 0 {
				continue
			}
			if entries = append(entries, t.TakenBack()); t.Again == 0 {
				entries = append(entries, record.NewAlarm(step.NotShown(t.TaskID, t.Via, lost[i].why), t.StepID).Entry())
			}
		}
		return struct{}{}, entries
	})
}

// knownTasks are the tasks of a session.
type knownTasks struct{ record.Tasks }

// outdates reports whether what was told of a task is not what it owes now. What it owes is told by a reminder.
func (k knownTasks) outdates(told record.Told) bool {
	task := k.Find(told.TaskID)
	if told.Step == nil || !told.Step.IsOfTask() || task == nil {
		return false
	}
	owed := task.State.Owed()
	return owed.Action != "" && !told.Step.IsFor(owed)
}

// remindersTold are the steps of tasks that this session was reminded of.
func remindersTold(ctx context.Context, s *scene.Scene, h record.History) []record.Told {
	var list []record.Told
	for _, t := range s.Tasks(ctx).All() {
		owed := t.State.Owed()
		if t.LastIn != s.Event.SessionID || !isToBeTaken(owed) {
			continue
		}
		next := remindingStep(t, owed)
		if told, ok := h.ToldOf(next); ok {
			list = append(list, told)
		}
	}
	return list
}

// lostTelling is what a transcript does not show, and why it cannot be read; "" if it can.
type lostTelling struct {
	record.Told
	why string
}

// notShown are those of the list that the transcripts of who was told do not show.
func notShown(ctx context.Context, s *scene.Scene, list []record.Told) []lostTelling {
	ctx, done := context.WithTimeout(ctx, crosscheckWithin)
	defer done()
	readers := map[string][]record.Told{}
	for _, t := range list {
		readers[t.To] = append(readers[t.To], t)
	}
	var lost []lostTelling
	for to, told := range readers {
		marks := make([]transcript.Mark, len(told))
		for i, t := range told {
			marks[i] = transcript.Mark{Text: t.Mark, From: *t.From}
		}
		var err error
		session.Await(ctx, s, func() bool {
			marks, err = transcript.NotShown(ctx, session.PathOf(s, to), marks)
			return err == nil && len(marks) == 0
		})
		for _, t := range told {
			if slices.Contains(marks, transcript.Mark{Text: t.Mark, From: *t.From}) {
				lost = append(lost, lostTelling{t, errorText(err)})
			}
		}
	}
	return lost
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// refutePasses takes back the passes of the tasks by agents of which the session's transcript does not show that they were launched as that
// gate, and reports whether there were any. An event that nobody sent can tell of such an agent.
func refutePasses(ctx context.Context, s *scene.Scene, tasks []*record.Task) bool {
	if !s.FromClient {
		return false
	}
	ctx, done := context.WithTimeout(ctx, crosscheckWithin)
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
			fact := gates.Fact{Kind: gates.PassRefuted, Task: t.State.Task, At: s.Now().UTC(), Gate: gate, Agent: pass.Agent, Why: reasonText(why)}
			entries = append(entries, record.Fact{Fact: fact}.Entry(), record.NewAlarm(step.PassRefuted(t.State.Task, gate, why), pass.Agent+pass.At.String()).Entry())
		}
	}
	if len(entries) > 0 {
		s.Append(ctx, entries...)
	}
	return len(entries) > 0
}

// launchReader reads the launches in the transcripts of sessions and orchestrators, each once.
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

// refutes is why a pass does not count; "" if its agent was launched as that gate.
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
	if meta, err := transcript.ReadMeta(transcript.AgentPath(path, pass.Agent)); !ok && err == nil && meta.ParentAgentID != "" {
		above := transcript.AgentPath(path, meta.ParentAgentID)
		if parent, err := transcript.ReadMeta(above); err == nil && actor.Orchestrates(ctx, l.scene, meta.ParentAgentID, parent.AgentType) {
			if all, err = l.in(ctx, above, true); err == nil {
				launched, ok = all.Of(pass.Agent, pass.Call)
			}
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

// asGate reports whether the launch was one of that gate, or of an agent that no task knows as its coding agent and that could review.
func (l launchReader) asGate(ctx context.Context, t *record.Task, gate, agentID string, launched transcript.Launched) bool {
	role, named := launch.RoleOf(l.scene.Config(ctx), launched.AgentType, launched.Prompt)
	if role == launch.GateRole && named == gate || launch.OwedGate([]string{gate}, launched.AgentType, launched.Prompt) == gate {
		return true
	}
	coded := slices.ContainsFunc(t.State.History, func(e gates.Event) bool { return e.Kind == gates.CoderStopped && e.Agent == agentID })
	return !coded && launch.OwedGate([]string{gate}, launched.AgentType, launch.ReviewForm) == gate
}

// alreadyShown are the ids of those of the steps that the orchestrator has read, as its transcript shows. The journal may not know: a delivery cannot
// be recorded on a full disk. Where it is not known since when a step can stand there, it is looked for at the end of a turn alone, because the
// whole transcript is read for it.
func alreadyShown(ctx context.Context, s *scene.Scene, due []record.OwedStep) []string {
	ctx, done := context.WithTimeout(ctx, crosscheckWithin)
	defer done()
	var marks []transcript.Mark
	byMark := map[transcript.Mark]string{}
	for _, owed := range due {
		mark := transcript.Mark{Text: record.MarkOf(owed.Step)}
		if s.Event.AgentID == "" { // the transcript of another orchestrator is another file
			mark.From = owed.From
		}
		if mark.From > 0 || s.Event.HookEventName == host.Stop {
			marks, byMark[mark] = append(marks, mark), owed.Step.StepID
		}
	}
	if len(marks) == 0 {
		return nil
	}
	missed, err := transcript.NotShownSince(ctx, session.PathOf(s, s.Event.AgentID), marks)
	if err != nil {
		return nil // better told twice than never
	}
	for _, mark := range missed {
		delete(byMark, mark)
	}
	return slices.Collect(maps.Values(byMark))
}
