package view

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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
	"stopgate/hook/style"
)

// Stored is a judged stop as the journal keeps it, and how its step was delivered.
type Stored struct {
	record     journal.Record
	stop       record.Stop
	deliveries []delivery
	style      style.Style
}

// delivery is one attempt to hand a step to the host.
type delivery struct {
	at       time.Time
	via      string
	returned bool // the host did not take it
}

// Find returns the stop with that name: the id of its step, the id of an agent (its last stop), or a task (the stop of its last step). The first
// four characters of an id are enough if no other id begins with them. "step:…", "agent:…" and "task:…" say which of them is meant. The error for
// an unknown or ambiguous name lists recorded names.
func (r Reader) Find(ctx context.Context, name string) (Stored, error) {
	records, _, err := r.open().Read(ctx, record.KindStop, record.KindDelivery, record.KindReturn)
	if err != nil {
		return Stored{}, err
	}
	stored, err := findStored(records, name)
	stored.style = r.Style
	return stored, err
}

// namedStop is a name of a stop. A later stop takes the name of an earlier one.
type namedStop struct {
	what, name string
	stop       int // among the stops
}

// The kinds of names of a stop.
const (
	byStep  = "step"
	byAgent = "agent"
	byTask  = "task"
)

// minCut is the minimum length of an abbreviated id.
const minCut = 4

func findStored(records []journal.Record, name string) (Stored, error) {
	var stops []Stored
	steps := map[string]int{}
	for _, rec := range records {
		switch rec.Kind {
		case record.KindStop:
			stop, ok := record.Data[record.Stop](rec)
			if !ok {
				continue
			}
			if stop.Step != nil {
				steps[stop.Step.StepID] = len(stops)
			}
			stops = append(stops, Stored{record: rec, stop: stop})
		case record.KindDelivery, record.KindReturn:
			d, _ := record.Data[record.Delivery](rec)
			if i, ok := steps[d.StepID]; ok {
				stops[i].deliveries = append(stops[i].deliveries, delivery{rec.At, d.Via, rec.Kind == record.KindReturn})
			}
		}
	}
	names := namesOf(stops)
	found := matching(names, name)
	switch {
	case len(found) == 0:
		return Stored{}, unknownName(names, name)
	case slices.ContainsFunc(found, func(n namedStop) bool { return n.stop != found[0].stop }):
		return Stored{}, fmt.Errorf("%s can mean %s: give one of these names", shown(name, quote.MaxTask), suggested(found))
	}
	return stops[found[0].stop], nil
}

// namesOf returns the names of the stops, each once, those of the last stop first.
func namesOf(stops []Stored) []namedStop {
	var names []namedStop
	seen := map[namedStop]int{}
	add := func(what, name string, stop int) {
		key := namedStop{what: what, name: name}
		if what == byTask {
			key.name = launch.TaskKey(name)
		}
		if _, known := seen[key]; name != "" && !known {
			seen[key] = len(names)
			names = append(names, namedStop{what, name, stop})
		}
	}
	for i, s := range slices.Backward(stops) {
		if s.stop.Step != nil {
			add(byStep, s.stop.Step.StepID, i)
			add(byTask, s.record.Task, i)
			add(byTask, s.stop.Step.TaskID, i)
			add(byTask, s.stop.Worktree, i)
		}
		add(byAgent, s.record.Agent, i)
	}
	for i, s := range slices.Backward(stops) { // a task of which no stop has a step yet
		add(byTask, s.record.Task, i)
	}
	return names
}

// matching returns the exact names, or every id that name is a prefix of.
func matching(names []namedStop, name string) []namedStop {
	what, rest, ok := strings.Cut(name, ":")
	if ok && (what == byStep || what == byAgent || what == byTask) {
		names = slices.DeleteFunc(slices.Clone(names), func(n namedStop) bool { return n.what != what })
		name = rest
	}
	same := slices.DeleteFunc(slices.Clone(names), func(n namedStop) bool {
		return n.name != name && (n.what != byTask || launch.TaskKey(n.name) != gates.Key(name))
	})
	if len(same) > 0 || len(name) < minCut {
		return same
	}
	return slices.DeleteFunc(slices.Clone(names), func(n namedStop) bool { return n.what == byTask || !strings.HasPrefix(n.name, name) })
}

// maxSuggested bounds how many names an error suggests.
const maxSuggested = 6

func unknownName(names []namedStop, name string) error {
	if len(names) == 0 {
		return errors.New("no stop is recorded for this repository yet")
	}
	meant := slices.DeleteFunc(slices.Clone(names), func(n namedStop) bool {
		return !strings.Contains(launch.TaskKey(n.name), gates.Key(name)) && !strings.Contains(gates.Key(name), gates.Key(n.name))
	})
	advice := "Did you mean " + suggested(meant) + "?"
	if len(meant) == 0 { // people know the names of tasks and agents, not the ids of steps
		advice = "Recorded: " + suggested(slices.DeleteFunc(names, func(n namedStop) bool { return n.what == byStep }))
	}
	return fmt.Errorf("nothing is recorded as %s. %s", shown(name, quote.MaxTask), advice)
}

// suggested are names as they can be given.
func suggested(names []namedStop) string {
	first, omitted := quote.First(names, maxSuggested)
	list := quote.Each(first, func(n namedStop) string { return shown(n.what+":"+n.name, quote.MaxTask) })
	return strings.Join(list, ", ") + quote.AndMore(omitted)
}

// WriteJSON writes the record as it is stored.
func (s Stored) WriteJSON(w io.Writer) error {
	return quote.WriteJSON(w, s.record)
}

// WriteText writes the stop for people, whole: its verdict, its findings, the report, and the answer to the agent and the orchestrator.
func (s Stored) WriteText(w io.Writer) error {
	var b strings.Builder
	head, report := "", ""
	field := func(name, text string) { fmt.Fprintf(&b, "%-9s %s\n", name, text) }
	field("agent", shown(s.record.AgentType, quote.MaxName)+" "+shown(s.record.Agent, quote.MaxName))
	field("task", taskWords(s.record.Task, s.stop.Worktree))
	field("stopped", s.style.Time(s.record.At)+", session "+shown(s.record.Session, quote.MaxName))
	field("verdict", s.verdictWords())
	field("step", s.stepWords())
	if len(s.stop.Findings) > 0 {
		b.WriteString("\nfindings\n")
		for _, f := range s.stop.Findings {
			fmt.Fprintf(&b, "  %-5s %s\n", f.Severity, f.Line())
		}
		if more := s.stop.FindingsTotal - len(s.stop.Findings); more > 0 {
			fmt.Fprintf(&b, "  and %d more\n", more)
		}
	}
	if s.stop.Cleanup != nil {
		b.WriteString("\n" + s.stop.Cleanup.Sentence() + "\n")
	}
	switch {
	case s.stop.Report != nil:
		head, report = b.String(), "\nreport\n"+indented(s.stop.Report)+"\n"
		b.Reset()
	case s.stop.Message != "":
		b.WriteString("\nlast message\n" + s.stop.Message + "\n")
	}
	if s.stop.Reason != "" {
		b.WriteString("\nsent back with\n" + s.stop.Reason + "\n")
	}
	if s.stop.Step != nil {
		b.WriteString("\nstep for the orchestrator\n" + s.stop.Step.Text() + "\n")
	}
	wrapped := func(text string) string { return s.style.Wrap(quote.Lines(text)) }
	text, verdict := wrapped(head)+quote.Lines(report)+wrapped(b.String()), string(s.stop.Verdict) // the report as it was written
	text = strings.Replace(text, "\nverdict   "+verdict, "\nverdict   "+s.style.Verdict(s.stop.Verdict, verdict), 1)
	_, err := io.WriteString(w, text)
	return err
}

func taskWords(task, worktree string) string {
	words := "(none named)"
	if task != "" {
		words = shown(task, quote.MaxTask)
	}
	if worktree != "" {
		words += " in " + shown(worktree, quote.MaxPath)
	}
	return words
}

func (s Stored) verdictWords() string {
	words := string(s.stop.Verdict)
	if s.stop.Base != "" {
		words += ", compared with " + s.stop.Base
	}
	if s.stop.Attempts > 0 {
		words += fmt.Sprintf(", sent back %s before", quote.Plural(s.stop.Attempts, "time"))
	}
	return words
}

// stepWords describes what happened to the step.
func (s Stored) stepWords() string {
	if s.stop.Step == nil {
		return "none: the agent was sent back"
	}
	words := shown(s.stop.Step.StepID, quote.MaxName) + ", "
	if len(s.deliveries) == 0 {
		return words + "not delivered yet"
	}
	var events []string
	for _, t := range s.deliveries {
		how := "delivered at " + shown(t.via, quote.MaxName)
		if t.returned {
			how = "not taken by the host"
		}
		events = append(events, how+" "+s.style.Time(t.at))
	}
	return words + strings.Join(events, ", ")
}

// indented returns a JSON value over many lines.
func indented(value json.RawMessage) string {
	var buf bytes.Buffer
	if err := json.Indent(&buf, value, "", "  "); err != nil {
		return string(value)
	}
	return quote.PrintableJSON(buf.String())
}
