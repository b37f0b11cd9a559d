package gates

import (
	"cmp"
	"slices"
)

// This file has the change of state for each kind of fact, in the order of the protocol. Next derives the step from the changed state.

func coderBegan(s *State, f Fact) {
	if f.Agent != "" {
		if s.Coder.ID != f.Agent {
			s.Before = s.Coder
		}
		s.Coder = f.Who()
		if !slices.Contains(s.Running, f.Agent) {
			s.Running = append(s.Running, f.Agent)
		}
	}
	s.Working, s.InHand = true, false
	mergedEarlier(s)
	if s.Hold.mendable() && s.Hold != HeldOps && !slices.Contains(s.Beside, f.Agent) {
		s.Hold, s.Beside = "", nil // the coding agent is working on it
	}
}

// notCoder cancels the start of an agent that is not a coding agent of the task after all.
func notCoder(s *State, f Fact) {
	ended(s, f.Agent)
	if s.Coder.ID == f.Agent {
		s.Coder, s.Before = s.Before, Agent{}
	}
	s.Working = len(s.Running) > 0
}

// ended removes a coding agent from the running ones. If its start was recorded without an id, nothing changes.
func ended(s *State, agent string) {
	s.Running = slices.DeleteFunc(s.Running, func(id string) bool { return id == agent })
}

func coderStopped(s *State, f Fact) {
	reopen(s)
	s.record(f, "", nil)
	s.Coder = f.Who()
	s.Merging = s.Merging && f.Verdict == Verified && f.Tree == s.Tree // it still merges the tree that passed
	s.Tree = f.Tree
	s.Override, s.Heard = nil, nil
	mergedEarlier(s)
	if f.Verdict != Rejected {
		ended(s, f.Agent)
	}
	beside := slices.Contains(s.Beside, f.Agent)
	s.Working = len(s.Running) > 0
	s.Returned, s.InHand, s.Bypassed, s.Verified, s.Committed = false, false, false, false, false
	for i := range s.Gates {
		s.Gates[i].coderStopped(s.Tree, s.Hold == HeldCap)
	}
	if (s.Hold.mendable() || s.Hold == HeldCapped && f.Verdict == Verified) && !beside {
		s.Hold, s.Beside = "", nil
	}
	switch f.Verdict {
	case Verified:
		s.Verified = true
		s.need(f.Needs)
		return
	case Rejected:
		s.Working = true
		return
	case Incomplete, Declined, Capped, Violation:
		hold(s, Reason(f.Verdict))
	default:
		hold(s, HeldUnknown)
	}
	s.Beside = slices.Clone(s.Running)
}

// coderStopped removes a fail that was sent to the coding agent or was for another tree, unless the person must still see it. A pass stays, since
// it names its tree.
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

// opsStopped presents the agent's work. If it changed files and the task has no other work, the gates wait until the person agrees. If the
// task has other work, the changes belong to that work's tree.
func opsStopped(s *State, f Fact) Step {
	s.record(f, "", nil)
	lookedAt(s, f.Tree)
	fresh := s.Done || s.Coder == Agent{} && !s.Verified && !s.Working && s.Hold == ""
	switch {
	case fresh && f.Changed:
		reopen(s)
		s.Coder, s.Tree = f.Who(), f.Tree
		s.need(f.Needs)
		hold(s, HeldOps)
	case fresh:
		s.Done = true
	case f.Changed && f.Needs != nil:
		s.need(f.Needs)
	}
	step := s.step(Present, HeldOps)
	step.Agent = f.Who()
	return step
}

func gateLaunched(s *State, f Fact) {
	lookedAt(s, f.Tree)
	if f.Gate == "" {
		return
	}
	g := s.gate(f.Gate)
	g.launched(f.Agent, f.Call, cmp.Or(f.Tree, s.Tree))
	if !g.Needed || s.Done {
		return
	}
	s.Working, s.InHand, s.Running = false, false, nil
	if g.Last != nil && g.Last.Told && s.Hold == "" {
		g.Last, s.Returned = nil, false
	}
}

// launchFailed cancels a launch. Only a launch without an agent's id can have failed.
func launchFailed(s *State, f Fact) {
	if f.Gate == "" {
		s.Merging = s.Merging && s.Merger != ""
		return
	}
	if g := s.find(f.Gate); g != nil && f.Call != "" {
		g.Runs = slices.DeleteFunc(g.Runs, func(r Run) bool { return r.Call == f.Call && r.Agent == "" })
	}
}

// gateResult applies a gate's result, or returns the step that sends the gate's agent back.
func gateResult(s *State, f Fact) Step {
	lookedAt(s, f.Tree)
	if f.Gate == "" {
		s.record(f, NoOutcome, nil)
		return Step{}
	}
	g := s.gate(f.Gate)
	run := g.ended(f.Agent, f.Call)
	late := run.Stale || s.Merging || s.Done // the result no longer counts
	flaw := f.flaw()
	if flaw != "" && flaw != NoInput && !f.SentBack && !run.SentBack && !late {
		run.SentBack = true
		g.Runs = append(g.Runs, run)
		flaws := slices.Concat(f.Contradictions, f.Unproven)
		s.record(f, NoOutcome, flaws)
		step := s.step(SendBack, flaw)
		step.Agent, step.Gates = f.Who(), []string{g.Name}
		step.issues(g.Name, flaws)
		return step
	}
	outcome, issues := f.counts(flaw)
	s.record(f, outcome, issues)
	if outcome == Pass {
		disapprove(s) // it was said before the last pass
	}
	if late && !(outcome == Fail && stillStands(s, g, run, f)) {
		return Step{}
	}
	g.Attempts++
	s.InHand = s.InHand && !s.Verified
	answer := Result{Outcome: outcome, At: f.At, Agent: f.Agent, Call: cmp.Or(f.Call, run.Call), Tree: cmp.Or(f.Tree, s.Tree), Issues: issues}
	switch {
	case outcome == Fail:
		// A second fail by the same agent without work in between is not a new one.
		answer.Told = f.Agent != "" && g.answered(answer.Tree) && g.Last.Told && g.Last.Agent == f.Agent
	case outcome == NoOutcome:
		g.MissedFor = nil
		if flaw == NoInput || flaw == NoEvidence {
			g.MissedFor = issues
		}
		missed(s, g, flaw)
		return Step{}
	case f.Tree == "" || run.Tree != "" && run.Tree != f.Tree:
		g.MissedFor = f.Appeared
		missed(s, g, NoReceipt)
		return Step{}
	}
	g.Misses, g.Missed, g.MissedFor = 0, "", nil
	if s.Hold.missed() && !slices.ContainsFunc(s.Gates, func(g GateState) bool { return g.Needed && g.Misses > maxMisses }) {
		s.Hold = "" // the person was to be asked because this gate gave no answer
	}
	if g.Last = &answer; outcome == Fail {
		for i := range g.Runs { // a pass of the same tree, by an agent that was at work beside this one, does not outweigh it
			g.Runs[i].Stale = true
		}
	}
	if g.Needed {
		s.Returned = false
	}
	return Step{}
}

// stillStands reports whether the fail of a run counts although the gate was launched again meanwhile: it is about the tree as it is now. Otherwise
// a gate could be launched until one of its agents passes the work.
func stillStands(s *State, g *GateState, run Run, f Fact) bool {
	return !s.Merging && !s.Done && !s.Committed && !s.Working && s.Tree != "" && run.Tree == s.Tree && (f.Tree == "" || f.Tree == s.Tree) && (g.Last == nil || g.Last.Outcome == Pass)
}

// passRefuted revokes a pass, and the person's approval.
func passRefuted(s *State, f Fact) {
	g := s.find(f.Gate)
	if g == nil || g.Last == nil || g.Last.Outcome != Pass || g.Last.Agent != f.Agent || s.Done || s.Committed {
		return
	}
	g.Last, g.MissedFor = nil, []string{f.Why}
	s.Merging = false
	disapprove(s)
	missed(s, g, NotLaunched)
}

// disapprove revokes the person's approval, which was for other passes.
func disapprove(s *State) {
	s.Word = ""
	for i := range s.Heard {
		s.Heard[i].Tree = ""
	}
}

// flaw returns the reason why a result cannot count; "" if it can.
func (f Fact) flaw() Reason {
	switch {
	case len(f.Missing) > 0:
		return NoInput
	case len(f.Contradictions) > 0:
		return Contradictory
	case f.Outcome != Pass && f.Outcome != Fail:
		return NoResult
	case f.Outcome == Pass && len(f.Unproven) > 0:
		return NoEvidence
	}
	return ""
}

// counts returns what a result with that flaw counts as.
func (f Fact) counts(flaw Reason) (Outcome, []string) {
	switch flaw {
	case "":
		return f.Outcome, f.Issues
	case Contradictory:
		return Fail, slices.Concat(f.Issues, f.Contradictions)
	case NoInput:
		return NoOutcome, f.Missing
	case NoEvidence:
		return NoOutcome, f.Unproven
	}
	return NoOutcome, f.Issues
}

// missed counts a run of a gate without an answer.
func missed(s *State, g *GateState, why Reason) {
	g.Misses++
	g.Missed = why
	if g.Needed && g.Misses > maxMisses {
		hold(s, why)
	}
}

// treeSeen sets the present tree. While the branch-manager works and afterwards, changes of the tree do not matter.
func treeSeen(s *State, tree string) {
	if !s.Merging && !answerOpen(s) && !s.Done && (!s.Committed || s.Working) {
		s.Tree = tree
	}
}

// lookedAt sets the present tree, if the fact has one.
func lookedAt(s *State, tree string) {
	if tree != "" {
		treeSeen(s, tree)
	}
}

func personAgreed(s *State) {
	if s.Hold == HeldOps {
		s.Hold, s.Verified = "", true
	}
}

func branchManagerLaunched(s *State, f Fact) {
	lookedAt(s, f.Tree)
	switch {
	case s.Merging:
		s.Merger = f.Agent // the host has named it now, or it was launched again
	case s.Done && !s.Working:
	case s.allowsMerge(false).Action == Deny:
		hold(s, HeldBypassed)
	default:
		s.Merging, s.Merger, s.InHand = true, f.Agent, false
	}
}

func branchManagerDone(s *State, f Fact) Step {
	if step := mendable(s, f); step.Action != "" {
		s.record(f, NoOutcome, f.Issues)
		return step
	}
	s.record(f, f.Outcome, f.Issues)
	switch {
	case s.Done && !s.Working:
	case s.Merging && s.Merger != "" && f.Agent != "" && f.Agent != s.Merger:
		// An earlier one: there was other work since, or another launch.
	case f.Outcome == Fail:
		s.Merging = false
		lookedAt(s, f.Tree) // the person decides about the work as it is now, such as a commit whose hook has changed files
		s.Committed = s.Committed || f.Holds
		hold(s, HeldMergeFailed)
	case f.Outcome == Nothing:
		s.Merging = false
	case s.allowsMerge(f.Outcome != Committed).Action == Deny && askedFor(s, f):
		s.Asked.Ended = f.Outcome
	case s.allowsMerge(f.Outcome != Committed).Action == Deny:
		bypassed(s)
	default:
		return integrated(s, f.Outcome)
	}
	return Step{}
}

// mendable sends the branch-manager back once for what it can correct itself; Step{} for any other stop of it.
func mendable(s *State, f Fact) Step {
	if f.Outcome != Fail || !f.Mendable || f.SentBack || !s.Merging || s.Merger != "" && f.Agent != "" && f.Agent != s.Merger {
		return Step{}
	}
	if n := len(s.History); n > 0 && s.History[n-1].Kind == BranchManagerDone && s.History[n-1].Outcome == NoOutcome {
		return Step{}
	}
	step := s.step(SendBack, CommitDiffers)
	step.Agent = f.Who()
	step.issues(BranchManagerAgent, f.Issues)
	return step
}

// bypassed puts the task on hold: its branch-manager has finished without being allowed to.
func bypassed(s *State) {
	s.Bypassed = true
	hold(s, HeldBypassed)
}

// treeKept gives the last tree that was seen the fingerprint that it has now.
func treeKept(s *State, f Fact) {
	if f.Was == "" || f.Tree == "" || s.Tree != f.Was {
		return
	}
	rename := func(tree *string) {
		if *tree == f.Was {
			*tree = f.Tree
		}
	}
	rename(&s.Tree)
	rename(&s.Word)
	for i := range s.Gates {
		g := &s.Gates[i]
		if g.Last != nil {
			rename(&g.Last.Tree)
		}
		for j := range g.Runs {
			rename(&g.Runs[j].Tree)
		}
	}
	for i := range s.Heard {
		rename(&s.Heard[i].Tree)
		rename(&s.Heard[i].Seen)
	}
	s.History = slices.Clone(s.History)
	for i := range s.History {
		rename(&s.History[i].Tree)
	}
	if s.Override != nil {
		s.Override = new(*s.Override)
		rename(&s.Override.Tree)
	}
	if s.Asked != nil {
		rename(&s.Asked.Tree)
	}
}

// mergedByHand ends the task, if the tree is the one that passed and nobody is at work on it.
func mergedByHand(s *State, f Fact) Step {
	if f.Tree == "" || f.Tree != s.Tree || !s.MayBeMerged() {
		return Step{}
	}
	s.record(f, Pass, nil)
	return integrated(s, Pass)
}

// integrated records that the work is committed, or merged.
func integrated(s *State, how Outcome) Step {
	if how == Committed {
		s.Committed, s.Merging, s.Override = true, false, nil
		return s.step(Close, OnFeatureBranch)
	}
	s.Done, s.Merging, s.Committed = true, false, false
	return s.step(Close, Merged)
}

// hold puts the task on hold for a reason. A graver reason is never replaced.
func hold(s *State, why Reason) {
	if why.gravity() >= s.Hold.gravity() {
		s.Hold = why
	}
}

// reopen begins new work on a task that was done. Of its gates, only unfinished runs stay.
func reopen(s *State) {
	if !s.Done {
		return
	}
	*s = State{Task: s.Task, Phase: s.Phase, Since: s.Since, Caps: s.Caps, Gates: s.Gates, History: s.History, Seen: s.Seen}
	for i, g := range s.Gates {
		s.Gates[i] = GateState{Gate: Gate{Name: g.Name}, Attempts: g.Attempts, Runs: g.Runs}
	}
}
