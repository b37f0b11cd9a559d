package judge

import (
	"regexp"
	"slices"
	"sync"

	"stopgate/hook/rule"
	"stopgate/hook/submission"
)

// nothingToDo matches a work_completed that gives a reason why nothing was changed.
var nothingToDo = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:already|nothing (?:to|was|needs?|needed|had|has|is|else|changed|remain\w*)|` +
		`no(?:t| further| additional| code| file| source)* (?:chang\w*|modif\w*|edits?|work|action|fix\w*|update\w*)|no-?op|not (?:needed|necessary|required|reproduc\w*|applicable)|` +
		`no (?:\w+ ){0,2}(?:was|were|has|have|had|is|are) (?:to be |been )?(?:chang|modif|touch|edit|alter|updat|need|requir|necess)\w*|` +
		`(?:can ?not|can't|could not|couldn't) be reproduced|not a (?:bug|defect)|no (?:bug|defect|problem|issue|error)s? (?:was |were )?(?:found|exists?|there)|` +
		`unnecessary|unneeded|(?:can ?not|can't|could not|couldn't|unable to) reproduce|(?:does|do|did|is|are|was|were) not (?:need|require|occur|exist|present)\w*|` +
		`(?:doesn't|don't|didn't|isn't|aren't|wasn't) (?:need|require|occur|exist|present|necessary|reproduc)\w*|works? as (?:is|intended|designed|expected)|` +
		`as[- ]is|unchanged|left untouched|duplicate of|obsolete|superseded|existing (?:code|implementation|behaviou?r) |` +
		`(?:was|were|been) (?:done|fixed|implemented|merged|added|completed|resolved|handled) (?:in|by|before|earlier|previously|upstream|elsewhere)|previously|` +
		`in place since|only (?:read|reviewed|investigated|analy[sz]ed|verified|checked)|investigation only|analysis only|read-only)\b`)
})

// verifyListed finds a report that lists neither changes nor unfinished work. If its work_completed says why nothing had to be changed, the
// orchestrator decides. Otherwise the agent may have forgotten its list.
func verifyListed(s submission.Submission, seen Evidence) []rule.Finding {
	if len(seen.Claims) > 0 || len(s.Report.Unfinished) > 0 || len(s.Problems) > 0 {
		return nil
	}
	if nothingToDo().MatchString(s.Report.WorkCompleted) {
		return []rule.Finding{{
			Rule: rule.NothingChanged, Severity: rule.Note,
			Message: "the report lists no files, and work_completed says that nothing had to be changed; find out whether that is so",
		}}
	}
	return []rule.Finding{{
		Rule: rule.NothingChanged, Severity: rule.Block,
		Message: "the report says that the work is done, but files_modified is empty; list every file you changed, or say in work_completed why nothing had to be changed",
	}}
}

// changedNothing reports whether the agent has nothing to show, and the orchestrator has to decide what that means: the report says why
// nothing was changed, or the agent lists no files although it was sent back for that before.
func changedNothing(findings []rule.Finding, sentBack bool) bool {
	return slices.ContainsFunc(findings, func(f rule.Finding) bool {
		return f.Rule == rule.NothingChanged && (f.Severity == rule.Note || sentBack)
	})
}
