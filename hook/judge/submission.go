package judge

import (
	"regexp"
	"slices"
	"sync"

	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/transcript"
)

// Kind is what an agent ended with.
type Kind int

const (
	// NothingHandedIn means neither a report nor an ERROR line.
	NothingHandedIn Kind = iota
	// ReportHandedIn means a report, whether or not it is valid.
	ReportHandedIn
	// ErrorExit means a line "ERROR: …" (seed, "Exit protocol"): the agent could not start, or found a conflict.
	ErrorExit
)

// Source is where a report was found.
type Source int

const (
	// LastMessage is the text block that the orchestrator receives.
	LastMessage Source = iota
	// SameReply is another text block of the last reply.
	SameReply
	// Handback is a tool use of SubagentHandback.
	Handback
	// EarlierReply is an earlier reply of the same run, which the last message replaced.
	EarlierReply
)

// Submission is what an agent handed in when it stopped. Report and Problems are those of a ReportHandedIn.
type Submission struct {
	Kind     Kind
	Source   Source
	Report   report.Report
	Problems []report.Problem
	// Error is the text after "ERROR:" of an ErrorExit.
	Error string
}

// Unreadable reports that the report could not be parsed, so its claims are not known.
func (s Submission) Unreadable() bool {
	for _, p := range s.Problems {
		if rule.Name(p.Rule) == rule.ReportMalformed {
			return true
		}
	}
	return false
}

// ReadSubmission finds what an agent handed in. It looks in the last message, the other text blocks of the last reply, the newest first,
// the uses of SubagentHandback, and the earlier replies of this run, in that order. replies are those of the current run in order, nil
// where there is no transcript. It is pure.
func ReadSubmission(last string, replies []transcript.Reply) Submission {
	var exit report.Found
	if found := report.Find(last); found.Kind == report.KindReport {
		return submitted(found, LastMessage)
	} else if found.Kind == report.KindError {
		exit = found
	}
	if n := len(replies); n > 0 {
		if found, ok := Newest(replies[n-1].Texts); ok {
			return submitted(found, SameReply)
		}
		for i := n - 1; i >= 0; i-- {
			if found, ok := Newest(replies[i].Handbacks); ok {
				return submitted(found, Handback)
			}
		}
	}
	if exit.Kind == report.KindError {
		return Submission{Kind: ErrorExit, Error: exit.Text}
	}
	for i := len(replies) - 2; i >= 0; i-- {
		if found, ok := Newest(replies[i].Texts); ok {
			return submitted(found, EarlierReply)
		}
	}
	return Submission{}
}

// Newest returns the report in the last of the texts that has one; false where none has.
func Newest(texts []string) (report.Found, bool) {
	for i := len(texts) - 1; i >= 0; i-- {
		if found := report.Find(texts[i]); found.Kind == report.KindReport {
			return found, true
		}
	}
	return report.Found{}, false
}

func submitted(found report.Found, source Source) Submission {
	r, problems := report.Parse(found.Text)
	return Submission{Kind: ReportHandedIn, Source: source, Report: r, Problems: problems}
}

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
func verifyListed(s Submission, seen Evidence) []rule.Finding {
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
