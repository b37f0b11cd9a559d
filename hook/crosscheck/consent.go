package crosscheck

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/transcript"
)

// Answered records the person's answer to the launch of a branch-manager, once the host has written it down. agentID is the agent, and call the tool
// use that launched it, perhaps for several tasks. refused is the reason why the launch does not count; "" if a person agreed, or if the answer is not
// known yet.
func Answered(ctx context.Context, s *scene.Scene, agentID, call string, wait time.Duration) (refused string) {
	for _, t := range s.Tasks(ctx).All() {
		asked := t.State.Asked
		if asked == nil || asked.Call != call {
			continue
		}
		if asked.Answer == gates.Fail {
			return "no person agreed to this launch"
		}
		if asked.Answer != "" {
			continue
		}
		fact := Consent(ctx, s, t, wait)
		if fact.Kind == "" {
			return refused
		}
		entries := []record.Entry{record.Fact{Fact: fact}.Entry()}
		if fact.Outcome == gates.Pass && asked.Ended == "" {
			launched := gates.Fact{Kind: gates.BranchManagerLaunched, Task: t.State.Task, At: fact.At, Call: call, Agent: agentID}
			entries = append(entries, record.Fact{Worktree: t.Worktree, Fact: launched}.Entry())
		}
		s.Append(ctx, entries...)
		refused = cmp.Or(refused, fact.Why)
	}
	return refused
}

// Consent returns the fact with the person's answer to the launch that the task asked about; without a kind if the answer is not known yet. It
// stays unknown with a client that does not write down who decided.
func Consent(ctx context.Context, s *scene.Scene, t *record.Task, wait time.Duration) gates.Fact {
	call, path := t.State.Asked.Call, askedIn(s, t.State.Asked)
	var given transcript.Consent
	known := session.AwaitFor(ctx, s, wait, func() bool {
		var err error
		given, err = transcript.ReadConsent(ctx, path, call)
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
		fact.Why = quote.Reason(fmt.Sprintf("no person agreed to it: the client's record names %q as who decided", given.Source))
	}
	return fact
}

// askedIn returns the path of the transcript that has the call about which the person was asked.
func askedIn(s *scene.Scene, asked *gates.Asked) string {
	path := s.Event.TranscriptPath
	if asked.Session != "" && asked.Session != s.Event.SessionID {
		path = transcript.SessionPath(path, asked.Session)
	}
	if asked.By != "" {
		path = transcript.AgentPath(path, asked.By)
	}
	return path
}

// MergeUse handles a tool use of a branch-manager, of an agent that stands in for one, or of one that works for such an agent. At its first tool
// use the host has written down who agreed to its launch. refused is as in Answered.
func MergeUse(ctx context.Context, s *scene.Scene) (refused string) {
	for _, agent := range transcript.Lineage(s.Event.TranscriptPath, s.Event.AgentID) {
		call := agent.Meta.ToolUseID
		if agent.Meta.Teammate {
			if l := s.History(ctx).Launch(transcript.AgentPath(s.Event.TranscriptPath, agent.ID)); l != nil {
				call = l.ToolUseID
			}
		}
		if call == "" {
			continue
		}
		if refused := Answered(ctx, s, agent.ID, call, SpeechWithin); refused != "" {
			return refused
		}
	}
	return ""
}

// TakeRefusals records that the person refused launches in the dialogue, for which the host sends no event.
func TakeRefusals(ctx context.Context, s *scene.Scene) {
	for _, t := range AskedHere(ctx, s, false) {
		if fact := Consent(ctx, s, t, 0); fact.Kind != "" && fact.Outcome != gates.Pass {
			s.Append(ctx, record.Fact{Fact: fact}.Entry())
		}
	}
}

// AskedHere returns the tasks whose launch the person was asked about in this session without a known answer. ended selects those whose
// branch-manager has ended, or the others.
func AskedHere(ctx context.Context, s *scene.Scene, ended bool) []*record.Task {
	return slices.DeleteFunc(s.Tasks(ctx).All(), func(t *record.Task) bool {
		asked := t.State.Asked
		return asked == nil || asked.Answer != "" || t.LastIn != s.Event.SessionID || (asked.Ended != "") != ended
	})
}
