package figures

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
)

// Version is the form of Figures, held by schema/figures.schema.json.
const Version = "figures/1"

// Figures are the statistics of events.
type Figures struct {
	Stopgate string `json:"stopgate"`
	// Since is the moment from which events count; nil for all. First and Last are the moments of the first and last that do; nil for none.
	Since *time.Time `json:"since"`
	First *time.Time `json:"first"`
	Last  *time.Time `json:"last"`
	// Repositories counts those of the events.
	Repositories int `json:"repositories"`
	// Unreadable counts records whose data cannot be read, Damaged the lines that are no records.
	Unreadable int `json:"unreadable"`
	Damaged    int `json:"damaged"`
	By         By  `json:"by"`
	// Groups are in the order of their keys, days the oldest first. An event with several rules is in several groups.
	Groups []Group  `json:"groups"`
	Total  Measures `json:"total"`
}

// Group has the statistics of the events with one key.
type Group struct {
	Key string `json:"key"`
	Measures
}

// By is how events are grouped.
type By string

// The groupings. ByNothing has no groups.
const (
	ByNothing    By = ""
	ByAgent      By = "agent" // the type of the agent, without a namespace
	ByRule       By = "rule"  // each rule of the findings
	ByDay        By = "day"   // in UTC
	ByRepository By = "repository"
)

// Groupings returns all ways to group events.
func Groupings() []By { return []By{ByAgent, ByRule, ByDay, ByRepository} }

// Measures are figures that events of any group can be counted by. Everything but the durations adds up.
type Measures struct {
	// Stops counts judged stops of all agents, Verdicts those with each verdict. A verdict that this program does not know is Other.
	Stops    int            `json:"stops"`
	Verdicts map[string]int `json:"verdicts"`
	// SentBack counts the stops after which the agent was sent back; WouldSendBack, those after which it would have been, outside the mode observe.
	SentBack      int `json:"sent_back"`
	WouldSendBack int `json:"would_send_back"`
	// Reports counts the first stops of coding agents whose report could be judged; RightFirst, those in which every claim was proven.
	Reports    int `json:"reports"`
	RightFirst int `json:"right_first"`
	// Mended counts broken rules that no longer blocked after the agent was sent back, by where they were mended.
	MendedReport  int `json:"mended_report"`
	MendedWork    int `json:"mended_work"`
	MendedBoth    int `json:"mended_both"`
	MendedUnknown int `json:"mended_unknown"`
	// Denied counts refused tool calls; WouldDeny, those that would have been refused outside the mode observe.
	Denied    int `json:"denied"`
	WouldDeny int `json:"would_deny"`
	// Claims counts files that reports list, Unproven the findings that a claim has no evidence.
	Claims   int `json:"claims"`
	Unproven int `json:"unproven"`
	// Artifacts were removed, with that many files and bytes.
	Artifacts int   `json:"artifacts"`
	Files     int   `json:"files"`
	Bytes     int64 `json:"bytes"`
	// Launches counts launched agents, GateResults the results of gates, Voided the passes that a change of the tree made void.
	Launches    int `json:"launches"`
	GateResults int `json:"gate_results"`
	Voided      int `json:"voided"`
	// Overrides counts decisions of a person to merge although something was open. Merged and Closed count tasks that ended so.
	Overrides int `json:"overrides"`
	Merged    int `json:"merged"`
	Closed    int `json:"closed"`
	// ToVerified and ToMerged are the times from the launch of a task's coding agent. Waited are the times that tasks waited for the person.
	ToVerified Durations `json:"to_verified"`
	ToMerged   Durations `json:"to_merged"`
	Waited     Durations `json:"waited"`
}

// Durations are many times, in seconds. Without any, Median and P90 are 0.
type Durations struct {
	Count  int     `json:"count"`
	Median float64 `json:"median"`
	// P90 is the least that is not exceeded by nine in ten.
	P90 float64 `json:"p90"`
	all []float64
}

// Other is the verdict of stops whose verdict this program does not know.
const Other = "other"

// Verdicts returns the verdicts in the order in which figures show them.
func Verdicts() []string {
	return append(quote.Each(rule.Verdicts(), func(v rule.Verdict) string { return string(v) }), Other)
}

// Known returns a verdict, or Other if this program does not know it.
func Known(verdict string) string {
	if slices.Contains(rule.Verdicts(), rule.Verdict(verdict)) {
		return verdict
	}
	return Other
}

// CountEach counts events, which are in the order of their journals, by several groupings. Those with the same id are counted once. Events before
// since count only as the beginning of what ended later; the zero time counts all.
func CountEach(events []Event, since time.Time, by ...By) map[By]Figures {
	once, each := Once(events), map[By]Figures{}
	for _, b := range by {
		c := NewCounter(b, since)
		for i := range once {
			c.Add(once[i])
		}
		each[b] = c.Figures()
	}
	return each
}

// A Counter counts events one after the other. It holds no event, so that it can count a journal of any length.
type Counter struct {
	figures      Figures // By is how events are grouped, Total what was counted so far
	since        time.Time
	repositories map[string]bool
	groups       map[string]*Measures
	tasks        map[string]*clock
}

// NewCounter returns a counter that has counted nothing. Events before since count as for CountEach.
func NewCounter(by By, since time.Time) *Counter {
	c := &Counter{
		figures: Figures{Stopgate: Version, By: by}, since: since, repositories: map[string]bool{}, groups: map[string]*Measures{}, tasks: map[string]*clock{},
	}
	if !since.IsZero() {
		since = since.UTC()
		c.figures.Since = &since
	}
	return c
}

// Add counts the next event. Unlike CountEach, it counts events with the same id each time.
func (c *Counter) Add(e Event) {
	counts := !e.At.Before(c.since)
	c.time(e, counts)
	if !counts {
		return
	}
	c.repositories[e.Repository] = true
	f := &c.figures
	if f.First == nil || e.At.Before(*f.First) {
		f.First = new(e.At)
	}
	if f.Last == nil || e.At.After(*f.Last) {
		f.Last = new(e.At)
	}
	if e.Unreadable {
		f.Unreadable++
	}
	c.count(e)
}

// Read counts the records of a journal, up to its end. caps are as for NewReader.
func (c *Counter) Read(ctx context.Context, book *journal.Journal, caps gates.Caps) error {
	reader := NewReader(filepath.Base(book.Folder()), caps, false)
	reader.unnamed = true // no record of a journal is counted twice
	damaged, err := reader.each(ctx, book, c.Add)
	c.figures.Damaged += damaged
	return err
}

// Figures returns the statistics of what was counted. Nothing may be counted after that.
func (c *Counter) Figures() Figures {
	f := c.figures
	f.Groups, f.Repositories, f.Total = []Group{}, len(c.repositories), c.figures.Total.done()
	for key, m := range c.groups {
		f.Groups = append(f.Groups, Group{key, m.done()})
	}
	slices.SortFunc(f.Groups, func(a, b Group) int { return cmp.Compare(a.Key, b.Key) })
	return f
}

// Once removes the events whose id came before. If there are none, it does not copy the events, because there may be hundreds of thousands.
func Once(events []Event) []Event {
	seen := make(map[string]bool, len(events))
	again := func(e *Event) bool {
		if e.ID == "" || !seen[e.ID] {
			seen[e.ID] = true
			return false
		}
		return true
	}
	for i := range events {
		if !again(&events[i]) {
			continue
		}
		once := slices.Clone(events[:i])
		for j := i + 1; j < len(events); j++ {
			if !again(&events[j]) {
				once = append(once, events[j])
			}
		}
		return once
	}
	return events
}

// clock is since when a task is under way.
type clock struct {
	launched, waiting time.Time // zero if it is not
	verified          bool
	coder             string
}

// each calls add with the total, and with the group of each key.
func (c *Counter) each(keys []string, add func(*Measures)) {
	add(&c.figures.Total)
	for _, key := range keys {
		if c.groups[key] == nil {
			c.groups[key] = &Measures{}
		}
		add(c.groups[key])
	}
}

// Unnamed is the key of events that do not name what they are grouped by.
const Unnamed = "(none)"

// keys returns the groups of an event of that agent's type.
func (c *Counter) keys(e Event, agentType string) []string {
	switch c.figures.By {
	case ByAgent:
		return []string{cmp.Or(launch.BaseName(agentType), Unnamed)}
	case ByDay:
		return []string{e.At.UTC().Format(time.DateOnly)}
	case ByRepository:
		return []string{cmp.Or(e.Repository, Unnamed)}
	case ByRule:
		var rules []string
		for _, r := range e.Rules {
			if !slices.Contains(rules, r.Rule) {
				rules = append(rules, r.Rule)
			}
		}
		return rules
	}
	return nil
}

// counted reports whether an event is of a kind that any measure counts, so that others make no group.
func counted(e Event) bool {
	switch e.Kind {
	case record.KindStop, record.KindDenial, record.KindLaunch:
		return !e.Unreadable
	case record.KindFact:
		return e.Fact == gates.GateResult || len(e.Voided) > 0 || e.Overridden || e.Merged || e.Closed
	}
	return false
}

func (c *Counter) count(e Event) {
	if !counted(e) {
		return
	}
	c.each(c.keys(e, e.AgentType), func(m *Measures) { m.take(e) })
	for _, mend := range e.Mended {
		keys := c.keys(e, e.AgentType)
		if c.figures.By == ByRule {
			keys = []string{mend.Rule}
		}
		c.each(keys, func(m *Measures) { m.mended(mend) })
	}
}

// take counts an event, without what it mends.
func (m *Measures) take(e Event) {
	switch e.Kind {
	case record.KindLaunch:
		m.Launches++
	case record.KindStop:
		m.stop(e)
	case record.KindDenial:
		count(&m.Denied, !e.Observed)
		count(&m.WouldDeny, e.Observed)
	case record.KindFact:
		count(&m.GateResults, e.Fact == gates.GateResult)
		m.Voided += len(e.Voided)
		count(&m.Overrides, e.Overridden)
		count(&m.Merged, e.Merged)
		count(&m.Closed, e.Closed)
	}
}

func (m *Measures) stop(e Event) {
	m.Stops++
	if m.Verdicts == nil {
		m.Verdicts = map[string]int{}
	}
	m.Verdicts[Known(e.Verdict)]++
	count(&m.SentBack, e.SentBack)
	count(&m.WouldSendBack, e.Observed)
	judged, right := FirstReport(e)
	count(&m.Reports, judged)
	count(&m.RightFirst, right)
	m.Claims += e.Claims
	m.Unproven += e.Unproven
	m.Artifacts += e.Artifacts
	m.Files += e.Files
	m.Bytes += e.Bytes
}

// FirstReport reports whether a stop is the first with a report that could be judged, and whether the report held. Work that is unfinished
// as reported holds.
func FirstReport(e Event) (judged, right bool) {
	if !e.First {
		return false, false
	}
	switch rule.Verdict(e.Verdict) {
	case rule.Verified, rule.Incomplete:
		return true, true
	case rule.Rejected, rule.Capped, rule.Violation:
		return true, false
	}
	return false, false
}

func (m *Measures) mended(mend Mend) {
	switch mend.In {
	case InReport:
		m.MendedReport++
	case InWork:
		m.MendedWork++
	case InBoth:
		m.MendedBoth++
	default:
		m.MendedUnknown++
	}
}

func count(n *int, is bool) {
	if is {
		*n++
	}
}

// time follows the clock of the event's task. What ends is counted if the event counts.
func (c *Counter) time(e Event, counts bool) {
	begins := e.Kind == record.KindLaunch && e.Role == string(launch.CodingRole) || e.Fact == gates.CoderStarted
	if e.Task == "" || e.Kind != record.KindFact && !begins {
		return
	}
	key := e.Repository + "\x00" + launch.TaskKey(e.Task)
	t := c.tasks[key]
	if t == nil {
		t = &clock{}
		c.tasks[key] = t
	}
	if begins && t.launched.IsZero() {
		t.launched, t.coder = e.At, e.AgentType
	}
	if e.Kind != record.KindFact || e.Unreadable {
		return
	}
	ended := func(from time.Time, of func(*Measures) *Durations) {
		if !from.IsZero() && counts {
			seconds := max(e.At.Sub(from).Seconds(), 0) // the clock may have been set back
			keys := c.keys(e, t.coder)
			c.each(keys, func(m *Measures) { d := of(m); d.all = append(d.all, seconds) })
		}
	}
	if e.Fact == gates.CoderStopped && e.Verdict == string(rule.Verified) && !t.verified {
		ended(t.launched, func(m *Measures) *Durations { return &m.ToVerified })
		t.verified = true
	}
	if e.Merged {
		ended(t.launched, func(m *Measures) *Durations { return &m.ToMerged })
	}
	if waits := e.WaitsFor == gates.Person; !waits {
		ended(t.waiting, func(m *Measures) *Durations { return &m.Waited })
		t.waiting = time.Time{}
	} else if t.waiting.IsZero() {
		t.waiting = e.At
	}
	if e.Merged || e.Closed {
		*t = clock{}
	}
}

// done sorts out the durations, and leaves no map nil.
func (m *Measures) done() Measures {
	if m.Verdicts == nil {
		m.Verdicts = map[string]int{}
	}
	for _, d := range []*Durations{&m.ToVerified, &m.ToMerged, &m.Waited} {
		slices.Sort(d.all)
		if d.Count = len(d.all); d.Count > 0 {
			d.Median, d.P90 = rank(d.all, 0.5), rank(d.all, 0.9)
		}
	}
	return *m
}

// rank returns the least of the sorted values that is not exceeded by that part of them, to the millisecond.
func rank(sorted []float64, part float64) float64 {
	i := int(math.Ceil(part*float64(len(sorted)))) - 1
	return math.Round(sorted[min(max(i, 0), len(sorted)-1)]*1000) / 1000
}

// ParseBy returns a grouping by its name. The error lists the names.
func ParseBy(s string) (By, error) {
	if by := By(s); by == ByNothing || slices.Contains(Groupings(), by) {
		return by, nil
	}
	names := quote.Each(Groupings(), func(by By) string { return string(by) })
	return "", fmt.Errorf("%q is not one of %s", s, strings.Join(names, ", "))
}

// Add adds what adds up, which is everything but the durations.
func (m *Measures) Add(o Measures) {
	if m.Verdicts == nil {
		m.Verdicts = map[string]int{}
	}
	for v, n := range o.Verdicts {
		m.Verdicts[v] += n
	}
	sum, more := reflect.ValueOf(m).Elem(), reflect.ValueOf(o)
	for i := range sum.NumField() {
		if sum.Field(i).CanInt() {
			sum.Field(i).SetInt(sum.Field(i).Int() + more.Field(i).Int())
		}
	}
}
