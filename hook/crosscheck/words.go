package crosscheck

import (
	"context"
	"slices"
	"strings"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/transcript"
)

// The event of a prompt does not show who gave it, and the host records that only later. So words are recorded as they come. Their speaker is
// looked up when it matters: before a launch, and at the end of a turn.

// SpeechWithin is how long to wait for the record of a prompt. The host writes it up to half a second after the event (2.1.332).
const SpeechWithin = time.Second

// Said returns a digest of a prompt's text, as in gates.Heard.
func Said(prompt string) string { return quote.Digest(strings.TrimSpace(prompt)) }

// Scheduled reports whether the session had the prompt of the event scheduled. It is for prompts without an identifier (before 2.1.200), whose record
// is not looked up later. The tool use that scheduled it is older than the event, so it is in the transcript. It returns false if that cannot be read.
func Scheduled(ctx context.Context, s *scene.Scene) bool {
	said := Said(s.Event.Prompt)
	yes, err := transcript.Scheduled(ctx, s.Event.TranscriptPath, func(text string) bool { return text != "" && Said(text) == said })
	return yes && err == nil
}

// settle looks up who gave the prompts that the tasks have received in this session, and records that. wait is how long to wait for the host's
// records; prompts without a record by then stay open. why has, by task key, the reason why the task's last prompt does not count as the person's;
// "" if it does.
func settle(ctx context.Context, s *scene.Scene, tasks []*record.Task, wait time.Duration) (why map[string]string) {
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

// speaker returns the fact about who gave a prompt; without a kind if that is not known yet.
func speaker(ctx context.Context, s *scene.Scene, h gates.Heard, wait time.Duration) gates.Fact {
	fact := gates.Fact{Words: h.Words, Said: h.Said, At: s.Now().UTC()}
	path := s.Event.TranscriptPath
	person, why, respelled := false, "", false
	found := session.AwaitFor(ctx, s, wait, func() bool {
		if h.Asking {
			consent, err := transcript.ReadConsent(ctx, path, h.Words)
			if err != nil {
				why = err.Error()
				return false
			}
			person, why = consent.Source != "hook" && !consent.Rejected && !consent.Disputed, "a hook answered the question in their place"
			return consent.Found
		}
		speech, err := transcript.ReadSpeech(ctx, path, h.Words, func(text string) bool { return text != "" && Said(text) == h.Said }, h.At)
		if err != nil {
			why = err.Error()
			return false
		}
		person, why = speech.ByPerson()
		respelled = speech.Respelled
		return speech.Found && !respelled
	})
	switch {
	case respelled && person:
		fact.Kind = gates.PersonSpoke
	case !found:
		fact.Why = quote.Reason("it is unknown who gave the last prompt: " + why)
		return fact
	case person:
		fact.Kind = gates.PersonSpoke
	default:
		fact.Kind, fact.Why = gates.PromptRefuted, quote.Reason("the last prompt was not the person's: "+why)
	}
	return fact
}

// TakePrompt counts the prompt that a merge is launched on as the person's word for tasks whose gates have passed, if the session began after that. When
// its first prompt comes, the host has no transcript of the session yet, so it is not known then that the session is new. It reports whether it counted
// the prompt for any task.
func TakePrompt(ctx context.Context, s *scene.Scene, tasks []*record.Task) (counted bool) {
	if s.Event.PromptID == "" || s.Event.AgentID != "" {
		return false
	}
	began := transcript.Began(s.Event.TranscriptPath)
	for _, t := range tasks {
		if !began.After(t.State.Since) || !t.State.HasPassed() || t.State.Hold != "" || t.State.Owed().Why == gates.WordGiven {
			continue
		}
		var given bool
		session.AwaitFor(ctx, s, SpeechWithin, func() bool {
			speech, err := transcript.ReadSpeech(ctx, s.Event.TranscriptPath, s.Event.PromptID, func(text string) bool { return text != "" }, began)
			given, _ = speech.ByPerson()
			return err == nil && speech.Found
		})
		if !given {
			continue
		}
		_, recorded := scene.UpdateTask(ctx, s, t.State.Task, func(t *record.Task) (bool, []record.Entry) {
			fact := record.Fact{Fact: gates.Fact{Kind: gates.PersonSpoke, Task: t.State.Task, At: s.Now().UTC()}}
			t.Take(s.Event.SessionID, fact)
			return true, []record.Entry{fact.Entry()}
		})
		counted = counted || recorded
	}
	return counted
}

// heardHere returns the tasks of the repository with prompts in this session whose speaker is unknown.
func heardHere(ctx context.Context, s *scene.Scene) []*record.Task {
	if !s.Journal().Heard(ctx) {
		return nil
	}
	return slices.DeleteFunc(s.Journal().Pending(ctx, record.CapsOf(s.Config(ctx))), func(t *record.Task) bool {
		return !slices.ContainsFunc(t.State.Heard, func(h gates.Heard) bool { return h.Session == s.Event.SessionID })
	})
}

// SettleWords looks up who gave the prompts that the tasks have received, and notes in the scene why the last one for a task does not count as the
// person's. wait is how long to wait for the host's record.
func SettleWords(ctx context.Context, s *scene.Scene, wait time.Duration) {
	if waiting := heardHere(ctx, s); len(waiting) > 0 {
		s.Unheard = settle(ctx, s, waiting, wait)
	}
}
