package gates

import "slices"

// This file handles the person's words. Who spoke is not known at first: PromptCame records what the task waited for at that moment, and
// PersonSpoke or PromptRefuted settles it later.

// maxHeard is how many unsettled words are kept.
const maxHeard = 8

// promptCame records words that may be the person's.
func promptCame(s *State, f Fact) {
	if f.Words == "" || slices.ContainsFunc(s.Heard, func(h Heard) bool { return h.Words == f.Words && h.Said == f.Said }) {
		return
	}
	s.Heard = append(s.Heard, heard(s, f))
	s.Heard = s.Heard[max(0, len(s.Heard)-maxHeard):]
}

// heard returns words that come now, with what the task waits for.
func heard(s *State, f Fact) Heard {
	h := Heard{Words: f.Words, Session: f.Session, Said: f.Said, Asking: f.Asking, At: f.At, Seen: s.Tree, Hold: s.Hold}
	if ready(s) {
		h.Tree = s.Tree
	}
	return h
}

// unheard removes the words and returns them; the zero Heard if they are not known.
func unheard(s *State, f Fact) Heard {
	i := slices.IndexFunc(s.Heard, func(h Heard) bool { return h.Words == f.Words && h.Said == f.Said })
	if i < 0 {
		return Heard{}
	}
	h := s.Heard[i]
	s.Heard = slices.Delete(s.Heard, i, i+1)
	return h
}

// ready reports whether every gate has passed on the present tree.
func ready(s *State) bool {
	return !s.Working && (s.Committed || s.Verified && len(s.stage()) == 0)
}

// HasPassed reports whether every gate has passed the task's work, merged or not.
func (s State) HasPassed() bool { return ready(&s) }

// MayBeMerged reports whether every gate has passed on the present tree, so that only the merge is open, and no branch-manager is at work.
func (s State) MayBeMerged() bool {
	return ready(&s) && s.Tree != "" && s.Hold == "" && !s.Merging && !s.Done && !answerOpen(&s)
}

// personSpoke approves the tree if every gate has passed on it, and ends a hold. Changes of an ops agent go to the gates only when the person
// agrees. Earlier words count as of their own moment.
func personSpoke(s *State, f Fact) {
	h := heard(s, f)
	if f.Words != "" {
		if h = unheard(s, f); h.Words == "" {
			return
		}
	}
	if h.Tree != "" {
		s.Word = h.Tree
	}
	if s.Hold == "" || s.Hold == HeldOps || s.Hold != h.Hold {
		return
	}
	again := s.Verified && (s.Hold.missed() || s.Hold == HeldMergeFailed)
	override(s, h.Seen)
	release(s)
	s.InHand = !again // the gate that gave no answer, or the merge, is owed again
	s.Done = s.Done || s.Bypassed
}

// release ends a hold: the person has taken the task over.
func release(s *State) {
	s.Hold, s.InHand, s.Returned, s.Rounds = "", true, false, 0
	for i := range s.Gates {
		g := &s.Gates[i]
		g.Fails, g.Misses, g.Missed, g.MissedFor = 0, 0, "", nil
		if g.Last != nil && g.Last.Outcome == Fail {
			g.Last = nil
		}
	}
}

// overridable reports whether the person can have the task merged in spite of the hold. They can if they were asked about it.
func (r Reason) overridable() bool {
	return r.escalates() || r == HeldViolation || r == HeldUnknown
}

// override records that the person decided about the task although something was open.
func override(s *State, tree string) {
	if s.Hold.overridable() {
		s.Override = &Override{Tree: tree, Open: openPoints(s)}
	}
}

// openPoints returns what is against a merge, in the words of the protocol.
func openPoints(s *State) []string {
	var open []string
	if s.Hold != "" {
		open = append(open, string(s.Hold))
	}
	for _, name := range s.needed(false) {
		open = append(open, name+" "+string(s.Standing(name)))
	}
	return open
}

// overridden reports whether the person has decided to merge the present tree as it is. The decision never covers an unknown tree.
func overridden(s *State) bool {
	return s.Override != nil && s.Override.Tree == s.Tree && s.Tree != ""
}

// Askable reports whether the person may be asked about the launch of the branch-manager, and what is open then.
func (s State) Askable() (open []string, ok bool) {
	switch {
	case s.Phase == "" || s.Working || s.Merging || s.Done:
		return nil, false
	case s.Hold.overridable():
		return openPoints(&s), true
	case s.Hold != "":
		return nil, false
	case overridden(&s):
		return s.Override.Open, true
	}
	return nil, ready(&s) && s.Tree != ""
}

// mergeAsked records that the person was asked about a launch.
func mergeAsked(s *State, f Fact) {
	lookedAt(s, f.Tree)
	s.Asked = &Asked{Call: f.Call, By: f.By, Session: f.Session, Tree: s.Tree}
}

// askedFor reports whether a branch-manager that has stopped is the one about whose launch the person was asked without a known answer. For a
// launch in the foreground the host writes the answer only after that agent's stop. If it is unknown which call launched an agent, it may be that
// one.
func askedFor(s *State, f Fact) bool {
	return s.Asked != nil && s.Asked.Answer == "" && (f.Call == "" || f.Call == s.Asked.Call)
}

// answerOpen reports whether a branch-manager is done without it being known whether it was allowed to.
func answerOpen(s *State) bool {
	return s.Asked != nil && s.Asked.Answer == "" && s.Asked.Ended != ""
}

// mergedEarlier drops a merge that waits for an answer, because a coding agent is at work and the task has changed since the merge.
func mergedEarlier(s *State) {
	if s.Asked != nil {
		s.Asked.Ended = ""
	}
}

// mergeAnswered applies the answer of a dialogue. A person who agreed has approved the tree, with everything that was open. If the branch-manager
// stopped before the answer was known, its stop counts now.
func mergeAnswered(s *State, f Fact) Step {
	if s.Asked == nil || s.Asked.Call != f.Call || s.Asked.Answer != "" {
		return Step{}
	}
	ended := s.Asked.Ended
	s.Asked.Answer = Fail
	if f.Outcome != Pass {
		s.Word = ""
		if ended != "" {
			bypassed(s)
		}
		return Step{}
	}
	s.Asked.Answer = Pass
	if s.Hold.overridable() {
		s.Override = &Override{Tree: s.Asked.Tree, Open: openPoints(s)}
		release(s)
	}
	s.Word = s.Asked.Tree
	if ended != "" {
		return integrated(s, ended)
	}
	return Step{}
}

// agreedTo reports whether a person agreed in a dialogue to a launch with the present tree.
func agreedTo(s *State) bool {
	return s.Asked != nil && s.Asked.Answer == Pass && s.Asked.Tree == s.Tree
}

// closed ends the task because a person said so.
func closed(s *State) {
	reopen(s)
	s.Hold, s.Working, s.Merging, s.Returned, s.InHand, s.Heard = "", false, false, false, false, nil
	s.Done = true
}
