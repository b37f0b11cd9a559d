package rule

// Verdict is the outcome of a stop.
type Verdict string

// The verdicts on a coding agent's report.
const (
	// Verified means that every claim is proven.
	Verified Verdict = "verified"
	// Rejected means that the agent can fix what is wrong and is sent back.
	Rejected Verdict = "rejected"
	// Capped means still wrong after the last attempt, or wrong in the same way twice in a row.
	Capped Verdict = "capped"
	// Incomplete means that every claim is proven, and the report lists unfinished work.
	Incomplete Verdict = "incomplete"
	// Declined means that the agent ended with an ERROR line, as the protocol allows.
	Declined Verdict = "declined"
	// Violation means a change that only a person may undo.
	Violation Verdict = "violation"
	// Unknown means that the report could not be checked. It never counts as a pass.
	Unknown Verdict = "unknown"
)

// The verdicts on all other agents.
const (
	// Passed means that a gate reported a pass.
	Passed Verdict = "passed"
	// Failed means that a gate, or the branch-manager, reported a failure.
	Failed Verdict = "failed"
	// NoResult means that a gate ended without a result.
	NoResult Verdict = "no-result"
	// Ended means that an agent which owes no result has ended.
	Ended Verdict = "done"
)

// Verdicts returns all verdicts: first those on a coding agent's report, from the best to what is not known.
func Verdicts() []Verdict {
	return []Verdict{Verified, Rejected, Capped, Incomplete, Declined, Violation, Unknown, Passed, Failed, NoResult, Ended}
}

// OfCoder reports whether a verdict is one on a coding agent's report.
func (v Verdict) OfCoder() bool {
	switch v {
	case Passed, Failed, NoResult, Ended:
		return false
	}
	return true
}

// Cleans reports whether artifacts are removed after a stop with that verdict. They stay if the agent is sent back, because it may need them, and
// if it is unknown whether the report is true.
func (v Verdict) Cleans() bool { return v == Verified || v == Capped || v == Incomplete }
