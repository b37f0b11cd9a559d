// Package check judges a report that a person passes to it, without an event and without earlier records, and writes the result.
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

// HoldsReport reports whether a message contains a report, valid or not.
func HoldsReport(message string) bool { return report.Find(message).Kind == report.KindReport }

// Message judges a message as if it were the first stop of an unknown agent, against a revision in the form of gitrevisions(7); "" means HEAD. The
// repository's configuration applies, as for an agent. It changes nothing.
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
