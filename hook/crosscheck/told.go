// Package crosscheck compares records with the client's own transcript. A program of the same user can send stopgate an event that the client never
// sent. Records of such an event are checked when they matter: a delivered step when it could be delivered again, a gate's pass at the merge, and
// the person's words and agreements before they count.
package crosscheck

import (
	"context"
	"maps"
	"slices"
	"time"

	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

const (
	// maxAgain is how often the same text is told again because the transcript does not show it.
	maxAgain = 2
	// sameTelling is the maximum time between the calls of two hooks for one event. The text of the first is not in the transcript yet.
	sameTelling = 2 * time.Second
	// readWithin is the time limit for reading a session's transcript.
	readWithin = 3 * time.Second
)

// RecoverTold revokes deliveries of this session, those for which counts is true, that the receiver's transcript does not show. They are then told
// again, with the remark that they had been marked as delivered.
func RecoverTold(ctx context.Context, s *scene.Scene, counts func(record.Told) bool) {
	lost := lostTellings(ctx, s, counts)
	if len(lost) == 0 {
		return
	}
	scene.Update(ctx, s, func(h record.History) (struct{}, []record.Entry) {
		var entries []record.Entry
		for _, t := range tellings(ctx, s, h, counts) { // another process may have revoked it meanwhile
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

// NeverAsked returns the keys of the tasks that wait for the person although this session's transcript does not show the step that was recorded as
// told. What the person says next is no answer to it. The step is told again at the end of the turn. If the transcript shows nothing that was told,
// the client may keep such texts in another form, and no task counts.
func NeverAsked(ctx context.Context, s *scene.Scene) map[string]bool {
	lost := lostTellings(ctx, s, func(t record.Told) bool {
		task := s.Tasks(ctx).Find(t.TaskID)
		return task != nil && task.AsksIn(s.Event.SessionID)
	})
	if len(lost) == 0 {
		return nil
	}
	all := func(record.Told) bool { return true }
	if len(lostTellings(ctx, s, all)) == len(tellings(ctx, s, s.History(ctx), all)) {
		return nil
	}
	return quote.Set(quote.Each(lost, func(t lostTelling) string { return launch.TaskKey(t.TaskID) }))
}

// lostTellings returns those of the tellings that the receivers' transcripts do not show. There are none if the client does not give the events.
func lostTellings(ctx context.Context, s *scene.Scene, counts func(record.Told) bool) []lostTelling {
	if !s.FromClient {
		return nil
	}
	list := tellings(ctx, s, s.History(ctx), counts)
	if len(list) == 0 {
		return nil
	}
	return notShown(ctx, s, list)
}

// tellings returns what this session was told and still has to know, as far as counts is true for it. It leaves out what was told too often, and
// what another hook is telling with the same event.
func tellings(ctx context.Context, s *scene.Scene, h record.History, counts func(record.Told) bool) []record.Told {
	tasks := knownTasks{s.Tasks(ctx)}
	return slices.DeleteFunc(append(h.Told(), remindersTold(ctx, s, h)...), func(t record.Told) bool {
		return !counts(t) || t.Again >= maxAgain || t.Via == s.Event.HookEventName && s.Now().Sub(t.At).Abs() < sameTelling || tasks.outdates(t)
	})
}

// knownTasks are the tasks of a session.
type knownTasks struct{ record.Tasks }

// outdates reports whether what was told about a task is no longer what it owes. A reminder tells what it owes now.
func (k knownTasks) outdates(told record.Told) bool {
	task := k.Find(told.TaskID)
	if told.Step == nil || !told.Step.IsOfTask() || task == nil {
		return false
	}
	owed := task.State.Owed()
	return owed.Action != "" && !told.Step.IsFor(owed)
}

// remindersTold returns what this session was told, at the end of a turn, of the steps that tasks owe.
func remindersTold(ctx context.Context, s *scene.Scene, h record.History) []record.Told {
	var list []record.Told
	for _, t := range s.Tasks(ctx).All() {
		owed, due := t.DueIn(s.Event.SessionID)
		if !due && !t.AsksIn(s.Event.SessionID) {
			continue
		}
		if told, ok := h.ToldOf(t.Reminder(owed)); ok {
			list = append(list, told)
		}
	}
	return list
}

// lostTelling is a text that a transcript does not show, with the reason if the transcript cannot be read; "" if it can.
type lostTelling struct {
	record.Told
	why string
}

// notShown returns those of the list that the receivers' transcripts do not show.
func notShown(ctx context.Context, s *scene.Scene, list []record.Told) []lostTelling {
	ctx, done := context.WithTimeout(ctx, readWithin)
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

// AlreadyShown returns the ids of the steps that the orchestrator has read, by its transcript. The journal may lack the record, because a delivery
// cannot be recorded on a full disk. If it is unknown where the step can begin, the whole transcript has to be read, which is done only at the end
// of a turn.
func AlreadyShown(ctx context.Context, s *scene.Scene, due []record.OwedStep) []string {
	ctx, done := context.WithTimeout(ctx, readWithin)
	defer done()
	var marks []transcript.Mark
	byMark := map[transcript.Mark]string{}
	for _, owed := range due {
		mark := transcript.Mark{Text: record.MarkOf(owed.Step, "")}
		if s.Event.AgentID == "" { // another orchestrator has another transcript
			mark.From = owed.From
		}
		if mark.From > 0 || s.Event.HookEventName == host.Stop {
			marks, byMark[mark] = append(marks, mark), owed.Step.StepID
		}
	}
	if len(marks) == 0 {
		return nil
	}
	var missed []transcript.Mark
	var err error
	look := func() bool {
		missed, err = transcript.NotShownSince(ctx, session.PathOf(s, s.Event.AgentID), marks)
		return err != nil || len(missed) == 0
	}
	if s.Event.HookEventName == host.Stop { // few steps are left for the end of a turn, and what was told last may not be in the transcript yet
		session.Await(ctx, s, look)
	} else {
		look()
	}
	if err != nil {
		return nil // telling a step twice is better than never
	}
	for _, mark := range missed {
		delete(byMark, mark)
	}
	return slices.Collect(maps.Values(byMark))
}

// Telling returns the record of a delivery by the event of the scene. With toPerson no model is told.
func Telling(s *scene.Scene, toPerson bool) record.Delivery {
	d := record.Delivery{Via: s.Event.HookEventName}
	if !toPerson {
		d.From, d.To = new(transcript.Size(session.PathOf(s, s.Event.AgentID))), quote.Clip(s.Event.AgentID, quote.MaxName)
	}
	return d
}
