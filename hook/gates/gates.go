// Package gates is the gate protocol: the steps of a task between the stop of its coding agent and its merge. It is a pure state
// machine without a clock: the caller passes a fact and gets the next step as data.
//
//	coding -> gate 1 (blocking) -> gate 2 (in parallel) -> authorise (the person) -> branch-manager -> done
//	   ^___________|____________________|   a failed gate sends the work back, up to a cap, then escalates
//
// Three rules hold for any facts in any order:
//
//   - A pass is for one tree. It counts while that tree is the present one.
//   - The person's approval is for the tree of that moment, and only after the last pass.
//   - The order of the facts decides, not their times, since a clock can be set back.
package gates

import (
	"cmp"
	"slices"
)

// Next returns the state after a fact, and the step that follows from the fact; Step{} if none does. A stop of an agent of the protocol always has
// a step, even if that is to wait. The same stop a second time changes nothing, and neither does a fact of an unknown kind or of another task.
// State{} is an unknown task, which facts about coding agents, ops agents and gates make known. Next does not change its arguments.
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
	var told Step // takes precedence over the step that is owed
	switch f.Kind {
	case CoderStarted:
		coderBegan(&s, f)
	case NotCoder:
		notCoder(&s, f)
	case CoderStopped:
		coderStopped(&s, f)
	case OpsStopped:
		told = opsStopped(&s, f)
	case GateLaunched:
		gateLaunched(&s, f)
	case LaunchFailed:
		launchFailed(&s, f)
	case GateResult:
		told = gateResult(&s, f)
	case PassRefuted:
		passRefuted(&s, f)
	case TreeSeen, LaunchAsked:
		treeSeen(&s, f.Tree)
		if f.Needs != nil {
			s.need(f.Needs)
		}
	case PromptCame:
		promptCame(&s, f)
	case PersonSpoke:
		personSpoke(&s, f)
	case PromptRefuted:
		unheard(&s, f)
	case MergeAsked:
		mergeAsked(&s, f)
	case MergeAnswered:
		told = mergeAnswered(&s, f)
	case Closed:
		closed(&s)
	case PersonAgreed:
		personAgreed(&s)
	case BranchManagerLaunched:
		branchManagerLaunched(&s, f)
	case BranchManagerDone:
		told = branchManagerDone(&s, f)
	case TreeKept:
		treeKept(&s, f)
	case MergedByHand:
		told = mergedByHand(&s, f)
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
	case f.Kind == GateLaunched || owed.Action == Wait || owed.Same(before):
		return s, Step{} // the orchestrator knows it already
	}
	return s, owed
}

// phase derives the phase of a task from the rest of its state.
func (s *State) phase() Phase {
	switch {
	case s.Hold.escalates():
		return Escalated
	case s.Hold != "":
		return Blocked
	case s.Done:
		return Done
	case s.Merging, answerOpen(s):
		return BranchManager
	case s.Committed && !s.Working:
		return OnBranch
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

// Owed returns the step that the task waits for now: what the orchestrator must do, or for whom it waits. It is Step{} if nothing is owed: the task
// is unknown or done, or the person has taken it over.
func (s State) Owed() Step {
	switch s.phase() {
	case Escalated, Blocked:
		return s.held()
	case BranchManager:
		if answerOpen(&s) {
			return s.step(Wait, ForAnswer)
		}
		return s.step(Wait, ForBranchManager)
	case OnBranch:
		if overridden(&s) { // they answered after a merge that failed
			return s.step(Merge, WordGiven)
		}
		return Step{} // the next unit of work, or the merge, as the person decides
	case Coding:
		return s.coding()
	case Gate1, Gate2:
		return s.deploy()
	case Authorise:
		switch {
		case s.Tree == "":
			return s.step(Unverified, TreeUnknown) // no gate was needed that would have looked
		case s.Word == s.Tree:
			return s.step(Merge, WordGiven)
		case s.Caps.CommitByGates:
			return s.step(Merge, CommitOnly)
		case slices.ContainsFunc(s.Heard, func(h Heard) bool { return h.Tree == s.Tree }):
			return s.step(Merge, WordHeard)
		}
		return s.present()
	}
	return Step{}
}

// Allows decides whether an agent may be launched for the task: the Step is Allow, or Deny with what has to happen first. launch is the name of a
// gate or BranchManagerAgent. Any other agent is allowed, and so is every gate of the first stage, since an early result does no harm. Once the person
// has decided to go on with what is open, no gate waits for another. The present
// tree is the last one seen. Pass a newer one to Next first, or use the fact LaunchAsked.
func (s State) Allows(launch string) Step {
	if launch == BranchManagerAgent || launch == MergeOperation {
		return s.allowsMerge(launch == MergeOperation)
	}
	if g := s.find(launch); g == nil || !g.Needed || g.Blocking || overridden(&s) {
		return s.step(Allow, "")
	}
	stage := s.stage()
	if len(stage) == 0 || !stage[0].Blocking {
		return s.step(Allow, "")
	}
	return s.deny(stage)
}

// allowsMerge decides about the branch-manager. strict means a merge into the main branch, or a push.
func (s State) allowsMerge(strict bool) Step {
	deny := s.step(Deny, "")
	stage := s.stage()
	switch {
	case !s.Working && !s.Done && (overridden(&s) && s.Hold == "" || s.Override != nil && agreedTo(&s)):
		return s.step(Allow, "")
	case s.Hold != "":
		deny = s.held()
		deny.Action = Deny
	case s.Committed && !s.Working && s.Word == s.Tree, s.Committed && !s.Working && !strict && s.Caps.CommitByGates:
		return s.step(Allow, "")
	case s.Committed && !s.Working:
		deny.Why, deny.Person = WordOwed, true
	case strict && s.Merging && !s.Working && s.Word != s.Tree:
		deny.Why, deny.Person = WordOwed, true
	case (s.Done || s.Merging) && !s.Working:
		return s.step(Allow, "") // it cleans up, or finishes its work
	case s.Working:
		deny.Why, deny.Agent = ForCoder, s.Coder
	case !s.Verified:
		deny.Why = NothingVerified
	case len(stage) > 0:
		deny = s.deny(stage)
	case s.Tree == "":
		deny.Why = TreeUnknown
	case s.Word != s.Tree && (strict || !s.Caps.CommitByGates):
		deny.Why, deny.Person = WordOwed, true
	default:
		return s.step(Allow, "")
	}
	return deny
}

// deny returns Deny with the gates of a stage that have not passed.
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

// coding returns the step while the work is with a coding agent.
func (s *State) coding() Step {
	if s.InHand || s.Phase == "" {
		return Step{}
	}
	switch {
	case s.Working:
		return s.step(Wait, ForCoder)
	case !s.Returned:
		return s.step(Wait, NothingVerified)
	}
	step := s.step(Resume, GateFailed)
	step.Agent = s.Coder
	s.blame(&step)
	return step
}

// blame adds the gates that failed to a step, with their issues.
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

// deploy launches the gates of a stage that have no answer yet, or waits if all of them are running.
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
			step.issues(g.Name, g.MissedFor)
		}
	}
	if len(step.Gates) == 0 {
		return wait
	}
	return step
}

// whyDeploy returns why the gates of a stage must run. A reason for another run has priority.
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

// held returns the step for a task on hold.
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
	case NoResult, NoReceipt, NoEvidence, NoInput, NotLaunched:
		for _, g := range s.Gates {
			if g.Misses > maxMisses {
				step.Gates = append(step.Gates, g.Name)
				step.issues(g.Name, g.MissedFor)
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

// closeRound sends the work back when every gate of the stage has answered and one has not passed.
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
		over = over || g.Fails > s.Caps.of(g.Name) || s.failedUnmoved(g.Name)
	}
	if again {
		s.Rounds++
	}
	if over || s.Rounds > cmp.Or(s.Caps.Total, 3) {
		hold(s, HeldCap)
		return
	}
	s.Returned = true
}
