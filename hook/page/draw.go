package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"stopgate/hook/figures"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
)

// A plotting library would bring fonts, rasters and styles of its own for what are rectangles and circles, so the page draws them itself.

type rectView struct {
	X, Y, W, H  float64
	Class, Text string
}

type labelView struct {
	X, Y float64
	Text string
}

type barsView struct {
	Width, Height, Base float64
	Unit                string
	Rects               []rectView
	Labels              []labelView
}

// classOf is the colour of a verdict.
func classOf(verdict string) string {
	switch verdict {
	case "verified", "passed", "pass":
		return "good"
	case "rejected", "capped", "violation", "failed", "fail":
		return "bad"
	case "incomplete", "declined", "unknown", "no-result", "none":
		return "warn"
	}
	return "calm"
}

// barsOf draws a bar for each group, with a part for each verdict; nil without stops.
func barsOf(groups []figures.Group, unit string) *barsView {
	most := 0
	for _, g := range groups {
		most = max(most, g.Stops)
	}
	if most == 0 {
		return nil
	}
	const width, base, tall = 900.0, 180.0, 160.0
	b := &barsView{Width: width, Height: 205, Base: base, Unit: unit, Labels: []labelView{{0, 12, fmt.Sprintf("at most %s", quote.Plural(most, "stop"))}}}
	each := width / float64(len(groups))
	for i, g := range groups {
		top := base
		for _, v := range figures.Verdicts() {
			n := g.Verdicts[v]
			if n == 0 {
				continue
			}
			h := tall * float64(n) / float64(most)
			top -= h
			b.Rects = append(b.Rects, rectView{
				round(float64(i) * each), round(top), round(max(each*0.8, 1)), round(h), classOf(v), fmt.Sprintf("%s: %d %s", word(g.Key), n, v),
			})
		}
	}
	b.Labels = append(b.Labels, labelView{0, 198, word(groups[0].Key)})
	if n := len(groups); n > 1 {
		b.Labels = append(b.Labels, labelView{width - 70, 198, word(groups[n-1].Key)})
	}
	return b
}

func round(x float64) float64 { return float64(int(x*10+0.5)) / 10 }

// cardView is a task that is under way.
type cardView struct {
	Task, Repository, Phase, WaitsFor, Waits, Since, Gates, Command string
	Tags                                                            string
	Unix                                                            int64
}

type taskView struct {
	ID, Task, Repository, Phase, Tags string
	Unix                              int64
	Line                              *lineView
	Rows                              []eventView
	Omitted                           int
}

type eventView struct {
	ID, When, Who, What string
	More                []string
}

type lineView struct {
	Width, Height, Right float64
	Lanes                []laneView
	Runs                 []runView
	Marks                []markView
}

type laneView struct {
	Y, TextY float64
	Name     string
}

type runView struct{ X1, X2, Y float64 }

type markView struct {
	X, Y                float64
	Target, Class, Text string
}

// taskEvents are the events of one task.
type taskEvents struct {
	repository, name string
	events           []figures.Event
	last             *figures.Event // the last fact
}

// byTask are the tasks with the newest activity first.
func byTask(events []figures.Event) []*taskEvents {
	index := map[string]*taskEvents{}
	var all []*taskEvents
	for i, e := range events {
		if e.Task == "" {
			continue
		}
		key := e.Repository + "\x00" + launch.TaskKey(e.Task)
		t := index[key]
		if t == nil {
			t = &taskEvents{repository: e.Repository, name: e.Task}
			index[key] = t
			all = append(all, t)
		}
		t.events = append(t.events, e)
		if e.Kind == "fact" && !e.Unreadable {
			t.name, t.last = e.Task, &events[i]
		}
	}
	slices.SortStableFunc(all, func(a, b *taskEvents) int { return b.active().Compare(a.active()) })
	return all
}

func (t *taskEvents) active() time.Time { return t.events[len(t.events)-1].At }

// tags are what the filter finds the task by, as JSON.
func (t *taskEvents) tags() string {
	tags := []string{}
	add := func(s string) {
		if s = cmp.Or(word(s), figures.Unnamed); !slices.Contains(tags, s) && len(tags) < 60 {
			tags = append(tags, s)
		}
	}
	for _, e := range t.events {
		if e.Agent != "" || e.AgentType != "" {
			add(launch.BaseName(e.AgentType))
		}
		if e.Kind == "stop" {
			add(figures.Known(e.Verdict))
		}
		for _, r := range e.Rules {
			add(r.Rule)
		}
	}
	return quote.JSON(tags)
}

// cardsOf are the tasks that are not done, and how many there are.
func cardsOf(events []figures.Event) (cards []cardView, count int) {
	for _, t := range byTask(events) {
		if t.last == nil || t.last.Phase == "" || t.last.Phase == "done" {
			continue
		}
		if count++; len(cards) == maxTasks {
			continue
		}
		since := t.last.At
		for _, e := range slices.Backward(t.events) {
			if e.Kind != "fact" || e.Unreadable {
				continue
			}
			if e.Phase != t.last.Phase || e.WaitsFor != t.last.WaitsFor || e.Waits != t.last.Waits {
				break
			}
			since = e.At
		}
		var standings []string
		for _, g := range t.last.Gates {
			standings = append(standings, word(g.Gate)+" "+g.Standing)
		}
		command := "stopgate explain --task " + word(t.name)
		if strings.ContainsFunc(t.name, func(r rune) bool {
			return !strings.ContainsRune("-_./#", r) && !('0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z')
		}) {
			command = "stopgate status" // a shell would take the name for something else
		}
		cards = append(cards, cardView{
			Task: word(t.name), Repository: word(t.repository), Phase: t.last.Phase, WaitsFor: t.last.WaitsFor, Waits: t.last.Waits, Since: when(since),
			Gates: strings.Join(standings, ", "), Command: command, Tags: t.tags(), Unix: t.active().Unix(),
		})
	}
	return cards, count
}

// tasks are those with the newest activity, and how many there are.
func (p Page) tasks(events []figures.Event) (views []taskView, count int) {
	for _, t := range byTask(events) {
		if t.active().Before(p.Since) {
			continue
		}
		if count++; len(views) == maxTasks {
			continue
		}
		v := taskView{ID: fmt.Sprintf("task-%d", count), Task: word(t.name), Repository: word(t.repository), Phase: "no facts", Tags: t.tags(), Unix: t.active().Unix()}
		if t.last != nil {
			v.Phase = cmp.Or(t.last.Phase, v.Phase)
		}
		shown := slices.DeleteFunc(slices.Clone(t.events), func(e figures.Event) bool { return what(e) == "" })
		v.Omitted = max(0, len(shown)-maxMarks)
		shown = shown[v.Omitted:]
		for i, e := range shown {
			row := eventView{ID: fmt.Sprintf("%s-%d", v.ID, i+1), When: when(e.At), Who: who(e), What: what(e)}
			row.More = more(e)
			v.Rows = append(v.Rows, row)
		}
		v.Line = timeline(v.ID, shown)
		views = append(views, v)
	}
	return views, count
}

// who is the lane of an event.
func who(e figures.Event) string {
	switch {
	case e.Gate != "":
		return "gate " + word(e.Gate)
	case strings.HasPrefix(e.Fact, "person-") || strings.HasPrefix(e.Fact, "prompt-") || strings.HasPrefix(e.Fact, "merge-") || e.Fact == "closed":
		return "the person"
	case e.AgentType == "" && e.Agent == "":
		return "the session"
	}
	id := word(e.Agent)
	return strings.TrimSpace(word(launch.BaseName(e.AgentType)) + " " + id[:min(len(id), quote.ShortID)])
}

// what is an event in few words; "" for what a timeline does not show.
func what(e figures.Event) string {
	var words string
	switch {
	case e.Unreadable:
		return "a " + word(e.Kind) + " record that cannot be read"
	case e.Kind == "stop":
		words = "stops: " + word(e.Verdict)
		if e.SentBack {
			words += ", sent back"
		} else if e.Observed {
			words += ", would be sent back"
		}
		for _, m := range e.Mended {
			words += ", " + word(m.Rule) + " mended (" + string(m.In) + ")"
		}
	case e.Kind == "start":
		return "starts work"
	case e.Kind == "launch":
		return strings.TrimSpace("launched " + word(e.Role))
	case e.Kind == "denial":
		words = "refused: " + word(e.Tool)
		if e.Observed {
			words = "would be refused: " + word(e.Tool)
		}
	case e.Kind == "git":
		return "git " + word(e.Outcome)
	case e.Fact == "tree-seen" && len(e.Voided) == 0, e.Fact == "coder-stopped", e.Kind != "fact":
		return ""
	default:
		words = strings.TrimSpace(strings.ReplaceAll(e.Fact, "-", " ") + " " + word(e.Outcome))
	}
	for _, gate := range e.Voided {
		words += ", pass of " + word(gate) + " made void"
	}
	switch {
	case e.Overridden:
		words += ", to be merged with something open"
	case e.Merged:
		words += ", merged"
	}
	for _, r := range e.Rules {
		words += ", " + word(r.Rule)
	}
	return quote.Clip(words, 300)
}

// more is what is known beside it: the files of findings, and the words of others if they were asked for.
func more(e figures.Event) (lines []string) {
	for _, r := range e.Rules {
		if r.Path != "" {
			lines = append(lines, fmt.Sprintf("%s (%d, %s): %s", word(r.Rule), r.Count, word(r.Severity), r.Path))
		}
	}
	lines = append(lines, e.Findings...)
	lines = append(lines, e.Words...)
	for _, text := range []string{string(e.Report), e.Message} {
		if text != "" {
			lines = append(lines, quote.Line(quote.Clip(text, 2000)))
		}
	}
	return lines[:min(len(lines), 30)]
}

// timeline draws events in lanes, a lane for whoever acts; nil for none.
func timeline(id string, events []figures.Event) *lineView {
	if len(events) == 0 {
		return nil
	}
	first, last := events[0].At, events[0].At
	for _, e := range events {
		if e.At.Before(first) {
			first = e.At
		}
		if e.At.After(last) {
			last = e.At
		}
	}
	const left, right, step = 160.0, 880.0, 26.0
	x := func(at time.Time) float64 {
		if !last.After(first) {
			return left
		}
		return round(left + (right-left)*float64(at.Sub(first))/float64(last.Sub(first)))
	}
	l := &lineView{Width: right + 20, Right: right}
	lanes, began := map[string]float64{}, map[string]time.Time{}
	for i, e := range events {
		lane := who(e)
		y, known := lanes[lane]
		if !known {
			if len(lanes) == maxLanes {
				lane = "others"
				y, known = lanes[lane]
			}
			if !known {
				y = 16 + step*float64(len(lanes))
				lanes[lane] = y
				l.Lanes = append(l.Lanes, laneView{y, y + 4, quote.Clip(lane, 24)})
			}
		}
		switch from, at := began[lane]; {
		case e.Kind == "start" || e.Fact == "gate-launched":
			began[lane] = e.At
		case at && (e.Kind == "stop" || e.Fact == "gate-result"):
			l.Runs = append(l.Runs, runView{x(from), x(e.At), y})
			if delete(began, lane); e.SentBack {
				began[lane] = e.At
			}
		}
		class := classOf(cmp.Or(e.Outcome, e.Verdict))
		if e.Kind == "denial" {
			class = "bad"
		}
		l.Marks = append(l.Marks, markView{x(e.At), y, fmt.Sprintf("%s-%d", id, i+1), class, when(e.At) + " " + lane + ": " + what(e)})
	}
	l.Height = 16 + step*float64(len(lanes))
	return l
}
