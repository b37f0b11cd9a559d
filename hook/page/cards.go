package page

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"stopgate/hook/figures"
	"stopgate/hook/gates"
	"stopgate/hook/quote"
	"stopgate/hook/view"
)

// cardView is a task that is under way.
type cardView struct {
	Task, Anchor, Repository, Phase, Who, Waits, Since, Ago, Command string

	// Yours: the task waits for the person.
	Yours bool
	Gates []legendView
	Tags  string
	Unix  int64
	since time.Time
}

// cardsOf returns the tasks that are not done: first those that wait for the person, each part with the longest wait first. open is their number in
// words.
func (p Page) cardsOf(tasks []*taskEvents) (cards []cardView, open string) {
	yours := 0
	for _, t := range tasks {
		if t.last == nil || t.last.Phase == "" || t.last.Phase == "done" {
			continue
		}
		c := p.cardOf(t)
		if cards = append(cards, c); c.Yours {
			yours++
		}
	}
	slices.SortStableFunc(cards, func(a, b cardView) int {
		if a.Yours != b.Yours {
			return cmp.Compare(truth(b.Yours), truth(a.Yours))
		}
		return a.since.Compare(b.since)
	})
	open = quote.Plural(len(cards), "task") + " under way"
	switch yours {
	case 0:
	case 1:
		open += ", 1 of them waits for you"
	default:
		open += ", " + number(yours).Text + " of them wait for you"
	}
	return cards, open
}

func truth(is bool) int {
	if is {
		return 1
	}
	return 0
}

func (p Page) cardOf(t *taskEvents) cardView {
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
	c := cardView{
		Task: word(t.name), Anchor: t.anchor(), Repository: word(t.repository), Phase: word(t.last.Phase), Yours: t.last.WaitsFor == gates.Person,
		Who: party(t.last.WaitsFor), Waits: waits(t.last.Waits), Since: when(since), Command: "stopgate explain --task " + word(t.name),
		Tags: t.tags(), Unix: t.active().Unix(), since: since,
	}
	if ago := p.Now.Sub(since); ago > 0 {
		c.Ago = figures.Span(ago.Seconds())
	}
	for _, g := range t.last.Gates {
		c.Gates = append(c.Gates, legend(classOf(g.Standing), word(g.Gate)+" "+word(strings.ReplaceAll(g.Standing, "-", " "))))
	}
	if strings.ContainsFunc(t.name, func(r rune) bool {
		return !strings.ContainsRune("-_./#", r) && !('0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z')
	}) || strings.HasPrefix(t.name, "-") {
		c.Command = "stopgate status" // a shell would take the name for something else
	}
	return c
}

// party describes for whom a task waits.
func party(waitsFor gates.Party) string {
	switch waitsFor {
	case gates.Person:
		return "Waits for you"
	case gates.Orchestrator:
		return "Waits for the orchestrator"
	case gates.Agents:
		return "Agents are at work"
	}
	return word(string(waitsFor))
}

// waits describes what an event's Waits asks for: an action, gates, and the reason in brackets. It is what stopgate status says.
func waits(text string) string {
	action, rest, _ := strings.Cut(text, " ")
	subject, why, _ := strings.Cut(rest, "(")
	owed := gates.Step{Action: gates.Action(action), Why: gates.Reason(strings.TrimSuffix(why, ")"))}
	if subject = strings.TrimSpace(subject); subject != "" {
		owed.Gates = strings.Split(subject, ", ")
	}
	return quote.Line(view.Waits(owed))
}
