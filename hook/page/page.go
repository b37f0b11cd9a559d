// Package page draws the figures of journals as one HTML page that needs nothing else: no network, no other file. It is pure.
package page

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"stopgate/hook/figures"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

//go:embed live.js
var liveJS string

// Bounds on the page, so that it stays below 5 MB. What is left out is counted on the page.
const (
	maxStops = 10_000 // in the list of stops; figures count all
	maxNames = 500    // repositories, agents, tasks or rules that the list names; others are "…"
	maxTasks = 40     // with a timeline, and as many cards
	maxMarks = 60     // events of one task
	maxRows  = 200    // of a table
	maxLanes = 12     // of a timeline
	maxBars  = 92     // days in a plot; more are months
	maxWord  = 80     // characters of a name on the page
)

// Page is what a page is made from.
type Page struct {
	// Events are those of one or several journals, each in its order.
	Events []figures.Event
	// Since is the moment from which events count; the zero time for all.
	Since time.Time
	// Damaged counts the lines of the journals that are no records.
	Damaged int
	// Now is when the page is made.
	Now time.Time
	// State is what the page was made from, in few characters, for a page that is served: it asks the server at "wait?at=STATE" for another
	// state, and is loaded again when there is one. A page with "" stands alone.
	State string
}

type cellView struct {
	Text   string
	Number float64
}

type tableView struct {
	Caption string
	Head    []string
	Rows    [][]cellView
	Omitted int
}

// stopRow is a stop as the page's script reads it: Unix seconds, then indices of the repository, the agent, the task and the verdict, then 1
// for sent back or 2 for would be sent back, then the indices of its rules.
type stopRow [7]any

type dataView struct {
	Repositories []string  `json:"repositories"`
	Agents       []string  `json:"agents"`
	Tasks        []string  `json:"tasks"`
	Verdicts     []string  `json:"verdicts"`
	Rules        []string  `json:"rules"`
	Stops        []stopRow `json:"stops"`
}

// HTML is the page.
func (p Page) HTML() ([]byte, error) {
	events := figures.Once(p.Events)
	counted := func(by figures.By) figures.Figures { return figures.Count(events, by, p.Since) }
	total, days := counted(figures.ByNothing), counted(figures.ByDay)
	unit := "day"
	if len(days.Groups) > maxBars {
		unit, days.Groups = "month", byMonth(days.Groups)
	}
	data, listed, stops := p.data(events)
	tasks, taskCount := p.tasks(events)
	cards, cardCount := cardsOf(events)
	caption := fmt.Sprintf("The newest %d of %s", listed, quote.Plural(stops, "stop"))
	if listed == stops {
		caption = quote.Plural(stops, "stop")
	}
	since := ""
	if !p.Since.IsZero() {
		since = when(p.Since)
	}
	damaged := ""
	if p.Damaged > 0 {
		damaged = quote.Plural(p.Damaged, "line")
	}
	js := pageJS
	if p.State != "" {
		js += liveJS
	}
	title := "the gate in " + word(onlyRepository(events))
	var b bytes.Buffer
	t, err := template.New("page").Parse(pageHTML)
	if err == nil {
		err = t.Execute(&b, map[string]any{
			"Policy": policy(js, p.State != ""), "State": p.State, "CSS": template.CSS(pageCSS), "JS": template.JS(js), "Data": data, //nolint:gosec // they are the program's own
			"Title": title, "Made": when(p.Now), "Since": since, "Damaged": damaged, "Records": quote.Plural(len(events), "record"),
			"Cards": cards, "CardsOmitted": cardCount - len(cards), "Tasks": tasks, "TasksOmitted": taskCount - len(tasks), "StopsCaption": caption,
			"Total": totalTable(total), "Bars": barsOf(days.Groups, unit), "ByTime": groupTable("Stops by "+unit, unit, days.Groups),
			"ByAgent": groupTable("By the agent's type", "agent", counted(figures.ByAgent).Groups), "ByRule": groupTable("By rule: stops and calls with a finding of it", "rule", counted(figures.ByRule).Groups),
			"ByRepository": groupTable("By repository", "repository", counted(figures.ByRepository).Groups),
		})
	}
	if err != nil {
		return nil, fmt.Errorf("drawing the page: %w", err)
	}
	return b.Bytes(), nil
}

// policy lets the browser use the page's own style and script, and nothing else. A page that is served may ask its server, too.
func policy(js string, served bool) string {
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	policy := "default-src 'none'; style-src " + hash(pageCSS) + "; script-src " + hash(js) + "; base-uri 'none'; form-action 'none'"
	if served {
		policy += "; connect-src 'self'"
	}
	return policy
}

func onlyRepository(events []figures.Event) string {
	seen := map[string]bool{}
	for _, e := range events {
		seen[e.Repository] = true
	}
	if len(seen) == 1 {
		return events[0].Repository
	}
	return fmt.Sprintf("%d repositories", len(seen))
}

func word(s string) string { return quote.Line(quote.Clip(s, maxWord)) }

func when(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05Z") }

// names gives each name an index.
type names struct {
	list  []string
	index map[string]int
}

func (n *names) of(s string) int {
	s = cmp.Or(word(s), figures.Unnamed)
	if len(n.list) >= maxNames {
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

// data is the list of the newest stops, and how many there are.
func (p Page) data(events []figures.Event) (d dataView, listed, stops int) {
	var repositories, agents, tasks, verdicts, rules names
	var all []figures.Event
	for _, e := range events {
		if e.Kind == "stop" && !e.Unreadable && !e.At.Before(p.Since) {
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, func(a, b figures.Event) int { return b.At.Compare(a.At) })
	stops = len(all)
	all = all[:min(stops, maxStops)]
	d = dataView{Stops: []stopRow{}}
	for _, e := range all {
		broken := []int{}
		for _, r := range e.Rules {
			if i := rules.of(r.Rule); !slices.Contains(broken, i) {
				broken = append(broken, i)
			}
		}
		back := 0
		if e.SentBack {
			back = 1
		} else if e.Observed {
			back = 2
		}
		d.Stops = append(d.Stops, stopRow{
			e.At.Unix(), repositories.of(e.Repository), agents.of(launch.BaseName(e.AgentType)), tasks.of(e.Task), verdicts.of(figures.Known(e.Verdict)), back, broken,
		})
	}
	some := func(n names) []string { return append([]string{}, n.list...) }
	d.Repositories, d.Agents, d.Tasks, d.Verdicts, d.Rules = some(repositories), some(agents), some(tasks), some(verdicts), some(rules)
	return d, len(all), stops
}

func number(n int) cellView { return cellView{strconv.Itoa(n), float64(n)} }

func totalTable(f figures.Figures) tableView {
	t := tableView{Caption: "Everything that counts", Head: []string{"figure", "value"}}
	for _, l := range f.Total.Lines() {
		t.Rows = append(t.Rows, []cellView{{Text: strings.TrimSpace(l.Name)}, {Text: l.Value}})
	}
	return t
}

func groupTable(caption, key string, groups []figures.Group) tableView {
	t := tableView{Caption: caption, Head: []string{
		key, "stops", "verified", "right first", "sent back", "mended in the report", "in the work", "in both", "refused", "no evidence", "would block", "removed", "merged", "overrides",
	}}
	shown, omitted := quote.First(groups, maxRows)
	t.Omitted = omitted
	for _, g := range shown {
		right := cellView{Text: figures.Rate(g.RightFirst, g.Reports), Number: -1}
		if g.Reports > 0 {
			right.Number = float64(g.RightFirst) / float64(g.Reports)
		}
		t.Rows = append(t.Rows, []cellView{
			{Text: word(g.Key)},
			number(g.Stops), number(g.Verdicts["verified"]), right, number(g.SentBack), number(g.MendedReport), number(g.MendedWork), number(g.MendedBoth),
			number(g.Denied), number(g.Unproven), number(g.WouldSendBack + g.WouldDeny),
			{Text: figures.Size(g.Bytes), Number: float64(g.Bytes)},
			number(g.Merged), number(g.Overrides),
		})
	}
	return t
}

// byMonth adds days up, with the stops by verdict and what else adds up.
func byMonth(days []figures.Group) []figures.Group {
	var months []figures.Group
	for _, d := range days {
		month := d.Key[:min(7, len(d.Key))]
		if n := len(months); n == 0 || months[n-1].Key != month {
			months = append(months, figures.Group{Key: month})
		}
		months[len(months)-1].Add(d.Measures)
	}
	if n := len(months); n > maxBars {
		return months[n-maxBars:]
	}
	return months
}
