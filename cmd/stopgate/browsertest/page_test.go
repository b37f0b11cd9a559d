//go:build linux

package browsertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"stopgate/hook/figures"
	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/page"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
)

// TestMonth reads one page of a month as a person does. Each part begins where the previous ones left the page.
func TestMonth(t *testing.T) {
	s := get(t)
	address := drawn(t, page.Page{Events: s.events, Now: s.month.Now()})
	b := s.open(t, address, screen{width: 1440})
	for _, part := range []struct {
		name string
		run  func(*tab, *suite)
	}{{"screens", screensOf}, {"print", printed}, {"filter", filtered}, {"sort", sorted}, {"keyboard", byKeyboard}} {
		t.Run(part.name, func(t *testing.T) {
			b.t = t
			b.look(screen{width: 1440})
			part.run(b, s)
		})
	}
	b.t = t
	b.quiet(address)
}

// screensOf: on every screen the page fits the width, can be read, and has nothing that axe-core objects to, also while a task is open.
func screensOf(b *tab, _ *suite) {
	// So checks of one scheme's layout, or of one width's colours, hold for the others.
	if mixed := js[[]string](b, `Array.from(document.styleSheets[0].cssRules).filter(function (r) { return r.media && !r.media.mediaText.includes("print"); }).flatMap(function (r) {
		var scheme = r.media.mediaText.includes("scheme");
		return Array.from(r.cssRules).flatMap(function (rule) { return Array.from(rule.style); }).filter(function (name) { return scheme !== name.startsWith("--") || /colou?r|background/.test(name); });
	})`); len(mixed) > 0 {
		b.t.Errorf("a scheme changes more than the colours, or a width changes them: %q", mixed)
	}
	for _, on := range []screen{{width: 1440}, {width: 1440, dark: true}, {width: 360}, {width: 360, dark: true}} {
		checks := map[screen]string{{width: 1440}: everything, {width: 1440, dark: true}: colours, {width: 360}: layout, {width: 360, dark: true}: layout}[on]
		b.look(on)
		b.shot("now-"+on.String(), "h1")
		b.shot("figures-"+on.String(), "#figures")
		b.shot("agents-"+on.String(), "#agents")
		b.click("#now ~ .cards h3 a")
		b.holds("a card leads to its task", `!document.getElementById("task").hidden && document.querySelectorAll("#timeline a").length > 2`)
		if *screens != "" {
			js[bool](b, `(location.hash = JSON.parse(document.getElementById("data").textContent).tasks.find(function (t) { return t[6] > 1 && t[3] === "done"; })[0], true)`)
			b.holds("the other task is open", `document.getElementById("task-state").textContent.includes("done")`)
			js[bool](b, `(document.querySelectorAll("#timeline a")[3].focus(), true)`)
		}
		b.shot("task-"+on.String(), "#tasks")
		if wide := js[int](b, `document.documentElement.scrollWidth`); wide > int(on.width) {
			b.t.Errorf("%s: the page is %d wide", on, wide)
		}
		if small := js[[]string](b, tooSmall); len(small) > 0 {
			b.t.Errorf("%s: too small to read: %q", on, small)
		}
		b.accessible(on.String(), checks)
		b.click("#task-close")
	}
}

// printed: on paper, whatever the screen's colours are, there is dark text on white, nothing that one could only click, every heading, every
// figure of the tables, and nothing that is cut off.
func printed(b *tab, _ *suite) {
	const paper = 718 // A4 with the margins of Chromium, at 96 to the inch
	b.click("#now ~ .cards h3 a")
	b.look(screen{width: paper, dark: true, print: true})
	for what, list := range js[map[string][]string](b, `(function () {
		var seen = function (e) { return e.getClientRects().length > 0; }, named = function (e) { return e.tagName + "#" + e.id + "." + e.className + " " + e.textContent.slice(0, 60); };
		var all = function (selector, bad) { return Array.from(document.querySelectorAll(selector)).filter(bad).slice(0, 5).map(named); };
		var light = function (colour) { var c = colour.match(/[\d.]+/g).map(Number); return c.length > 3 && c[3] === 0 || (c[0] + c[1] + c[2]) / 3 > 200; };
		return {
			"can only be clicked": all("form, form *, nav, nav *, .pager, .pager *, body button", function (e) { return seen(e) && !e.closest("th"); }),
			"looks as if it could be clicked": all("th button", function (e) { return getComputedStyle(e).textDecorationLine !== "none"; }),
			"a heading without text": all("thead th", function (e) { return !seen(e) || !e.innerText.trim(); }),
			"not printed": all("table, td, dd, h1, h2, figure", function (e) { return !seen(e) && !e.closest("[hidden]") || e.checkVisibility && !e.closest("[hidden]") && !e.checkVisibility({contentVisibilityAuto: true}); }),
			"dark behind the text": all("body, body *", function (e) { return !(e instanceof SVGElement) && seen(e) && !light(getComputedStyle(e).backgroundColor); }),
			"light text": all("body *", function (e) { return !(e instanceof SVGElement) && seen(e) && e.textContent.trim() && light(getComputedStyle(e).color); }),
			"cut off": all("body *", function (e) { return seen(e) && e.getBoundingClientRect().right > `+fmt.Sprint(paper)+` + 1; }),
			"too small": all("td, th, p, dd, dt, li", function (e) { return seen(e) && parseFloat(getComputedStyle(e).fontSize) < 9; })
		};
	})()`) {
		if len(list) > 0 {
			b.t.Errorf("printed: %s: %q", what, list)
		}
	}
	b.look(screen{width: 1440})
	b.click("#task-close")
}

// tooSmall are the texts that are shown smaller than 11 pixels.
const tooSmall = `Array.from(document.querySelectorAll("body *")).filter(function (e) {
	return e.textContent.trim() && e.children.length === 0 && e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 11;
}).map(function (e) { return e.textContent.slice(0, 80); })`

// filtered: the filter narrows the stops, the tasks, the cards and the plot, shows how many are left, and can be removed.
func filtered(b *tab, s *suite) {
	repository := s.events[0].Repository
	var stops, rejected, since int
	day := s.month.Begin.Add(20 * 24 * time.Hour).Truncate(24 * time.Hour)
	for _, e := range s.events {
		if e.Kind == "stop" && e.Repository == repository {
			stops++
			if e.Verdict == "rejected" {
				if rejected++; !e.At.Before(day) {
					since++
				}
			}
		}
	}
	matches := `document.getElementById("matches").textContent`
	bars := js[int](b, `document.querySelectorAll("#bars-parts rect").length`)
	b.choose("f-repository", repository)
	b.holds("the stops of one repository", fmt.Sprintf(`%s.startsWith("%d of ")`, matches, stops))
	b.choose("f-verdict", "rejected")
	b.holds("and of one verdict", fmt.Sprintf(`%s.includes("of ") && %s.includes(": %d rejected.")`, matches, matches, rejected))
	b.holds("the list has them", fmt.Sprintf(`document.querySelector("#stops").parentNode.nextElementSibling.textContent.includes(" of %d.")`, rejected))
	b.holds("nothing else is in the list", fmt.Sprintf(`Array.from(document.querySelectorAll("#stops tbody tr")).every(function (r) { return r.cells[1].textContent === %q && r.cells[4].textContent === "rejected"; })`, repository))
	b.holds("the tasks are of that repository", fmt.Sprintf(`document.querySelectorAll("#task-list tbody tr").length > 0 && Array.from(document.querySelectorAll("#task-list tbody tr")).every(function (r) { return r.cells[1].textContent === %q; })`, repository))
	b.holds("so are the cards", fmt.Sprintf(`Array.from(document.querySelectorAll(".cards > li")).every(function (c) { return c.hidden || c.dataset.repository === %q; })`, repository))
	if n := js[int](b, `document.querySelectorAll("#bars-parts rect").length`); n == 0 || n >= bars {
		b.t.Errorf("the plot has %d parts, and had %d", n, bars)
	}
	js[bool](b, fmt.Sprintf(`(function () { var f = document.getElementById("f-since"); f.value = %q; f.dispatchEvent(new Event("input", {bubbles: true})); return true; })()`, day.Format(time.DateOnly)))
	if since == 0 || since == rejected {
		b.t.Fatalf("%d of %d rejected stops since then prove nothing", since, rejected)
	}
	b.holds("and since a day", fmt.Sprintf(`%s.includes(": %d rejected.")`, matches, since))
	b.click("#filter button[type=reset]")
	b.holds("everything again", fmt.Sprintf(`document.querySelectorAll("#bars-parts rect").length === %d && !%s.includes("rejected")`, bars, matches))
}

// sorted: a click on a head sorts a table, a second one the other way; numbers count as numbers.
func sorted(b *tab, _ *suite) {
	column := func(table string, i int) []string {
		return js[[]string](b, fmt.Sprintf(`Array.from(document.querySelectorAll(%q)).map(function (r) { var c = r.cells[%d]; return c.dataset.n === undefined ? c.textContent : c.dataset.n; })`, table+" tbody tr", i))
	}
	ordered := func(values []string, down, numbers bool) bool {
		for i := 1; i < len(values); i++ {
			a, b := values[i-1], values[i]
			if down {
				a, b = b, a
			}
			var x, y float64
			if _, err := fmt.Sscan(a+" "+b, &x, &y); numbers && err == nil && x > y || !numbers && a > b {
				return false
			}
		}
		return len(values) > 1
	}
	for _, c := range []struct {
		table   string
		column  int
		numbers bool
	}{{"#agents + .wide table", 1, true}, {"#agents + .wide table", 0, false}, {"#rules + .wide table", 1, true}, {"#stops", 2, false}, {"#stops", 0, false}, {"#task-list", 4, true}} {
		head := fmt.Sprintf("%s thead th:nth-child(%d) button", c.table, c.column+1)
		b.click(head)
		if values := column(c.table, c.column); !ordered(values, true, c.numbers) {
			b.t.Errorf("%s, column %d, downwards: %q", c.table, c.column, values)
		}
		b.click(head)
		if values := column(c.table, c.column); !ordered(values, false, c.numbers) {
			b.t.Errorf("%s, column %d, upwards: %q", c.table, c.column, values)
		}
		if got := js[string](b, fmt.Sprintf(`document.querySelector(%q).parentNode.getAttribute("aria-sort")`, head)); got != "ascending" {
			b.t.Errorf("%s is %q for those who do not see it", head, got)
		}
	}
	first := column("#stops", 0)[0]
	b.click(".wide:has(#stops) + .pager button:last-child")
	if column("#stops", 0)[0] == first {
		b.t.Error("the next page of stops is the first one")
	}
}

// byKeyboard: without a mouse, a person gets from the list of stops to the task of one, along its timeline, and to the row of a mark. What
// a mark means is shown and read out while it has the focus.
func byKeyboard(b *tab, _ *suite) {
	b.choose("f-verdict", "rejected")
	js[bool](b, `(document.querySelector("#stops tbody a").focus(), true)`)
	b.press(kb.Enter)
	b.holds("a stop leads to its row", `document.activeElement.id.startsWith("row-e-") && document.activeElement.textContent.includes("stops: rejected")`)
	b.holds("and its address names it", `location.hash === "#" + document.activeElement.id.slice(4)`)
	for i := 0; i < 40 && !js[bool](b, `document.activeElement.closest("#timeline") !== null`); i++ {
		js[bool](b, `(document.getElementById("task").focus(), true)`)
		b.press(kb.Tab)
	}
	if !js[bool](b, `document.activeElement === document.querySelector("#timeline a")`) {
		b.t.Fatal("the tabulator key does not lead to the timeline")
	}
	marks := js[int](b, `document.querySelectorAll("#timeline a").length`)
	seen := map[string]bool{}
	for range marks - 1 {
		b.press(kb.ArrowRight)
		seen[js[string](b, `document.getElementById("mark").textContent`)] = true
		b.holds("the row of the mark is shown", `document.querySelectorAll("#task-rows .aim").length === 1`)
	}
	if len(seen) != marks-1 || !js[bool](b, `document.activeElement === Array.from(document.querySelectorAll("#timeline a")).pop()`) {
		b.t.Errorf("%d of %d marks are read out: %v", len(seen), marks-1, seen)
	}
	var finding string
	for text := range seen {
		if regexp.MustCompile(`rejected.*(claim|change|report|artifact|git)-`).MatchString(text) {
			finding = text
		}
	}
	if finding == "" {
		b.t.Errorf("no mark says why the agent was sent back: %v", seen)
	}
	b.press(kb.Enter)
	b.holds("Enter leads to the row", `document.activeElement.parentNode.id === "task-rows"`)
}

// TestHostile: whatever agents, people and broken disks leave in a journal is text in the browser. Nothing of it runs, asks for anything, or
// breaks the page.
func TestHostile(t *testing.T) {
	s := get(t)
	evil := []string{
		`</script><script>window.hit=1</script>`, `<img src=x onerror="window.hit=1">`, `"><svg onload=window.hit=1>`, `' onfocus='window.hit=1' autofocus='`, `<!--<script>`, `javascript:window.hit=1`,
		`__proto__`, `constructor`, "\u202egnp.exe", "{{.}}", `<iframe src="http://127.0.0.1:1/"></iframe>`, `<a href="http://127.0.0.1:1/">`, strings.Repeat("<b>wide</b>", 10_000), strings.Repeat("W", 100_000),
		`<style>body{display:none}</style>`, `]]>`, "--task; rm -rf ~",
	}
	book, err := journal.Open(t.TempDir(), "/srv/<b onmouseover=window.hit=1>/.git")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	for i, text := range evil {
		stop := record.Stop{
			Verdict: rule.Verdict(text), Fingerprint: "f", Worktree: text, Message: text, Reason: text, FindingsTotal: 1,
			Findings: []rule.Finding{{Rule: rule.Name(text), Severity: rule.Block, Path: text, Message: text}},
		}
		if i%2 == 0 {
			stop.Verdict = rule.Rejected
		}
		fact := record.Fact{Fact: gates.Fact{Kind: gates.GateResult, Task: text, At: at, Gate: text, Agent: text, Outcome: gates.Fail, Issues: []string{text}, Tree: "x"}}
		if err := book.Append(context.Background(),
			journal.Record{Kind: record.KindFact, At: at, Session: text, Agent: text, Task: text, Data: []byte(quote.JSON(record.Fact{Fact: gates.Fact{Kind: gates.CoderStarted, Task: text, At: at, Agent: text}}))},
			journal.Record{Kind: record.KindStop, At: at, Session: text, Agent: text, AgentType: text, Task: text, Data: []byte(quote.JSON(stop))},
			journal.Record{Kind: record.KindFact, At: at, Session: text, Agent: text, Task: text, Data: []byte(quote.JSON(fact))},
			journal.Record{Kind: record.KindGit, At: at, Session: text, Agent: text, Task: text, Data: []byte(quote.JSON(record.Git{Command: text, Outcome: record.Refused}))},
			journal.Record{Kind: "kind of tomorrow", At: at, Task: text},
		); err != nil {
			t.Fatal(err)
		}
	}
	segments, err := filepath.Glob(filepath.Join(book.Folder(), "*.jsonl"))
	if err != nil || len(segments) == 0 {
		t.Fatal(segments, err)
	}
	file, err := os.OpenFile(segments[len(segments)-1], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString("not a record </script>\n{\"v\":1,\"kind\":\"stop\",\"data\":[]}\n\x00\xff\n{\"v\":1,\"ki"); err != nil || file.Close() != nil {
		t.Fatal(err)
	}
	for _, reports := range []bool{false, true} {
		events, damaged := recorded(t, book, reports)
		address := drawn(t, page.Page{Events: events, Damaged: damaged, Now: at.Add(time.Hour)})
		b := s.open(t, address, screen{width: 360})
		stops := js[int](b, `JSON.parse(document.getElementById("data").textContent).stops.length`)
		if stops != len(evil) {
			t.Errorf("%d stops of %d", stops, len(evil))
		}
		if closed := js[[]string](b, `(async function () {
			var closed = [], links = Array.from(document.querySelectorAll("#task-list tbody a"));
			for (var link of links) {
				link.click();
				for (var i = 0; i < 100 && document.getElementById("task-name").textContent !== link.textContent; i++) { await new Promise(function (done) { setTimeout(done, 5); }); }
				if (document.getElementById("task-name").textContent !== link.textContent || !document.querySelector("#timeline a")) { closed.push(link.textContent); }
			}
			return links.length ? closed : ["no task"];
		})()`); len(closed) > 0 {
			t.Errorf("these tasks do not open: %q", closed)
		}
		for _, field := range []string{"f-agent", "f-rule", "f-verdict", "f-repository"} {
			js[bool](b, fmt.Sprintf(`(function () { var l = document.getElementById(%q); Array.from(l.options).forEach(function (o) { l.value = o.value; l.dispatchEvent(new Event("input", {bubbles: true})); }); l.value = ""; l.dispatchEvent(new Event("input", {bubbles: true})); return true; })()`, field))
		}
		if hit := js[bool](b, `window.hit !== undefined || Object.prototype.hit !== undefined`); hit {
			t.Error("the journal ran a script")
		}
		if strange := js[[]string](b, `Array.from(document.querySelectorAll("b, img, iframe, object, embed, style + style, script[src], a:not([href^='#'])")).filter(function (e) { return !(e instanceof SVGElement); }).map(function (e) { return e.outerHTML.slice(0, 200); })`); len(strange) > 0 {
			t.Errorf("the journal made elements: %q", strange)
		}
		if wide := js[[]string](b, `Array.from(document.querySelectorAll("body, body *")).filter(function (e) { return !e.closest(".wide") && e.getBoundingClientRect().right > 360; }).map(function (e) { return e.tagName + " " + e.id + " " + e.className; })`); len(wide) > 0 {
			t.Errorf("wider than the page: %q", wide)
		}
		if !js[bool](b, `document.body.textContent.includes("lines of the journals cannot be read")`) {
			t.Error("the page does not say that lines cannot be read")
		}
		if !reports {
			b.accessible("with hostile names", layout)
		}
		b.quiet(address)
	}
}

// TestMany: a page with the most stops that it lists, out of more. It prints how long the browser takes. The tests of the page draw it from
// 100,000.
func TestMany(t *testing.T) {
	s := get(t)
	n := 0
	for _, e := range s.events {
		if e.Kind == "stop" {
			n++
		}
	}
	times := 10_000/n + 1
	events := make([]figures.Event, 0, times*len(s.events))
	for i := range times {
		for _, e := range s.events {
			e.ID, e.Task, e.At = fmt.Sprint(i, e.ID), fmt.Sprint(e.Task, "-", i), e.At.Add(time.Duration(i)*time.Minute)
			events = append(events, e)
		}
	}
	made := time.Now()
	address := drawn(t, page.Page{Events: events, Now: s.month.Now().Add(time.Hour)})
	took := time.Since(made)
	b := s.open(t, address, screen{width: 1440})
	stops := js[int](b, `JSON.parse(document.getElementById("data").textContent).stops.length`)
	if stops != 10_000 {
		t.Errorf("%d stops are listed", stops)
	}
	b.holds("it says how many there are", fmt.Sprintf(`document.querySelector("#stops caption").textContent.includes("The newest 10000 of %d stops")`, times*n))
	t.Logf("%d of %d stops: made in %v, loaded in %.0f ms and painted after %.0f ms", stops, times*n, took.Round(time.Millisecond),
		js[float64](b, `performance.timing.loadEventEnd - performance.timing.navigationStart`), js[float64](b, `(performance.getEntriesByName("first-contentful-paint")[0] || {startTime: 0}).startTime`))
	b.quiet(address)
}

// TestEmpty: a page of nothing says so, and is no worse to use.
func TestEmpty(t *testing.T) {
	s := get(t)
	address := drawn(t, page.Page{})
	b := s.open(t, address, screen{width: 360, dark: true})
	b.holds("it says so", `document.body.textContent.includes("Nothing is recorded") && document.body.textContent.includes("No task is under way")`)
	b.accessible("empty", everything)
	b.quiet(address)
}
