// Package submission finds an agent's report or ERROR line when it stops.
package submission

import (
	"slices"

	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/transcript"
)

// Kind is the kind of a submission.
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

// Submission is what an agent handed in when it stopped. Report and Problems are set only for ReportHandedIn.
type Submission struct {
	Kind     Kind
	Source   Source
	Report   report.Report
	Problems []report.Problem
	// Unreadable means that the report could not be parsed, so its claims are unknown.
	Unreadable bool
	// Error is the text after "ERROR:" of an ErrorExit.
	Error string
}

// Read finds an agent's submission. It looks in this order: the last message; the other text blocks of the last reply, newest first; the uses of
// SubagentHandback; the earlier replies of this run. replies are those of the current run in order, nil without a transcript. Read is pure.
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

// Newest returns the report in the last of the texts that has one; false if none has.
func Newest(texts []string) (report.Found, bool) {
	for _, text := range slices.Backward(texts) {
		if found := report.Find(text); found.Kind == report.KindReport {
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
