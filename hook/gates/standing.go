package gates

import "slices"

// Standing is where a gate of a task stands, in a word for people.
type Standing string

// The standings. Only StandingPass counts.
const (
	// StandingPass: its last answer is a pass of the present tree.
	StandingPass Standing = "pass"
	// StandingRunning: it is at work, and its result may count.
	StandingRunning Standing = "running"
	// StandingNoResult: its last run has yielded nothing that counts.
	StandingNoResult Standing = "no-result"
	// StandingVoid: it passed, and the tree is another now or is not known.
	StandingVoid Standing = "void"
	// StandingFail: its last answer sends the work back.
	StandingFail Standing = "fail"
	// StandingNotRun: it has not answered, or what it answered has been mended since.
	StandingNotRun Standing = "not-run"
)

// Standings are all standings.
func Standings() []Standing {
	return []Standing{StandingPass, StandingRunning, StandingNoResult, StandingVoid, StandingFail, StandingNotRun}
}

// Standing is where that gate stands, judged by the last tree seen. One that the task does not know has not run.
func (s State) Standing(gate string) Standing {
	i := slices.IndexFunc(s.Gates, func(g GateState) bool { return g.Name == gate })
	if i < 0 {
		return StandingNotRun
	}
	g := &s.Gates[i]
	switch {
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
