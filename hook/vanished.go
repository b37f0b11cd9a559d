package hook

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"stopgate/hook/actor"
	"stopgate/hook/crosscheck"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// vanished records the end of the gates and branch-managers that this session launched and that are not at work any more, although no stop
// of them was seen: an API error ended them, or the person did, and the host sends no event. It returns the steps that follow.
func vanished(ctx context.Context, s *scene.Scene) []*step.Step {
	var waiting []*record.Task
	for _, t := range s.Tasks(ctx).All() {
		if len(t.Vanished(s.Event.SessionID)) > 0 {
			waiting = append(waiting, t)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	busy, known := busyTasks(ctx, s)
	if !known {
		return nil
	}
	var batch step.Batch
	for _, t := range waiting {
		if name := t.State.Task; !busy[launch.TaskKey(name)] {
			next := scene.UpdateTask(ctx, s, name, func(t *record.Task) (*step.Step, []record.Entry) { return recordVanished(s, t, &batch) })
			if next != nil {
				batch.Add(next)
			}
		}
	}
	return batch.Steps
}

// recordVanished takes the ends of a task's vanished agents into the protocol.
func recordVanished(s *scene.Scene, t *record.Task, batch *step.Batch) (*step.Step, []record.Entry) {
	var entries []record.Entry
	name := t.State.Task
	for _, end := range t.Vanished(s.Event.SessionID) {
		end.Task, end.At = name, s.Now().UTC()
		end.Stop = quote.Digest("vanished", s.Event.SessionID, end.Gate, end.Agent, fmt.Sprint(len(t.State.Seen)))
		fact := record.Fact{Fact: end}
		t.Take(s.Event.SessionID, fact)
		entries = append(entries, fact.Entry())
	}
	if len(entries) == 0 {
		return nil, nil // its stop was seen meanwhile
	}
	return takeIn(s, batch, t.OwedStep(rule.NoResult, t.State.Owed()), entries...)
}

// takeIn records what was found at the end of a turn with the step that follows from it, which may be nil. If the batch has no room for the step,
// nothing is recorded, and it is all found again at the end of the next turn.
func takeIn(s *scene.Scene, batch *step.Batch, next *step.Step, entries ...record.Entry) (*step.Step, []record.Entry) {
	switch {
	case next == nil:
		return nil, entries
	case !batch.Fits(next):
		return nil, nil
	}
	return next, append(entries, record.Reminded(next.StepID, next.TaskID, crosscheck.Telling(s, false)))
}

// busyTasks are the tasks that background agents are at work on, by their keys. They are not known if the host does not list its background
// tasks, or an agent's task cannot be read.
func busyTasks(ctx context.Context, s *scene.Scene) (tasks map[string]bool, known bool) {
	if s.Event.BackgroundTasks == nil {
		return nil, false
	}
	tasks = map[string]bool{}
	for _, b := range s.Event.BackgroundTasks {
		switch b.Type {
		case "shell", "monitor", "MCP task": // no agents
			continue
		}
		agent := session.Peer(ctx, s, b.ID)
		if agent.Prompt == "" {
			return nil, false
		}
		a := actor.FindTask(ctx, s, actor.Agent{Prompt: agent.Prompt}, launch.AssignmentOf(agent))
		tasks[launch.TaskKey(a.Task)] = true
	}
	return tasks, true
}

// release takes back what makes tasks wait for coding agents that have ended, with another task or without a report on theirs: their work was
// guessed when they began, or their prompts named another task than their reports.
func release(ctx context.Context, s *scene.Scene) {
	h := s.History(ctx)
	for _, t := range s.Tasks(ctx).All() {
		for _, id := range t.State.Running {
			if !h.Agent(id).HasEnded() {
				continue
			}
			name := t.State.Task
			scene.UpdateTask(ctx, s, name, func(t *record.Task) (bool, []record.Entry) {
				if !slices.Contains(t.State.Running, id) {
					return false, nil // meanwhile
				}
				back := record.Fact{Fact: gates.Fact{Kind: gates.NotCoder, Task: name, At: s.Now().UTC(), Agent: id, AgentType: h.Agent(id).Type()}}
				t.Take(s.Event.SessionID, back)
				return true, []record.Entry{back.Entry()}
			})
		}
	}
}

// maxBefore is before how many of the recorded agents an agent that is not recorded may have been at work. What is older can have left the
// history, which is bounded.
const maxBefore = 20

// launchedTogether is how much earlier than the first of those an agent may have been launched and still counts: agents that work side by side
// are launched within moments.
const launchedTogether = 2 * time.Minute

// unrecorded are the coding agents that have ended and of which nothing is recorded, not even a start: every hook of theirs was killed, or the
// journal could not be written. The host's notes show them. Those from before the agents that are recorded do not count: stopgate may not have
// been there yet.
func unrecorded(ctx context.Context, s *scene.Scene, running map[string]bool) []gates.Agent {
	h := s.History(ctx)
	known := h.Agents()
	if s.Event.BackgroundTasks == nil || len(known) == 0 {
		return nil
	}
	var since time.Time
	for _, id := range known[max(0, len(known)-maxBefore):] {
		if since = notedAt(s.Event.TranscriptPath, id); !since.IsZero() {
			break
		}
	}
	ids, err := transcript.AgentIDs(s.Event.TranscriptPath)
	if err != nil {
		fmt.Fprintf(s.Log, "stopgate: %v\n", err)
	}
	var list []gates.Agent
	for _, id := range ids {
		if since.IsZero() || h.Knows(id) || running[id] || notedAt(s.Event.TranscriptPath, id).Before(since.Add(-launchedTogether)) {
			continue
		}
		meta, err := transcript.ReadMeta(transcript.AgentPath(s.Event.TranscriptPath, id))
		if err == nil && meta.ParentAgentID == "" && s.Config(ctx).IsCoding(meta.AgentType) {
			list = append(list, gates.Agent{ID: id, Type: meta.AgentType})
		}
	}
	return list
}

// notedAt is when the host last wrote its notes on an agent; the zero time if it wrote none.
func notedAt(sessionTranscript, agentID string) time.Time {
	path := transcript.AgentPath(sessionTranscript, agentID)
	if path == "" {
		return time.Time{}
	}
	info, err := os.Stat(transcript.MetaPath(path))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// answeredLate takes in who agreed to the launches of branch-managers that are done already, and returns the steps that follow. The host
// writes that down for an agent in the foreground only when its result is there.
func answeredLate(ctx context.Context, s *scene.Scene) []*step.Step {
	var batch step.Batch
	for _, t := range crosscheck.AskedHere(ctx, s, true) {
		fact := crosscheck.Consent(ctx, s, t, crosscheck.SpeechWithin)
		if fact.Kind == "" {
			continue
		}
		next := scene.UpdateTask(ctx, s, t.State.Task, func(t *record.Task) (*step.Step, []record.Entry) {
			if asked := t.State.Asked; asked == nil || asked.Answer != "" {
				return nil, nil // it was taken in meanwhile
			}
			follows := t.Take(s.Event.SessionID, record.Fact{Fact: fact})
			return takeIn(s, &batch, t.OwedStep(rule.Ended, follows), record.Fact{Fact: fact}.Entry())
		})
		if next != nil {
			batch.Add(next)
		}
	}
	return batch.Steps
}
