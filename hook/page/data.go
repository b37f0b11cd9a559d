package page

import (
	"cmp"
	"fmt"
	"slices"

	"stopgate/hook/figures"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
)

// dataView is the data for the page's script. Names and sentences are in lists, and rows have their indices.
type dataView struct {
	Repositories []string  `json:"repositories"`
	Agents       []string  `json:"agents"`
	TasksNamed   []string  `json:"tasks_named"`
	Verdicts     []string  `json:"verdicts"`
	Rules        []string  `json:"rules"`
	Words        []string  `json:"words"`
	Stops        []stopRow `json:"stops"`
	Tasks        []taskRow `json:"tasks"`
	Plot         plotView  `json:"plot"`
	// Shapes are the shapes of marks, by class. Lanes is the maximum number of lanes in a timeline.
	Shapes map[string]string `json:"shapes"`
	Lanes  int               `json:"lanes"`
}

// stopRow is a stop: Unix seconds, then indices of the repository, the agent, the task and the verdict, flags, the indices of its rules, and
// the anchor of its event in the view of its task.
type stopRow [8]any

// The flags of a stop.
const (
	flagSentBack = 1 << iota
	flagWouldBe
	flagJudged
	flagRight
)

// taskRow is a task: its anchor, name, repository and phase, Unix seconds of its last activity, how many stops it has and after how many
// the agent was sent back, the indices of its agents, verdicts and rules, its events, and how many earlier events are left out.
type taskRow [12]any

// eventRow is an event of a task: Unix seconds, who acts, the class of its mark, what happened, more about it, what it is for the line of the
// agent's run (1 begins it, 2 ends it, 3 does both), and its anchor.
type eventRow [7]any

// plotView is the data for drawing the plot again for a part of the stops.
type plotView struct {
	Width   float64           `json:"width"`
	Base    float64           `json:"base"`
	Tall    float64           `json:"tall"`
	Keys    []string          `json:"keys"`
	Order   []string          `json:"order"`
	Classes map[string]string `json:"classes"`
}

// names gives each name an index.
type names struct {
	list  []string
	index map[string]int
	most  int // others are "…"
}

func (n *names) of(s string) int { return n.exactly(cmp.Or(word(s), figures.Unnamed)) }

func (n *names) exactly(s string) int {
	if n.most > 0 && len(n.list) >= n.most {
		if _, known := n.index[s]; !known {
			s = "…"
		}
	}
	i, ok := n.index[s]
	if !ok {
		if n.index == nil {
			n.index = map[string]int{}
		}
		i = len(n.list)
		n.index[s], n.list = i, append(n.list, s)
	}
	return i
}

// lists are the names and words that the rows refer to.
type lists struct{ repositories, agents, tasks, verdicts, rules, words names }

func newLists() *lists {
	few := names{most: maxNames}
	return &lists{few, few, few, few, few, names{}}
}

func (l *lists) rulesOf(e *figures.Event) []int {
	broken := []int{}
	for _, r := range e.Rules {
		if i := l.rules.of(r.Rule); !slices.Contains(broken, i) {
			broken = append(broken, i)
		}
	}
	return broken
}

// listed counts what the page lists, and what there is.
type listed struct{ stops, ofStops, tasks, ofTasks int }

// data returns the script's data for the events.
func (p Page) data(events []figures.Event, tasks []*taskEvents, groups []figures.Group, cards []cardView) (dataView, listed) {
	l := newLists()
	var n listed
	d := dataView{Shapes: shapes, Lanes: maxLanes, Plot: plotView{Width: plotWidth, Base: plotBase, Tall: plotTall, Keys: []string{}, Order: plotOrder(), Classes: map[string]string{}}}
	for _, g := range groups {
		d.Plot.Keys = append(d.Plot.Keys, g.Key)
	}
	for _, v := range plotOrder() {
		d.Plot.Classes[v] = classOf(v)
	}
	d.Stops, n.ofStops = p.stops(l, events)
	d.Tasks, n.ofTasks = p.tasks(l, tasks, cards)
	n.stops, n.tasks = len(d.Stops), len(d.Tasks)
	some := func(n names) []string { return append([]string{}, n.list...) }
	d.Repositories, d.Agents, d.TasksNamed, d.Verdicts, d.Rules, d.Words = some(l.repositories), some(l.agents), some(l.tasks), some(l.verdicts), some(l.rules), some(l.words)
	return d, n
}

// stops returns the newest stops, and how many there are.
func (p Page) stops(l *lists, events []figures.Event) (rows []stopRow, count int) {
	var all []*figures.Event
	for i := range events {
		if e := &events[i]; e.Kind == "stop" && !e.Unreadable && !e.At.Before(p.Since) {
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b *figures.Event) int { return b.At.Compare(a.At) })
	count = len(all)
	rows = []stopRow{}
	for _, e := range all[:min(count, maxStops)] {
		flags := 0
		if e.SentBack {
			flags |= flagSentBack
		} else if e.Observed {
			flags |= flagWouldBe
		}
		if judged, right := figures.FirstReport(*e); right {
			flags |= flagJudged | flagRight
		} else if judged {
			flags |= flagJudged
		}
		rows = append(rows, stopRow{
			e.At.Unix(), l.repositories.of(e.Repository), l.agents.of(launch.BaseName(e.AgentType)), l.tasks.of(e.Task), l.verdicts.of(figures.Known(e.Verdict)),
			flags, l.rulesOf(e), anchorOf(e),
		})
	}
	return rows, count
}

// tasks returns the tasks of the cards and those with the newest activity, as many as fit, and their number. The newest is first, as in known.
func (p Page) tasks(l *lists, known []*taskEvents, cards []cardView) (rows []taskRow, count int) {
	first := quote.Set(quote.Each(cards, func(c cardView) string { return c.Anchor }))
	all := slices.DeleteFunc(slices.Clone(known), func(t *taskEvents) bool { return t.active().Before(p.Since) && !first[t.anchor()] })
	count = len(all)
	slices.SortStableFunc(all, func(a, b *taskEvents) int { return cmp.Compare(truth(first[b.anchor()]), truth(first[a.anchor()])) })
	shown := all
	size := 0
	for i, t := range all {
		if i == maxTasks || size > maxTaskBytes {
			shown = all[:i]
			break
		}
		before := len(l.words.list)
		t.view = t.row(l)
		for _, text := range l.words.list[before:] {
			size += len(text)
		}
		size += len(quote.JSON(t.view))
	}
	slices.SortStableFunc(shown, func(a, b *taskEvents) int { return b.active().Compare(a.active()) })
	rows = []taskRow{}
	for _, t := range shown {
		rows = append(rows, t.view)
	}
	return rows, count
}

// row returns the task as the script reads it.
func (t *taskEvents) row(l *lists) taskRow {
	agents, verdicts, rules := []int{}, []int{}, []int{}
	add := func(to *[]int, i int) {
		if !slices.Contains(*to, i) {
			*to = append(*to, i)
		}
	}
	stops, back := 0, 0
	for _, e := range t.events {
		if e.Agent != "" || e.AgentType != "" {
			add(&agents, l.agents.of(launch.BaseName(e.AgentType)))
		}
		if e.Kind == "stop" && !e.Unreadable {
			stops, back = stops+1, back+truth(e.SentBack)
			add(&verdicts, l.verdicts.of(figures.Known(e.Verdict)))
		}
		for _, i := range l.rulesOf(e) {
			add(&rules, i)
		}
	}
	marks := t.marks()
	omitted := max(0, len(marks)-maxMarks)
	shown := []eventRow{}
	for _, m := range marks[omitted:] {
		shown = append(shown, m.row(l))
	}
	phase := "no facts"
	if t.last != nil {
		phase = cmp.Or(word(t.last.Phase), phase)
	}
	return taskRow{
		t.anchor(), word(t.name), l.repositories.of(t.repository), phase, t.active().Unix(), stops, back, agents, verdicts, rules, shown, omitted,
	}
}

// mark is an event in the view of a task.
type mark struct {
	*figures.Event
	who, what string
	run       int
}

// marks returns the events of the task that its view shows, in order. What a fact adds to the stop that it is of, the stop shows.
func (t *taskEvents) marks() (marks []mark) {
	gateOf, stopOf := map[string]string{}, map[string]int{}
	for _, e := range t.events {
		if e.Gate != "" && e.Agent != "" {
			gateOf[e.Agent] = e.Gate
		}
	}
	working := map[string]bool{}
	for _, e := range t.events {
		if i, ok := stopOf[e.Agent]; ok && e.Agent != "" && (e.Fact == gates.GateResult || e.Fact == gates.BranchManagerDone) {
			marks[i].what = quote.Clip(marks[i].what+effects(e), maxWhat)
			delete(stopOf, e.Agent)
			continue
		}
		m := mark{Event: e, who: who(e, gateOf), what: what(e)}
		if m.what == "" {
			continue
		}
		switch {
		case e.Kind == "start" || e.Fact == gates.GateLaunched || e.Fact == gates.BranchManagerLaunched:
			m.run = 1
		case e.Kind == "stop" && e.SentBack:
			m.run = 3
		case e.Kind == "stop" || e.Fact == gates.GateResult || e.Fact == gates.BranchManagerDone:
			m.run = 2
		}
		if e.Fact == gates.CoderStarted && working[m.who] { // its start is recorded already
			continue
		}
		working[m.who] = m.run == 1 || m.run == 3 || m.run == 0 && working[m.who]
		if e.Kind == "stop" {
			stopOf[e.Agent] = len(marks)
		}
		marks = append(marks, m)
	}
	return marks
}

func (m mark) row(l *lists) eventRow {
	class := classOf(cmp.Or(m.Outcome, m.Verdict))
	if m.Kind == "denial" {
		class = "bad"
	}
	further := []int{}
	for _, line := range more(m.Event) {
		further = append(further, l.words.exactly(line))
	}
	return eventRow{
		m.At.Unix(), l.words.exactly(m.who), slices.Index([]string{"calm", "good", "bad", "warn"}, class), l.words.exactly(m.what), further, m.run, anchorOf(m.Event),
	}
}

// anchorOf returns where on the page an event is, on every page that has it.
func anchorOf(e *figures.Event) string { return "e-" + quote.Digest(e.ID)[:anchorLength] }

func (t *taskEvents) anchor() string {
	return "t-" + quote.Digest(t.repository, launch.TaskKey(t.name))[:anchorLength]
}

const anchorLength = 12

func number(n int) cellView { return cellView{Text: fmt.Sprint(n), Number: float64(n)} }
