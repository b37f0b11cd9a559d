package rule

// Cleans tells whether a stop with that verdict is followed by a sweep: not while the agent is sent back, for it may need what its
// tools left, and not where nobody knows what the report is worth.
func (v Verdict) Cleans() bool { return v == Verified || v == Capped || v == Incomplete }

// Verdict is what a stop is worth.
type Verdict string

const (
	// Verified means every claim is proven.
	Verified Verdict = "verified"
	// Rejected means the agent can mend what is wrong and is sent back.
	Rejected Verdict = "rejected"
	// Capped means still wrong after the last attempt, or wrong in the same way twice running.
	Capped Verdict = "capped"
	// Incomplete means what is claimed is proven, and the report says that work is left.
	Incomplete Verdict = "incomplete"
	// Declined means the agent stopped by protocol with an ERROR line.
	Declined Verdict = "declined"
	// Violation means something that only a person can undo.
	Violation Verdict = "violation"
	// Unknown means it could not be checked. Never a pass.
	Unknown Verdict = "unknown"
)

// OfCoder tells whether a verdict is on a coding agent's report.
func (v Verdict) OfCoder() bool {
	switch v {
	case Passed, Failed, NoResult, Ended:
		return false
	}
	return true
}

// Verdicts on agents other than coding ones.
const (
	// Passed means a gate's result is a pass.
	Passed Verdict = "passed"
	// Failed means a gate, or the branch-manager, failed.
	Failed Verdict = "failed"
	// NoResult means a gate ended without a result.
	NoResult Verdict = "no-result"
	// Ended means an agent is done that has no result.
	Ended Verdict = "done"
)
