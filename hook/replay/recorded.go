package replay

import (
	"context"
	"slices"
	"sync"
	"time"

	"stopgate/hook/host"
	"stopgate/hook/inspect"
	"stopgate/hook/journal"
	"stopgate/hook/judge"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Verdicts are the stops that the journals of this machine have judged. They are read once, when the first is asked for.
type Verdicts struct {
	journals []*journal.Journal
	read     sync.Once
	stops    map[agentKey][]recordedStop
	problems []error
}

// agentKey is an agent of a session.
type agentKey struct{ session, agent string }

// recordedStop is a stop as the gate judged it.
type recordedStop struct {
	at time.Time
	record.Stop
}

// NewVerdicts returns the stops in those journals.
func NewVerdicts(journals []*journal.Journal) *Verdicts { return &Verdicts{journals: journals} }

// unread says which journals could not be read.
func (v *Verdicts) unread() []error {
	if v == nil {
		return nil
	}
	return v.problems
}

func (v *Verdicts) readAll(ctx context.Context) {
	v.stops = map[agentKey][]recordedStop{}
	for _, j := range v.journals {
		records, _, err := j.Read(ctx, journal.Filter{Kinds: []string{record.KindStop}})
		if err != nil {
			v.problems = append(v.problems, err)
			continue
		}
		for _, rec := range records {
			stop, ok := record.Data[record.Stop](rec)
			if !ok || stop.Verdict == "" {
				continue
			}
			s := recordedStop{at: rec.At, Stop: stop}
			s.Report, s.Message, s.Marked = nil, "", nil // the transcript has the words
			key := agentKey{rec.Session, rec.Agent}
			v.stops[key] = append(v.stops[key], s)
		}
	}
}

// sameMoment is how far apart the clocks of a record and a transcript can be for one stop whose reply is not recorded.
const sameMoment = time.Minute

// find returns the record of an agent's stop; nil if no journal has one.
func (v *Verdicts) find(ctx context.Context, ev host.Event, stop transcript.Stop) *recordedStop {
	if v == nil {
		return nil
	}
	v.read.Do(func() { v.readAll(ctx) })
	id := record.Identify(ev, &stop.Agent, "")
	for _, s := range v.stops[agentKey{ev.SessionID, ev.AgentID}] {
		switch {
		case s.Stop.Stop.Reply != "" && id.Reply != "":
			if s.Stop.Stop.Reply == id.Reply {
				return &s
			}
		case s.Stop.Stop.Said == id.Said && s.at.Sub(stop.Time).Abs() < sameMoment:
			return &s
		}
	}
	return nil
}

// apply replaces the case's verdict by the recorded one. A claim without a finding was seen as changed, if the claims were checked.
func (s *recordedStop) apply(c *judge.Case) {
	c.Verdict, c.Findings, c.Attempts, c.Base = s.Verdict, s.Findings, s.Attempts, s.Base
	looked := s.FindingsTotal == len(s.Findings) && (s.Verdict == rule.Verified || s.Worktree != "")
	c.Files = slices.Clone(c.Files)
	for i, f := range c.Files {
		found := func(finding rule.Finding) bool { return finding.Path == f.Path && finding.Severity != rule.Note }
		if f.Proof = inspect.Unproven; f.Claimed && looked && !slices.ContainsFunc(s.Findings, found) {
			f.Proof = inspect.ByRecord
		}
		f.Change, f.Commit = worktree.Unknown, "" // what it is now tells nothing of then
		c.Files[i] = f
	}
}
