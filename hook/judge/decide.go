package judge

import (
	"slices"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/submission"
)

// Decide returns the verdict for findings. past has the fingerprints of the agent's rejected stops since it last stopped for good, oldest first.
// attempts is how often it is sent back at most. Decide is pure.
func Decide(s submission.Submission, findings []rule.Finding, past []string, attempts int) rule.Verdict {
	blocking, halting := rule.Of(findings, rule.Block), rule.Of(findings, rule.Halt)
	nothing := changedNothing(findings, len(past) > 0)
	if nothing { // sending the agent back for that again would not help
		blocking = slices.DeleteFunc(blocking, func(f rule.Finding) bool { return f.Rule == rule.NothingChanged })
	}
	switch {
	case slices.ContainsFunc(halting, func(f rule.Finding) bool { return f.Rule != rule.Unverifiable && f.Rule != rule.FileConflict }):
		return rule.Violation
	case len(blocking) > 0 && (len(past) >= attempts || sameAgain(blocking, past)):
		return rule.Capped
	case len(blocking) > 0:
		return rule.Rejected
	case s.Kind == submission.ErrorExit:
		return rule.Declined
	case len(halting) > 0:
		return rule.Unknown
	case len(s.Report.Unfinished) > 0 || nothing:
		return rule.Incomplete
	default:
		return rule.Verified
	}
}

// sameAgain reports whether the last stop was rejected for exactly these findings. Then sending the agent back again would not help.
func sameAgain(blocking []rule.Finding, past []string) bool {
	return len(past) > 0 && past[len(past)-1] == fingerprint(blocking)
}

// fingerprint identifies the blocking findings among those given, in order.
func fingerprint(findings []rule.Finding) string {
	var parts []string
	for _, f := range rule.Of(findings, rule.Block) {
		parts = append(parts, string(f.Rule), f.Path, f.Message)
	}
	return quote.Digest(parts...)
}
