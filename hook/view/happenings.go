package view

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/style"
)

// happening is one thing that happened. Several records may be about it.
type happening struct {
	At   time.Time
	Task string // "" for no task
	// Who is the agent for people; AgentType and AgentID identify it; "" if there is none.
	Who, AgentType, AgentID string
	// Verdict is the verdict of a stop; "" for everything else.
	Verdict rule.Verdict
	// Text describes what happened, on one bounded line.
	Text string
}

// happenings puts the records of a journal together to what happened. It must get every record, in the order of the journal.
type happenings struct {
	words *logWords
	// launched counts the launches by type of agent whose beginning is not recorded yet.
	launched map[string]int
	// held is a fact to which the next record may belong; nil for none.
	held *heldFact
}

// heldFact is a fact that the next record may describe in more words.
type heldFact struct {
	happening
	fact  gates.Fact
	agent string
	files int
	phase string // what it changes, for people
}

// newHappenings starts at the beginning of the journal.
func newHappenings(words *logWords) *happenings {
	return &happenings{words: words, launched: map[string]int{}}
}

// Take adds the next record, and returns the happenings that are complete now.
func (h *happenings) Take(rec journal.Record) []happening {
	e := h.words.entry(rec)
	now := e.happening
	if rec.Kind == record.KindFact {
		return append(h.Rest(), h.fact(rec, now, e.phase)...)
	}
	if rec.Kind == record.KindStop {
		return h.stop(rec, now)
	}
	if e.refusesLaunch && h.held != nil && h.held.fact.Kind == gates.LaunchAsked {
		h.held = nil // the denial describes it
	}
	before := h.Rest()
	switch rec.Kind {
	case record.KindLaunch:
		h.launched[e.AgentType]++
	case record.KindStart:
		if h.launched[e.AgentType] > 0 { // the launch told of it
			h.launched[e.AgentType]--
			return before
		}
	case record.KindDelivery: // the stop told of its step
		return before
	}
	return append(before, now)
}

// fact returns the happening of a fact. If the record of its agent's stop has more words, the fact is held back for that.
func (h *happenings) fact(rec journal.Record, now happening, phase string) []happening {
	d, ok := record.Data[record.Fact](rec)
	if !ok {
		return []happening{now}
	}
	switch d.Fact.Kind {
	case gates.CoderStarted, gates.GateLaunched, gates.BranchManagerLaunched:
		return nil // the launch told of it
	case gates.TreeSeen, gates.PromptCame, gates.PersonSpoke:
		if phase == "" {
			return nil // nothing followed from it
		}
	case gates.LaunchAsked:
		if !strings.Contains(now.Text, " refused: ") {
			return nil // the launch describes it
		}
		h.held = &heldFact{happening: now, fact: d.Fact}
		return nil
	case gates.CoderStopped, gates.OpsStopped, gates.GateResult, gates.BranchManagerDone:
		h.held = &heldFact{happening: now, fact: d.Fact, agent: rec.Agent, files: d.FilesTotal, phase: phase}
		return nil
	default:
	}
	return []happening{now}
}

// stop returns the stop of an agent, with what the fact before it tells.
func (h *happenings) stop(rec journal.Record, now happening) []happening {
	s, ok := record.Data[record.Stop](rec)
	if !ok {
		return append(h.Rest(), now)
	}
	now.Verdict = s.Verdict
	var before []happening
	var held heldFact
	if h.held != nil && h.held.agent == rec.Agent && rec.Agent != "" {
		held, h.held = *h.held, nil
	} else {
		before = h.Rest()
	}
	now.Text = quote.Clip(quote.Line(strings.TrimSpace(h.words.stopText(s, held.details())+" "+held.phase)), maxLogged)
	return append(before, now)
}

// details returns what a fact adds to the verdict of its stop.
func (f heldFact) details() string {
	switch {
	case f.fact.Kind == gates.CoderStopped && f.fact.Verdict == gates.Verified:
		return ", " + quote.Plural(f.files, "file")
	case len(f.fact.Contradictions) > 0:
		return ", contradicting itself" + issueWords(f.fact.Contradictions)
	case f.fact.Kind == gates.BranchManagerDone && f.fact.Outcome == gates.Committed:
		return ", committed, not merged"
	case f.fact.Kind == gates.BranchManagerDone && f.fact.Outcome == gates.Nothing:
		return ", nothing was committed or merged"
	}
	return issueWords(f.fact.Issues)
}

// Rest returns the fact that was held back, when no record follows.
func (h *happenings) Rest() []happening {
	if h.held == nil {
		return nil
	}
	now := h.held.happening
	h.held = nil
	return []happening{now}
}

// chosen returns the selected happenings, of one task if task is not "". Verdicts select only stops.
func (s Selection) chosen(list []happening, task string) []happening {
	return slices.DeleteFunc(list, func(h happening) bool { return !s.chooses(h, task) })
}

func (s Selection) chooses(h happening, task string) bool {
	return s.Matches(h.At, h.AgentType, h.AgentID, h.Verdict) && (task == "" || launch.TaskKey(h.Task) == launch.TaskKey(task))
}

// Line returns a happening on a line of its own: when, who, which task, what.
func (h happening) Line(s style.Style) string {
	task := "-"
	if h.Task != "" {
		task = shown(h.Task, maxTaskColumn)
	}
	return s.Fit(fmt.Sprintf("%-20s  %s  %s  %s", s.Time(h.At), padded(cmp.Or(h.Who, "-"), agentColumn), padded(task, taskColumn), h.painted(s)))
}

// painted returns the text with the verdict in its colour.
func (h happening) painted(s style.Style) string {
	if rest, found := strings.CutPrefix(h.Text, string(h.Verdict)); found && h.Verdict != "" {
		return s.Verdict(h.Verdict, string(h.Verdict)) + rest
	}
	return h.Text
}

// writeByTask writes happenings under their tasks: those under which something happened last come last. Below a task they are in the order of
// the journal, with the day above.
func writeByTask(w io.Writer, list []happening, s style.Style) error {
	groups := map[string][]happening{}
	var order []string
	for _, h := range list {
		key := launch.TaskKey(h.Task)
		order = append(slices.DeleteFunc(order, func(other string) bool { return other == key }), key)
		groups[key] = append(groups[key], h)
	}
	var b strings.Builder
	for i, key := range order {
		if i > 0 {
			b.WriteByte('\n')
		}
		name := "(no task)"
		if group := groups[key]; group[0].Task != "" {
			name = shown(group[0].Task, quote.MaxTask)
		}
		b.WriteString(s.Paint(style.Strong, name) + "\n")
		day := ""
		for _, h := range groups[key] {
			if d := s.DayWithZone(h.At); d != day { // on some nights the offset changes within a day
				day = d
				b.WriteString("  " + s.Paint(style.Faint, day) + "\n")
			}
			b.WriteString(s.Fit("  "+s.Clock(h.At)+"  "+padded(cmp.Or(h.Who, "-"), agentColumn)+"  "+h.painted(s)) + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
