package gates

import (
	"cmp"
	"slices"
)

// What each fact changes in a state, in the order of the protocol. What follows from it is read off the state afterwards.

func (s *State) coderStarted(f Fact) {
	if f.Agent != "" {
		s.Coder = Agent{ID: f.Agent, Type: f.AgentType}
	}
	s.Working, s.InHand = true, false
	if s.Hold.mendable() && s.Hold != HeldOps {
		s.Hold = "" // it is being mended
	}
}

func (s *State) coderStopped(f Fact) {
	s.reopen()
	s.record(f, "", nil)
	s.Coder = Agent{ID: f.Agent, Type: f.AgentType}
	s.Merging = s.Merging && f.Verdict == Verified && f.Tree == s.Tree // it merges what has passed, as before
	s.Tree = f.Tree
	s.Working, s.Returned, s.InHand, s.Bypassed, s.Verified = false, false, false, false, false
	for i := range s.Gates {
		s.Gates[i].coderStopped(s.Tree, s.Hold == HeldCap)
	}
	if s.Hold.mendable() {
		s.Hold = ""
	}
	switch f.Verdict {
	case Verified:
		s.Verified = true
		s.need(f.Needs)
	case Rejected:
		s.Working = true
	case Incomplete, Declined, Capped, Violation:
		s.hold(Reason(f.Verdict))
	default:
		s.hold(HeldUnknown)
	}
}

// coderStopped forgets a fail that the coding agent was told of or that was for another tree, unless the person is still to hear of
// it; a receipt stays, for it says itself what it is for.
func (g *GateState) coderStopped(tree string, escalated bool) {
	if g.Last != nil && g.Last.Outcome == Fail && !escalated && (g.Last.Told || g.Last.Tree != tree) {
		g.Last = nil
	}
	for i := range g.Runs {
		if tree == "" || g.Runs[i].Tree != tree {
			g.Runs[i].Stale = true
		}
	}
}

// opsStopped presents what the agent did. Where it changed files and no other work of the task is under way, the gates wait for
// the person to agree; where there is, its changes are changes of that tree.
func (s *State) opsStopped(f Fact) Step {
	s.record(f, "", nil)
	s.lookedAt(f.Tree)
	fresh := s.Done || s.Coder == Agent{} && !s.Verified && !s.Working && s.Hold == ""
	switch {
	case fresh && f.Changed:
		s.reopen()
		s.Coder, s.Tree = Agent{ID: f.Agent, Type: f.AgentType}, f.Tree
		s.need(f.Needs)
		s.hold(HeldOps)
	case fresh:
		s.Done = true
	case f.Changed && f.Needs != nil:
		s.need(f.Needs)
	}
	step := s.step(Present, HeldOps)
	step.Agent = Agent{ID: f.Agent, Type: f.AgentType}
	return step
}

func (s *State) gateLaunched(f Fact) {
	s.lookedAt(f.Tree)
	if f.Gate == "" {
		return
	}
	g := s.gate(f.Gate)
	g.launched(f.Agent, f.Call, cmp.Or(f.Tree, s.Tree))
	if !g.Needed || s.Done {
		return
	}
	s.Working, s.InHand = false, false
	if g.Last != nil && g.Last.Told && s.Hold == "" {
		g.Last, s.Returned = nil, false
	}
}

// gateResult takes a gate's answer, or is the step that sends its agent back.
func (s *State) gateResult(f Fact) Step {
	s.lookedAt(f.Tree)
	if f.Gate == "" {
		s.record(f, NoOutcome, nil)
		return Step{}
	}
	g := s.gate(f.Gate)
	run := g.ended(f.Agent, f.Call)
	late := run.Stale || s.Merging || s.Done // it decides nothing any more
	flaw := f.flaw()
	if flaw != "" && !f.SentBack && !run.SentBack && !late {
		run.SentBack = true
		g.Runs = append(g.Runs, run)
		s.record(f, NoOutcome, f.Contradictions)
		step := s.step(SendBack, flaw)
		step.Agent, step.Gates = Agent{ID: f.Agent, Type: f.AgentType}, []string{g.Name}
		step.issues(g.Name, f.Contradictions)
		return step
	}
	outcome, issues := f.Outcome, f.Issues
	switch {
	case flaw == Contradictory:
		outcome, issues = Fail, slices.Concat(issues, f.Contradictions)
	case flaw != "":
		outcome = NoOutcome
	}
	s.record(f, outcome, issues)
	if outcome == Pass {
		s.Word = ""
	}
	if late {
		return Step{}
	}
	g.Attempts++
	s.InHand = s.InHand && !s.Verified
	answer := Result{Outcome: outcome, At: f.At, Agent: f.Agent, Tree: cmp.Or(f.Tree, s.Tree), Issues: issues}
	switch {
	case outcome == Fail:
		// The same agent again, with nothing done in between, is no other fail.
		answer.Told = f.Agent != "" && g.answered(answer.Tree) && g.Last.Told && g.Last.Agent == f.Agent
	case outcome == NoOutcome:
		s.missed(g, NoResult)
		return Step{}
	case f.Tree == "" || run.Tree != "" && run.Tree != f.Tree:
		s.missed(g, NoReceipt)
		return Step{}
	}
	g.Misses, g.Missed = 0, ""
	g.Last = &answer
	if g.Needed {
		s.Returned = false
	}
	return Step{}
}

// flaw is what keeps a result from being one; "" for nothing.
func (f Fact) flaw() Reason {
	switch {
	case len(f.Contradictions) > 0:
		return Contradictory
	case f.Outcome != Pass && f.Outcome != Fail:
		return NoResult
	}
	return ""
}

// missed counts a run of a gate that yielded no answer.
func (s *State) missed(g *GateState, why Reason) {
	g.Misses++
	g.Missed = why
	if g.Needed && g.Misses > maxMisses {
		s.hold(why)
	}
}

// treeSeen takes in the present tree. The branch-manager changes it by doing its work, and afterwards it is nobody's concern here.
func (s *State) treeSeen(tree string) {
	if !s.Merging && !s.Done {
		s.Tree = tree
	}
}

// lookedAt takes in the tree of somebody who may not have looked.
func (s *State) lookedAt(tree string) {
	if tree != "" {
		s.treeSeen(tree)
	}
}

// personSpoke counts as a word on the tree that has passed, and takes in hand what the task was held for. What an ops agent changed
// stays out of the gates until the person agrees.
func (s *State) personSpoke() {
	if s.Verified && !s.Working && len(s.stage()) == 0 {
		s.Word = s.Tree
	}
	if s.Hold == "" || s.Hold == HeldOps {
		return
	}
	s.Hold, s.InHand, s.Returned, s.Rounds = "", true, false, 0
	for i := range s.Gates {
		g := &s.Gates[i]
		g.Fails, g.Misses, g.Missed = 0, 0, ""
		if g.Last != nil && g.Last.Outcome == Fail {
			g.Last = nil
		}
	}
	s.Done = s.Done || s.Bypassed
}

func (s *State) personAgreed() {
	if s.Hold == HeldOps {
		s.Hold, s.Verified = "", true
	}
}

func (s *State) branchManagerLaunched(f Fact) {
	s.lookedAt(f.Tree)
	switch {
	case s.Merging:
		s.Merger = f.Agent // named only now, or launched anew
	case s.Done && !s.Working:
	case s.allowsMerge().Action == Deny:
		s.hold(HeldBypassed)
	default:
		s.Merging, s.Merger, s.InHand = true, f.Agent, false
	}
}

func (s *State) branchManagerDone(f Fact) Step {
	s.record(f, f.Outcome, f.Issues)
	switch {
	case s.Done && !s.Working:
	case s.Merging && s.Merger != "" && f.Agent != "" && f.Agent != s.Merger:
		// An earlier one: there has been other work since, or another launch.
	case f.Outcome == Fail:
		s.Merging = false
		s.hold(HeldMergeFailed)
	case s.allowsMerge().Action == Deny:
		s.Bypassed = true
		s.hold(HeldBypassed)
	default:
		s.Done, s.Merging = true, false
		return s.step(Close, Merged)
	}
	return Step{}
}

// hold keeps the task for a reason; none takes the place of a graver one.
func (s *State) hold(why Reason) {
	if why.gravity() >= s.Hold.gravity() {
		s.Hold = why
	}
}

// reopen makes new work of a task that was done. Of its gates nothing counts any more but what is still at work.
func (s *State) reopen() {
	if !s.Done {
		return
	}
	*s = State{Task: s.Task, Phase: s.Phase, Since: s.Since, Caps: s.Caps, Gates: s.Gates, History: s.History, Seen: s.Seen}
	for i, g := range s.Gates {
		s.Gates[i] = GateState{Gate: Gate{Name: g.Name}, Attempts: g.Attempts, Runs: g.Runs}
	}
}
