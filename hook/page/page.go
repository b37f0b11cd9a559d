// Package page draws the figures of journals as one HTML page that needs nothing else: no network, no other file. It is pure.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"
	"time"

	"stopgate/hook/figures"
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
	maxStops     = 10_000    // in the list of stops; figures count all
	maxNames     = 500       // repositories, agents, tasks or rules that the list names; others are "…"
	maxTasks     = 2_000     // with a view of their own
	maxTaskBytes = 2_500_000 // of those
	maxMarks     = 200       // events of one task
	maxCards     = 60        // tasks under way
	maxRows      = 200       // of a table
	maxLanes     = 14        // of a timeline
	maxBars      = 92        // days in a plot; more are months
	maxWord      = 80        // characters of a name on the page
	maxWhat      = 300       // characters of what happened
)

// Page is the input for a page.
type Page struct {
	// Events are from one or several journals, each in its order.
	Events []figures.Event
	// Since is the moment from which events count; the zero time for all.
	Since time.Time
	// Damaged counts the lines of the journals that are no records.
	Damaged int
	// Now is when the page is made.
	Now time.Time
	// State is a short fingerprint of the input, for a page that is served: the page asks the server at "wait?at=STATE" for another state, and is
	// reloaded when there is one. With "" the page does not ask.
	State string
}

// cellView is a cell of a table: its text, what it is sorted by, and a bar that shows its parts.
type cellView struct {
	Text   string
	Number float64
	Bars   []shareView
}

type tableView struct {
	Caption string
	Head    []string
	Rows    [][]cellView
	Omitted int
}

// HTML returns the page.
func (p Page) HTML() ([]byte, error) {
	events := figures.Once(p.Events)
	by := figures.CountEach(events, p.Since, append(figures.Groupings(), figures.ByNothing)...)
	total, days := by[figures.ByNothing], by[figures.ByDay]
	unit := "day"
	if len(days.Groups) > maxBars {
		unit, days.Groups = "month", byMonth(days.Groups)
	}
	tasks := byTask(events)
	cards, open := p.cardsOf(tasks)
	shown, omitted := quote.First(cards, maxCards)
	data, n := p.data(events, tasks, days.Groups, shown)
	rules := by[figures.ByRule].Groups
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
	var b bytes.Buffer
	t, err := template.New("page").Parse(pageHTML)
	if err == nil {
		err = t.Execute(&b, map[string]any{
			"Policy": policy(js, p.State != ""), "State": p.State, "CSS": template.CSS(pageCSS), "JS": template.JS(js), "Data": data, //nolint:gosec // they are the program's own
			"Title": "the gate in " + word(onlyRepository(events)), "Made": when(p.Now), "Since": since, "Damaged": damaged, "Records": quote.Plural(len(events), "record"),
			"Cards": shown, "CardsOmitted": omitted, "Open": open, "Tiles": tiles(total), "Total": totalTable(total), "Observed": observed(total.Total, rules),
			"Unit": unit, "Bars": barsOf(days.Groups, unit), "ByTime": groupTable("Stops by "+unit, unit, days.Groups),
			"ByAgent": groupTable("By the agent's type", "agent", by[figures.ByAgent].Groups), "ByRule": ruleTable(rules),
			"ByRepository": groupTable("By repository", "repository", by[figures.ByRepository].Groups),
			"TasksCaption": newest(n.tasks, n.ofTasks, "task", "and those of the cards"), "StopsCaption": newest(n.stops, n.ofStops, "stop", ""),
		})
	}
	if err != nil {
		return nil, fmt.Errorf("drawing the page: %w", err)
	}
	return b.Bytes(), nil
}

// newest returns how many there are in a list that may not have all. besides names what else it has.
func newest(listed, all int, noun, besides string) string {
	if listed == all {
		return quote.Plural(all, noun)
	}
	return strings.TrimSpace(fmt.Sprintf("The newest %d of %s", listed, quote.Plural(all, noun))+" "+besides) + ". The figures above count all."
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
	seen := quote.Set(quote.Each(events, func(e figures.Event) string { return e.Repository }))
	if len(seen) == 1 {
		return events[0].Repository
	}
	return fmt.Sprintf("%d repositories", len(seen))
}

func word(s string) string { return quote.Line(quote.Clip(s, maxWord)) }

func when(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05Z") }
