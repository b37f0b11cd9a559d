// Package gates is the gate protocol: what is owed to a task between the stop of its coding agent and its merge. It is a pure
// state machine. It observes nothing, does nothing and has no clock; whoever knows a fact hands it in and gets the one next step
// as data.
//
//	coding -> gate 1 (blocking) -> gate 2 (in parallel) -> authorise (the person) -> branch-manager -> done
//	   ^___________|____________________|   a failed gate sends the work back, up to a cap; then escalated
//
// Three rules hold whatever facts come, in whatever order:
//
//   - A pass is a receipt for one tree. It counts while that tree is the present one, and for no other.
//   - The person's word counts for the tree that they spoke of, and only behind the last pass.
//   - The order of the facts decides, never their times: a clock can be set back.
package gates

import (
	"cmp"
	"slices"
)

// Next is the state after a fact, and the step that the fact calls for; Step{} where it calls for none. A stop of an agent of the
// protocol always calls for one, if only to say what is being waited for. The same stop a second time changes nothing, and neither
// does a fact of an unknown kind or of another task. State{} is a task that nobody has heard of; agents that code or check make it
// known. Neither argument is changed.
func Next(s State, f Fact) (State, Step) {
	switch {
	case s.Task != "" && Key(s.Task) != Key(f.Task), s.knows(f):
		return s, Step{}
	case s.Phase == "" && f.Kind == LaunchAsked:
		return s, s.Allows(f.Launch)
	case s.Phase == "" && !f.Kind.begins():
		return s, Step{}
	}
	before := s.Owed()
	s = s.clone()
	s.Task = cmp.Or(s.Task, f.Task)
	var told Step // what has to be said whatever is owed otherwise
	switch f.Kind {
	case CoderStarted:
		s.coderStarted(f)
	case CoderStopped:
		s.coderStopped(f)
	case OpsStopped:
		told = s.opsStopped(f)
	case GateLaunched:
		s.gateLaunched(f)
	case GateResult:
		told = s.gateResult(f)
	case TreeSeen, LaunchAsked:
		s.treeSeen(f.Tree)
	case PersonSpoke:
		s.personSpoke()
	case PersonAgreed:
		s.personAgreed()
	case BranchManagerLaunched:
		s.branchManagerLaunched(f)
	case BranchManagerDone:
		told = s.branchManagerDone(f)
	default:
		return s, Step{}
	}
	s.closeRound()
	if phase := s.phase(); phase != s.Phase {
		s.Phase, s.Since = phase, f.At
	}
	owed := s.Owed()
	switch {
	case f.Kind == LaunchAsked:
		return s, s.Allows(f.Launch)
	case told.Action != "":
		return s, told
	case f.Kind.isStop():
		return s, owed
	case f.Kind == GateLaunched || owed.Action == Wait || owed.same(before):
		return s, Step{} // the orchestrator is doing what it was told, or knows already
	}
	return s, owed
}

// phase is where a task stands, read from what is known of it.
func (s *State) phase() Phase {
	switch {
	case s.Hold.escalates():
		return Escalated
	case s.Hold != "":
		return Blocked
	case s.Done:
		return Done
	case s.Merging:
		return BranchManager
	case !s.Verified || s.Working || s.Returned || s.InHand:
		return Coding
	}
	stage := s.stage()
	switch {
	case len(stage) == 0:
		return Authorise
	case stage[0].Blocking:
		return Gate1
	}
	return Gate2
}

// Owed is the step that the task waits for now: what the orchestrator is to do, or whom it waits for. Step{} where nothing is owed:
// nobody has heard of the task, it is done, or the person has taken it in hand.
func (s State) Owed() Step {
	switch s.phase() {
	case Escalated, Blocked:
		return s.held()
	case BranchManager:
		return s.step(Wait, ForBranchManager)
	case Coding:
		return s.coding()
	case Gate1, Gate2:
		return s.deploy()
	case Authorise:
		switch {
		case s.Tree == "":
			return s.step(Unverified, TreeUnknown) // and nothing needed that would have looked
		case s.Word == s.Tree:
			return s.step(Merge, WordGiven)
		}
		return s.step(Present, AllPassed)
	}
	return Step{}
}

// Allows tells whether an agent may be launched for the task: a Step that says Allow, or Deny with what is owed before. launch is
// the name of a gate or BranchManagerAgent; whatever else is launched is allowed, and so is every gate of the first stage, since a
// result too early does no harm. The present tree is the last one seen: hand it in first, or ask by a fact (LaunchAsked).
func (s State) Allows(launch string) Step {
	if launch == BranchManagerAgent {
		return s.allowsMerge()
	}
	if g := s.find(launch); g == nil || !g.Needed || g.Blocking {
		return s.step(Allow, "")
	}
	stage := s.stage()
	if len(stage) == 0 || !stage[0].Blocking {
		return s.step(Allow, "")
	}
	return s.deny(stage)
}

func (s State) allowsMerge() Step {
	deny := s.step(Deny, "")
	stage := s.stage()
	switch {
	case s.Hold != "":
		deny = s.held()
		deny.Action = Deny
	case (s.Done || s.Merging) && !s.Working:
		return s.step(Allow, "") // it cleans up, or finishes what it began
	case s.Working:
		deny.Why, deny.Agent = ForCoder, s.Coder
	case !s.Verified:
		deny.Why = NothingVerified
	case len(stage) > 0:
		deny = s.deny(stage)
	case s.Tree == "":
		deny.Why = TreeUnknown
	case s.Word != s.Tree:
		deny.Why, deny.Person = WordOwed, true
	default:
		return s.step(Allow, "")
	}
	return deny
}

// deny names the gates of a stage that have no receipt.
func (s State) deny(stage []*GateState) Step {
	deny := s.step(Deny, s.whyDeploy(stage))
	if deny.Why == WorkVerified || deny.Why == StagePassed {
		deny.Why = GateOwed
	}
	for _, g := range stage {
		if !g.passed(s.Tree) {
			deny.Gates = append(deny.Gates, g.Name)
		}
	}
	return deny
}

// coding is what a task waits for while the work is with a coding agent.
func (s *State) coding() Step {
	if s.InHand || s.Phase == "" {
		return Step{}
	}
	if s.Working || !s.Returned {
		return s.step(Wait, ForCoder)
	}
	step := s.step(Resume, GateFailed)
	step.Agent = s.Coder
	s.blame(&step)
	return step
}

// blame puts into a step the gates that failed, and their issues.
func (s *State) blame(step *Step) {
	for i := range s.Gates {
		g := &s.Gates[i]
		if !g.Needed || g.Last == nil || g.Last.Outcome != Fail {
			continue
		}
		step.Gates = append(step.Gates, g.Name)
		step.issues(g.Name, g.Last.Issues)
	}
}

// deploy launches the gates of a stage that have no answer yet, or waits where all of them are at work.
func (s *State) deploy() Step {
	stage := s.stage()
	step, wait := s.step(Deploy, s.whyDeploy(stage)), s.step(Wait, ForGates)
	for _, g := range stage {
		switch {
		case g.answered(s.Tree):
		case g.running():
			wait.Gates = append(wait.Gates, g.Name)
		default:
			step.Gates = append(step.Gates, g.Name)
		}
	}
	if len(step.Gates) == 0 {
		return wait
	}
	return step
}

// whyDeploy is why the gates of a stage are to run: what makes it a second time comes first.
func (s *State) whyDeploy(stage []*GateState) Reason {
	why := WorkVerified
	if len(stage) > 0 && !stage[0].Blocking && s.blocking() {
		why = StagePassed
	}
	for _, g := range stage {
		switch {
		case g.answered(s.Tree):
		case g.Misses > 0:
			return g.Missed
		case g.Last != nil && s.Tree == "":
			why = TreeUnknown
		case g.Last != nil:
			why = TreeChanged
		}
	}
	return why
}

// held is what a held task waits for.
func (s *State) held() Step {
	actions := map[Reason]Action{
		HeldViolation: Halt, HeldBypassed: Halt, HeldIncomplete: Resolve, HeldDeclined: Supply, HeldUnknown: Unverified, HeldOps: Present,
	}
	action, ok := actions[s.Hold]
	if !ok {
		action = Escalate
	}
	step := s.step(action, s.Hold)
	step.Agent, step.Person = s.Coder, true
	switch s.Hold {
	case HeldCap:
		s.blame(&step)
	case NoResult, NoReceipt:
		for _, g := range s.Gates {
			if g.Misses > maxMisses {
				step.Gates = append(step.Gates, g.Name)
			}
		}
	case HeldMergeFailed:
		for _, e := range slices.Backward(s.History) {
			if e.Kind == BranchManagerDone {
				step.issues(BranchManagerAgent, e.Issues)
				break
			}
		}
	}
	if action == Escalate || action == Halt {
		step.History = s.History
	}
	return step
}

// closeRound sends the work back once every gate of the stage has answered and not all have passed.
func (s *State) closeRound() {
	if !s.Verified || s.Working || s.Returned || s.InHand || s.Merging || s.Done || s.Hold != "" {
		return
	}
	stage := s.stage()
	if len(stage) == 0 || slices.ContainsFunc(stage, func(g *GateState) bool { return !g.answered(s.Tree) }) {
		return
	}
	again, over := false, false
	for _, g := range stage {
		if g.Last.Outcome != Fail || g.Last.Told {
			continue
		}
		g.Last.Told, again = true, true
		g.Fails++
		over = over || g.Fails > s.Caps.of(g.Name)
	}
	if again {
		s.Rounds++
	}
	if over || s.Rounds > s.Caps.total() {
		s.hold(HeldCap)
		return
	}
	s.Returned = true
}

// What each fact changes, in the order of the protocol.

func (s *State) coderStarted(f Fact) {
	if f.Agent != "" {
		s.Coder = Agent{ID: f.Agent, Type: f.AgentType}
	}
	s.Working, s.InHand = true, false
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
	g.launched(f.Agent, cmp.Or(f.Tree, s.Tree))
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
		return Step{}
	}
	g := s.gate(f.Gate)
	run := g.ended(f.Agent)
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
