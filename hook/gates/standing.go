package gates

import (
	"fmt"
	"slices"
)

// Standing describes the state of one gate of a task for people.
type Standing string

// Only StandingPass counts as a pass.
const (
	// StandingPass: its last answer is a pass of the present tree.
	StandingPass Standing = "pass"
	// StandingRunning: it is running, and its result may count.
	StandingRunning Standing = "running"
	// StandingNoResult: its last run gave no result that counts.
	StandingNoResult Standing = "no-result"
	// StandingVoid: it passed, and the tree has changed since or is unknown.
	StandingVoid Standing = "void"
	// StandingFail: its last answer sends the work back.
	StandingFail Standing = "fail"
	// StandingNotRun: it has not answered, or its issues were fixed since.
	StandingNotRun Standing = "not-run"
)

// Standing returns the standing of a gate for the last tree seen. An unknown gate has not run.
func (s State) Standing(gate string) Standing {
	g := s.find(gate)
	switch {
	case g == nil:
		return StandingNotRun
	case g.passed(s.Tree):
		return StandingPass
	case g.running():
		return StandingRunning
	case g.Misses > 0:
		return StandingNoResult
	case g.Last == nil:
		return StandingNotRun
	case g.Last.Outcome == Pass:
		return StandingVoid
	}
	return StandingFail
}

// PassedGates returns the needed gates that have passed on the last tree seen, each with how often it had failed on the same work before.
func (s State) PassedGates() []string {
	names := s.needed(true)
	for i, name := range names {
		if n := len(s.failsOf(name)); n > 0 {
			names[i] += fmt.Sprintf(" (failed on the same work before: %d)", n)
		}
	}
	return names
}

// failsOf returns the fails of a gate on the last tree seen, the newest first. If the gate has passed it since, its tests may be flaky, or it was
// launched until it passed.
func (s State) failsOf(gate string) (fails []Event) {
	for _, e := range slices.Backward(s.History) {
		if e.Kind == GateResult && e.Gate == gate && e.Outcome == Fail && e.Tree == s.Tree && s.Tree != "" {
			fails = append(fails, e)
		}
	}
	return fails
}

// present returns the step that puts the work before the person, with what gates found on it before they passed.
func (s State) present() Step {
	step := s.step(Present, AllPassed)
	for _, name := range s.needed(true) {
		if fails := s.failsOf(name); len(fails) > 0 {
			step.issues(name, fails[0].Issues)
		}
	}
	return step
}

// needed returns the needed gates that have passed on the last tree seen, or those that have not.
func (s State) needed(passed bool) []string {
	var names []string
	for i := range s.Gates {
		if g := &s.Gates[i]; g.Needed && g.passed(s.Tree) == passed {
			names = append(names, g.Name)
		}
	}
	return names
}

// Unpassed returns the gates that the change needs and that have not passed on the present tree, in order; nil if no work of a coding agent is
// verified.
func (s State) Unpassed() []string {
	if !s.Verified || s.Done || s.Committed {
		return nil
	}
	return s.needed(false)
}
