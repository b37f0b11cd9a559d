package hook

import (
	"slices"

	"stopgate/hook/quote"
)

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

// ofCoder tells whether a verdict is on a coding agent's report.
func (v Verdict) ofCoder() bool {
	switch v {
	case Passed, Failed, NoResult, Ended:
		return false
	}
	return true
}

// MaxAttempts is how often an agent is sent back before the person is asked, where nothing else is configured.
const MaxAttempts = 3

// Decide turns findings into a verdict. past are the fingerprints of this agent's rejected stops since it was last let go, the
// oldest first; attempts is how often it is sent back at most. It is pure.
func Decide(s Submission, findings []Finding, past []string, attempts int) Verdict {
	blocking, halting := withSeverity(findings, Block), withSeverity(findings, Halt)
	switch {
	case slices.ContainsFunc(halting, func(f Finding) bool { return f.Rule != Unverifiable && f.Rule != FileConflict }):
		return Violation
	case len(blocking) > 0 && (len(past) >= attempts || sameAgain(blocking, past)):
		return Capped
	case len(blocking) > 0:
		return Rejected
	case s.Kind == ErrorExit:
		return Declined
	case len(halting) > 0:
		return Unknown
	case len(s.Report.Unfinished) > 0:
		return Incomplete
	default:
		return Verified
	}
}

// sameAgain tells whether the last rejected stop was blocked for exactly these findings: sending the agent back has changed
// nothing, and will not.
func sameAgain(blocking []Finding, past []string) bool {
	return len(past) > 0 && past[len(past)-1] == Fingerprint(blocking)
}

// Fingerprint identifies what a stop was blocked for: the blocking findings among those given, in order.
func Fingerprint(findings []Finding) string {
	var parts []string
	for _, f := range withSeverity(findings, Block) {
		parts = append(parts, string(f.Rule), f.Path, f.Message)
	}
	return quote.Digest(parts...)
}
