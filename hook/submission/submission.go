// Package submission finds what an agent handed in when it stopped: a report, an ERROR line, or neither.
package submission

import (
	"slices"

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
	// Unreadable means that the report could not be parsed, so that its claims are not known.
	Unreadable bool
	// Error is the text after "ERROR:" of an ErrorExit.
	Error string
}

// Read finds what an agent handed in. It looks in the last message, the other text blocks of the last reply, the newest first,
// the uses of SubagentHandback, and the earlier replies of this run, in that order. replies are those of the current run in order, nil
// where there is no transcript. It is pure.
func Read(last string, replies []transcript.Reply) Submission {
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
	unreadable := slices.ContainsFunc(problems, func(p report.Problem) bool { return rule.Name(p.Rule) == rule.ReportMalformed })
	return Submission{Kind: ReportHandedIn, Source: source, Report: r, Problems: problems, Unreadable: unreadable}
}
