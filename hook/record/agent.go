package record

import (
	"encoding/json"
	"fmt"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/journal"
	"stopgate/hook/quote"
	"stopgate/hook/repochange"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// Agent is what the journal says of one agent of a session. The zero Agent is one that the journal does not know.
type Agent struct {
	typ string
	// task is the one that its records name; "" if they name none.
	task string
	// stops are the judged stops, the oldest first.
	stops []Stop
	// earlier counts the stops of earlier runs.
	earlier  int
	sentBack []string
	letGo    bool
	// began and ended are where in the history its current run began and last ended, as orders of records; ended is 0 while it runs, began
	// is 0 if no run is recorded. Only coding agents have runs. first is where the first one began.
	began, ended, first int
	// runs counts its runs; resumed is what its worktree was like when the current one began, nil for the first run and if that was not
	// recorded.
	runs    int
	resumed *Launch
	// isolated is what the worktree that the host made for the agent was like when the first run began; nil for any other agent.
	isolated *Launch
	// delivered counts, by step, deliveries less returns.
	delivered map[string]int
	// last are the last deliveries, by step.
	last map[string]told
	// returned counts the returns, by step.
	returned map[string]int
}

// add takes in one record of the agent, which stands at that order in the history.
func (a *Agent) add(rec journal.Record, order int) {
	switch rec.Kind {
	case KindStart:
		a.sentBack, a.letGo = nil, false
		a.earlier = len(a.stops)
		a.began, a.ended = order, 0
		if a.first == 0 {
			a.first = order
		}
		a.runs++
		if a.resumed = nil; rec.Data != nil {
			_ = json.Unmarshal(rec.Data, &a.resumed) // unreadable data is the same as none
		}
		if a.runs == 1 {
			a.isolated, a.resumed = a.resumed, nil
		}
	case KindStop:
		if stop, ok := Data[Stop](rec); ok {
			stop.at, stop.order = rec.At, order
			a.addStop(stop)
		}
	case KindDelivery, KindReturn:
		if d, ok := Data[Delivery](rec); ok {
			a.addDelivery(rec.Kind, told{Delivery: d, at: rec.At})
		}
	}
}

func (a *Agent) addStop(stop Stop) {
	a.stops = append(a.stops, stop)
	if stop.Verdict == rule.Rejected && stop.Step == nil { // a rejected agent with a step was not sent back
		a.sentBack, a.letGo = append(a.sentBack, stop.Fingerprint), false
		return
	}
	a.sentBack, a.letGo = nil, true
	a.ended = stop.order
}

func (a *Agent) addDelivery(kind string, d told) {
	if kind == KindReturn {
		a.delivered[d.StepID]--
		a.returned[d.StepID]++
		return
	}
	a.delivered[d.StepID]++
	a.last[d.StepID] = d
}

// Type is the agent's type; "" if no record names it.
func (a *Agent) Type() string { return a.typ }

// SentBack are the fingerprints of the findings for which the agent was sent back since its run began or it was last let go, the oldest
// first.
func (a *Agent) SentBack() []string { return a.sentBack }

// Corrections is how often the agent had been sent back before its last stop.
func (a *Agent) Corrections() int {
	if stop := a.lastStop(); stop != nil {
		return stop.Attempts
	}
	return 0
}

// lastStop is the last judged stop; nil if there is none.
func (a *Agent) lastStop() *Stop {
	if len(a.stops) == 0 {
		return nil
	}
	return &a.stops[len(a.stops)-1]
}

// Accounted reports whether the agent's return is no surprise: its last stop was judged and the agent may stop, or led to a step that no
// event has carried yet.
func (a *Agent) Accounted() bool { return a.letGo || a.owed() != nil }

// AtWork reports whether the agent, a coding one, began a run that has not ended.
func (a *Agent) AtWork() bool { return a.began != 0 && a.ended == 0 }

// HasEnded reports whether the agent's last run has ended, with a stop that is recorded.
func (a *Agent) HasEnded() bool { return a.letGo && a.ended != 0 }

// HasRun reports whether a run of the agent, a coding one, is recorded.
func (a *Agent) HasRun() bool { return a.runs > 0 }

// Judged is the record of that stop, if it was judged before in the current run.
func (a *Agent) Judged(stop StopID, now time.Time) (Stop, bool) {
	for i := len(a.stops) - 1; i >= a.earlier; i-- {
		if s := a.stops[i]; s.Stop.same(stop, now.Sub(s.at)) {
			return s, true
		}
	}
	return Stop{}, false
}

// LastReply is the message id of the reply that the agent was last sent back for; "" if it was not, or the reply is unknown.
func (a *Agent) LastReply() string {
	if len(a.sentBack) == 0 {
		return ""
	}
	return a.lastStop().Stop.Reply
}

// StepID names the step that a stop leads to. Every later stop of the agent has another one.
func (a *Agent) StepID(ev host.Event, stop StopID) string {
	return quote.Digest(ev.SessionID, ev.AgentID, stop.Reply, stop.Said, fmt.Sprint(len(a.stops)))
}

// reported are the files that the agent had changed when it was let go, as far as they are kept. A false report was put before the
// orchestrator or the person then.
func (a *Agent) reported() []string {
	var files []string
	for _, stop := range a.stops {
		if stop.Verdict != rule.Rejected {
			files = append(files, stop.Touched...)
		}
	}
	return files
}

// Reports are those that the agent handed in before, as far as they are kept, the oldest first.
func (a *Agent) Reports() []report.Report {
	var all []report.Report
	for _, stop := range a.stops {
		if len(stop.Report) > 0 {
			r, _ := report.Parse(string(stop.Report))
			all = append(all, r)
		}
	}
	return all
}

// markedBefore is what git's files said when the agent's current run began; nil if that was not recorded. launch is the agent's launch.
func (a *Agent) markedBefore(launch *Launch) *repochange.Marked {
	switch {
	case a.resumed != nil:
		return a.resumed.Marked
	case a.runs > 1 || launch == nil:
		return nil
	}
	return launch.Marked
}

// leftAt is what git's files said when the agent was last let go, and when that was; nil if it is at work, or that was not recorded.
func (a *Agent) leftAt() (*repochange.Marked, time.Time) {
	last := a.lastStop()
	if last == nil || a.AtWork() {
		return nil, time.Time{}
	}
	return last.Marked, last.at
}

// owed is the step of the agent's last stop, if no event has carried it yet; otherwise nil. A later stop of the agent replaces every earlier
// one, so a step that was not delivered before its agent went on is never delivered.
func (a *Agent) owed() *step.Step {
	last := a.lastStop()
	if last == nil || last.Step == nil || a.delivered[last.Step.StepID] > 0 {
		return nil
	}
	return last.Step
}

// toldAtStop reports whether the agent's last stop led to that step, and the step was delivered at the end of the orchestrator's turn.
func (a *Agent) toldAtStop(owed gates.Step) bool {
	last := a.lastStop()
	return last != nil && last.Step != nil && a.last[last.Step.StepID].Via == host.Stop && last.Step.IsFor(owed)
}
