package hook

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

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

// The event of a prompt does not tell who gave it, and the host writes that down only later. So words are kept as they come, and settled when
// it matters: before a launch, and at the end of a turn.

// speechWithin is how long to wait for the record of a prompt. The host writes it up to half a second after the event (2.1.332).
const speechWithin = time.Second

// saidOf identifies the text of a prompt.
func saidOf(prompt string) string { return quote.Digest(strings.TrimSpace(prompt)) }

// settleWords finds out who said what the tasks have heard in this session, and records it. wait is how long to wait for the host's record; what
// is not there by then stays open. why says of a task, by its key, why its last words were not the person's, or not found; "" if they were.
func settleWords(ctx context.Context, s *scene.Scene, tasks []*record.Task, wait time.Duration) (why map[string]string) {
	why = map[string]string{}
	known := map[string]gates.Fact{} // by words and text
	for _, t := range tasks {
		var entries []record.Entry
		for _, h := range t.State.Heard {
			if h.Session != s.Event.SessionID {
				continue
			}
			fact, ok := known[h.Words+h.Said]
			if !ok {
				fact = speaker(ctx, s, h, wait)
				known[h.Words+h.Said] = fact
			}
			if why[launch.TaskKey(t.State.Task)] = fact.Why; fact.Kind != "" {
				fact.Task = t.State.Task
				entries = append(entries, record.Fact{Fact: fact}.Entry())
			}
		}
		if len(entries) > 0 {
			s.Append(ctx, entries...)
		}
	}
	return why
}

// speaker is the fact that settles some words; without a kind if that is not known yet.
func speaker(ctx context.Context, s *scene.Scene, h gates.Heard, wait time.Duration) gates.Fact {
	fact := gates.Fact{Words: h.Words, Said: h.Said, At: s.Now().UTC()}
	path := s.Event.TranscriptPath
	person, why := false, ""
	found := session.AwaitFor(ctx, s, wait, func() bool {
		if h.Asking {
			consent, err := transcript.ReadConsent(ctx, path, h.Words)
			if err != nil {
				why = err.Error()
				return false
			}
			person, why = consent.Source != "hook" && !consent.Rejected, "a hook answered the question in their place"
			return consent.Found
		}
		speech, err := transcript.ReadSpeech(ctx, path, h.Words, func(text string) bool { return text != "" && saidOf(text) == h.Said }, h.At)
		if err != nil {
			why = err.Error()
			return false
		}
		person, why = speech.ByPerson()
		return speech.Found
	})
	switch {
	case !found:
		fact.Why = reasonText("it is not known who gave the last prompt: " + why)
		return fact
	case person:
		fact.Kind = gates.PersonSpoke
	default:
		fact.Kind, fact.Why = gates.PromptRefuted, reasonText("the last prompt was not the person's: "+why)
	}
	return fact
}

func reasonText(text string) string { return quote.Line(quote.Clip(text, quote.MaxReason)) }

// heardHere are the tasks of the repository that have heard words in this session and of which it is not known who said them.
func heardHere(ctx context.Context, s *scene.Scene) []*record.Task {
	if !s.Journal().Heard(ctx) {
		return nil
	}
	return slices.DeleteFunc(s.Journal().AllTasks(ctx, record.CapsOf(s.Config(ctx))).All(), func(t *record.Task) bool {
		return !slices.ContainsFunc(t.State.Heard, func(h gates.Heard) bool { return h.Session == s.Event.SessionID })
	})
}

// settleHere settles what the tasks have heard in this session.
func settleHere(ctx context.Context, s *scene.Scene, wait time.Duration) {
	if waiting := heardHere(ctx, s); len(waiting) > 0 {
		s.Unheard = settleWords(ctx, s, waiting, wait)
	}
}

// answered takes in what was answered when the launch of a branch-manager was put before the person, as soon as the host has written it down.
// call is the tool use of the launch. refused says why the launch counts for nothing; "" if a person agreed, or nothing is known yet.
func answered(ctx context.Context, s *scene.Scene, call string, wait time.Duration) (refused string) {
	for _, t := range s.Tasks(ctx).All() {
		asked := t.State.Asked
		if asked == nil || asked.Call != call {
			continue
		}
		if asked.Answer == gates.Fail {
			return "the person did not agree to this launch"
		}
		if asked.Answer != "" {
			return ""
		}
		fact := consent(ctx, s, t, wait)
		if fact.Kind == "" {
			return ""
		}
		entries := []record.Entry{record.Fact{Fact: fact}.Entry()}
		if fact.Outcome == gates.Pass && asked.Ended == "" {
			launched := gates.Fact{Kind: gates.BranchManagerLaunched, Task: t.State.Task, At: fact.At, Call: call, Agent: s.Event.AgentID}
			entries = append(entries, record.Fact{Worktree: t.Worktree, Fact: launched}.Entry())
		}
		s.Append(ctx, entries...)
		return fact.Why
	}
	return ""
}

// consent is the fact of what was answered to the launch that the task has put before the person; without a kind if that is not known yet. A
// client that does not write down who decided leaves it unknown.
func consent(ctx context.Context, s *scene.Scene, t *record.Task, wait time.Duration) gates.Fact {
	call := t.State.Asked.Call
	var given transcript.Consent
	known := session.AwaitFor(ctx, s, wait, func() bool {
		var err error
		given, err = transcript.ReadConsent(ctx, s.Event.TranscriptPath, call)
		return err == nil && given.Found && (given.Source != "" || given.Rejected)
	})
	if !known {
		return gates.Fact{}
	}
	fact := gates.Fact{Kind: gates.MergeAnswered, Task: t.State.Task, At: s.Now().UTC(), Call: call, Outcome: gates.Fail}
	switch {
	case given.ByPerson():
		fact.Outcome = gates.Pass
	case given.Rejected:
		fact.Why = "the person refused it"
	default:
		fact.Why = reasonText(fmt.Sprintf("no person agreed to it: the client's record names %q as who decided", given.Source))
	}
	return fact
}

// mergeUse is a tool use of a branch-manager. At its first one the host has written down who agreed to its launch.
func mergeUse(ctx context.Context, s *scene.Scene) string {
	meta, err := transcript.ReadMeta(transcript.AgentPath(s.Event.TranscriptPath, s.Event.AgentID))
	if err != nil || meta.ToolUseID == "" {
		return ""
	}
	return answered(ctx, s, meta.ToolUseID, speechWithin)
}

// takeRefusals takes in that the person refused launches in the dialogue: the host sends no event then.
func takeRefusals(ctx context.Context, s *scene.Scene) {
	for _, t := range askedHere(ctx, s, false) {
		if fact := consent(ctx, s, t, 0); fact.Kind != "" && fact.Outcome != gates.Pass {
			s.Append(ctx, record.Fact{Fact: fact}.Entry())
		}
	}
}

// askedHere are the tasks that put a launch before the person in this session, and whose answer is not known. ended says whether they are
// those whose branch-manager is done already, or the others.
func askedHere(ctx context.Context, s *scene.Scene, ended bool) []*record.Task {
	return slices.DeleteFunc(s.Tasks(ctx).All(), func(t *record.Task) bool {
		asked := t.State.Asked
		return asked == nil || asked.Answer != "" || t.LastIn != s.Event.SessionID || (asked.Ended != "") != ended
	})
}

// answeredLate takes in who agreed to the launches of branch-managers that are done already, and returns the steps that follow. The host
// writes that down for an agent in the foreground only when its result is there.
func answeredLate(ctx context.Context, s *scene.Scene) []*step.Step {
	var batch step.Batch
	for _, t := range askedHere(ctx, s, true) {
		fact := consent(ctx, s, t, speechWithin)
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
