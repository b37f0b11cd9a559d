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

// Agent has the records of one agent of a session. The zero Agent has none.
type Agent struct {
	typ string
	// task is the task in its records; "" if they name none.
	task string
	// stops are the judged stops, oldest first.
	stops []Stop
	// earlier counts the stops of earlier runs.
	earlier  int
	sentBack []string
	letGo    bool
	// began and ended are the positions in the history where the agent's current run began and last ended. ended is 0 while it runs; began is 0 if
	// no run is recorded. Only coding agents have runs. first is where the first run began.
	began, ended, first int
	// runs counts its runs. resumed is the snapshot of its worktree from the beginning of the current run; nil for the first run, and if none was
	// recorded.
	runs    int
	resumed *Launch
	// gone is where it was stopped at its work, or where its client ended; 0 if neither.
	gone int
	// stopped means that the session stopped it on purpose.
	stopped bool
	// isolated is the snapshot, from the beginning of the first run, of the worktree that the host made for the agent; nil for any other agent.
	isolated *Launch
	// delivered counts, by step, the deliveries minus the returns.
	delivered map[string]int
	// last has the last delivery of each step.
	last map[string]told
	// returned counts the returns of each step.
	returned map[string]int
}

// add adds one record of the agent. order is its position in the history.
func (a *Agent) add(rec journal.Record, order int) {
	switch rec.Kind {
	case KindStart:
		a.sentBack, a.letGo = nil, false
		a.earlier = len(a.stops)
		a.began, a.ended, a.gone, a.stopped = order, 0, 0, false
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
	case KindMoved:
		if moved, ok := Data[Moved](rec); ok && moved.To != "" { // see Log.History for where it is now
			a.gone, a.stopped = order, true
		}
	case KindGone:
		gone, _ := Data[Gone](rec) // none in older records
		a.gone, a.stopped = order, gone.Stopped
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

// Type returns the agent's type; "" if no record names it.
func (a *Agent) Type() string { return a.typ }

// SentBack returns the fingerprints of the findings for which the agent was sent back in the current run since it last stopped for good, oldest
// first.
func (a *Agent) SentBack() []string { return a.sentBack }

// Corrections returns how often the agent had been sent back before its last stop.
func (a *Agent) Corrections() int {
	if stop := a.lastStop(); stop != nil {
		return stop.Attempts
	}
	return 0
}

// lastStop returns the last judged stop; nil if there is none.
func (a *Agent) lastStop() *Stop {
	if len(a.stops) == 0 {
		return nil
	}
	return &a.stops[len(a.stops)-1]
}

// Accounted reports whether the agent's return is expected: its last stop was judged and the agent may stop, or that stop led to a step that is not
// delivered yet.
func (a *Agent) Accounted() bool { return a.letGo || a.owed() != nil }

// InRun reports whether the coding agent began a run without a recorded stop. It may have been stopped at its work, or its client ended.
func (a *Agent) InRun() bool { return a.began != 0 && a.ended == 0 }

// AtWork reports whether the coding agent is in a run that goes on, as far as the records show.
func (a *Agent) AtWork() bool { return a.InRun() && a.gone == 0 }

// Stopped reports whether the session stopped the agent on purpose in its last run, so that nobody has to be told that it did not report.
func (a *Agent) Stopped() bool { return a.stopped }

// HasEnded reports whether the agent's last run has ended with a recorded stop.
func (a *Agent) HasEnded() bool { return a.letGo && a.ended != 0 }

// HasRun reports whether a run of the coding agent is recorded.
func (a *Agent) HasRun() bool { return a.runs > 0 }

// Judged returns the record of that stop, if it was judged before in the current run.
func (a *Agent) Judged(stop StopID, now time.Time) (Stop, bool) {
	for i := len(a.stops) - 1; i >= a.earlier; i-- {
		if s := a.stops[i]; s.Stop.same(stop, now.Sub(s.at)) {
			return s, true
		}
	}
	return Stop{}, false
}

// LastReply returns the message id of the reply for which the agent was last sent back; "" if it was not sent back, or if the reply is unknown.
func (a *Agent) LastReply() string {
	if len(a.sentBack) == 0 {
		return ""
	}
	return a.lastStop().Stop.Reply
}

// StepID returns the id of the step that a stop leads to. It differs for every stop of the agent.
func (a *Agent) StepID(ev host.Event, stop StopID) string {
	return quote.Digest(ev.SessionID, ev.AgentID, stop.Reply, stop.Said, fmt.Sprint(len(a.stops)))
}

// reported returns the files that the agent had changed when it stopped for good, as far as they are kept. If its report was false, the
// orchestrator or the person was told then.
func (a *Agent) reported() []string {
	var files []string
	for _, stop := range a.stops {
		if stop.Verdict != rule.Rejected {
			files = append(files, stop.Touched...)
		}
	}
	return files
}

// Reports returns the agent's earlier reports, as far as they are kept, oldest first.
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

// markedBefore returns the state of git's own files when the agent's current run began; nil if it was not recorded. launch is the agent's launch.
func (a *Agent) markedBefore(launch *Launch) *repochange.Marked {
	switch {
	case a.resumed != nil:
		return a.resumed.Marked
	case a.runs > 1 || launch == nil:
		return nil
	}
	return launch.Marked
}

// leftAt returns the state of git's own files when the agent last stopped for good, with the time; nil if the agent is in a run, or if the state was
// not recorded.
func (a *Agent) leftAt() (*repochange.Marked, time.Time) {
	last := a.lastStop()
	if last == nil || a.InRun() {
		return nil, time.Time{}
	}
	return last.Marked, last.at
}

// owed returns the step of the agent's last stop if it is not delivered yet; otherwise nil. Each later stop replaces the earlier ones: a step that
// was not delivered before its agent continued is never delivered.
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
