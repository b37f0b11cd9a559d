// Package check judges a report for a person, without an event and without a past, and writes what it is worth.
package check

import (
	"context"
	"io"
	"time"

	"stopgate/hook/cleanup"
	"stopgate/hook/inspect"
	"stopgate/hook/judge"
	"stopgate/hook/record"
	"stopgate/hook/report"
	"stopgate/hook/site"
	"stopgate/hook/submission"
	"stopgate/hook/transcript"
)

// HoldsReport tells whether a message holds a report, whatever it is worth.
func HoldsReport(message string) bool { return report.Find(message).Kind == report.KindReport }

// Message judges a message as if it were the first stop of an agent of whom nothing else is known, against a revision as gitrevisions(7)
// spells it; "" stands for HEAD. What the repository configures holds, as it does for an agent. It changes nothing.
func Message(ctx context.Context, observe inspect.Observer, grounds site.Grounds, revision, message string) Result {
	settings := site.ReadSettings(ctx, observe, grounds, io.Discard)
	conf := settings.Config
	in := inspect.Inquiry{
		Grounds: settings.Grounds, Revision: revision, Submission: submission.Read(message, nil), Agent: &transcript.Agent{}, Rules: cleanup.Rules(conf),
	}
	c := judge.Stop(in, inspect.Stop(ctx, observe, nil, in))
	c.Commands, c.Coverage = conf.Commands, conf.Coverage
	c.Verdict = judge.Decide(c.Submission, c.Findings, nil, conf.Caps.Attempts)
	c.Ordered = (&record.Task{}).Take("", record.CoderFact(c, conf, time.Time{}))
	result := New(c)
	result.Warning = settings.Warning()
	return result
}
