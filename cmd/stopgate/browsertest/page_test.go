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
	"stopgate/scripts/month"
)

// TestMonth: on every screen the page of a month asks nobody for anything, fits the width, can be read, and has nothing that axe-core objects
// to, also while a task is open.
func TestMonth(t *testing.T) {
	s := get(t)
	b := s.open(t, "file://"+s.page, screen{1440, false})
	for _, on := range []screen{{1440, false}, {1440, true}, {360, false}, {360, true}} {
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
			t.Errorf("%s: the page is %d wide", on, wide)
		}
		if small := js[[]string](b, tooSmall); len(small) > 0 {
			t.Errorf("%s: too small to read: %q", on, small)
		}
		b.accessible(on.String())
		b.click("#task-close")
	}
	b.quiet("file://" + s.page)
}

// tooSmall are the texts that are shown smaller than 11 pixels.
const tooSmall = `Array.from(document.querySelectorAll("body *")).filter(function (e) {
	return e.textContent.trim() && e.children.length === 0 && e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 11;
}).map(function (e) { return e.textContent.slice(0, 80); })`

// TestFilter: the filter narrows the stops, the tasks, the cards and the plot, says what is left in figures, and lets go.
func TestFilter(t *testing.T) {
	s := get(t)
	b := s.open(t, "file://"+s.page, screen{1440, false})
	var events []figures.Event
	m := month.Realistic()
	for i, records := range m.Records() {
		book, err := journal.Open(s.journals, m.Key(i))
		if err != nil {
			t.Fatal(err)
		}
		reader := figures.NewReader(filepath.Base(book.Folder()), gates.Caps{}, false)
		for _, rec := range records {
			events = append(events, reader.Event(rec))
		}
	}
	repository := events[0].Repository
	var stops, rejected, since int
	day := m.Begin.Add(20 * 24 * time.Hour).Truncate(24 * time.Hour)
	for _, e := range events {
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
		t.Errorf("the plot has %d parts, and had %d", n, bars)
	}
	js[bool](b, fmt.Sprintf(`(function () { var f = document.getElementById("f-since"); f.value = %q; f.dispatchEvent(new Event("input", {bubbles: true})); return true; })()`, day.Format(time.DateOnly)))
	if since == 0 || since == rejected {
		t.Fatalf("%d of %d rejected stops since then prove nothing", since, rejected)
	}
	b.holds("and since a day", fmt.Sprintf(`%s.includes(": %d rejected.")`, matches, since))
	b.click("#filter button[type=reset]")
	b.holds("everything again", fmt.Sprintf(`document.querySelectorAll("#bars-parts rect").length === %d && !%s.includes("rejected")`, bars, matches))
	b.quiet("file://" + s.page)
}

// TestSort: a click on a head sorts a table, a second one the other way; numbers count as numbers.
func TestSort(t *testing.T) {
	s := get(t)
	b := s.open(t, "file://"+s.page, screen{1440, false})
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
			t.Errorf("%s, column %d, downwards: %q", c.table, c.column, values)
		}
		b.click(head)
		if values := column(c.table, c.column); !ordered(values, false, c.numbers) {
			t.Errorf("%s, column %d, upwards: %q", c.table, c.column, values)
		}
		if got := js[string](b, fmt.Sprintf(`document.querySelector(%q).parentNode.getAttribute("aria-sort")`, head)); got != "ascending" {
			t.Errorf("%s is %q for those who do not see it", head, got)
		}
	}
	first := column("#stops", 0)[0]
	b.click(".wide:has(#stops) + .pager button:last-child")
	if column("#stops", 0)[0] == first {
		t.Error("the next page of stops is the first one")
	}
	b.quiet("file://" + s.page)
}

// TestKeyboard: without a mouse, a person gets from the list of stops to the task of one, along its timeline, and to the row of a mark. What
// a mark means is shown and read out while it has the focus.
func TestKeyboard(t *testing.T) {
	s := get(t)
	b := s.open(t, "file://"+s.page, screen{1440, false})
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
		t.Fatal("the tabulator key does not lead to the timeline")
	}
	marks := js[int](b, `document.querySelectorAll("#timeline a").length`)
	seen := map[string]bool{}
	for range marks - 1 {
		b.press(kb.ArrowRight)
		seen[js[string](b, `document.getElementById("mark").textContent`)] = true
		b.holds("the row of the mark is shown", `document.querySelectorAll("#task-rows .aim").length === 1`)
	}
	if len(seen) != marks-1 || !js[bool](b, `document.activeElement === Array.from(document.querySelectorAll("#timeline a")).pop()`) {
		t.Errorf("%d of %d marks are read out: %v", len(seen), marks-1, seen)
	}
	var finding string
	for text := range seen {
		if regexp.MustCompile(`rejected.*(claim|change|report|artifact|git)-`).MatchString(text) {
			finding = text
		}
	}
	if finding == "" {
		t.Errorf("no mark says why the agent was sent back: %v", seen)
	}
	b.press(kb.Enter)
	b.holds("Enter leads to the row", `document.activeElement.parentNode.id === "task-rows"`)
	b.quiet("file://" + s.page)
}

// TestHostile: whatever agents, people and broken disks leave in a journal is text in the browser. Nothing of it runs, asks for anything, or
// breaks the page.
func TestHostile(t *testing.T) {
	s := get(t)
	dir := filepath.Join(t.TempDir(), "journals")
	evil := []string{
		`</script><script>window.hit=1</script>`, `<img src=x onerror="window.hit=1">`, `"><svg onload=window.hit=1>`, `' onfocus='window.hit=1' autofocus='`, `<!--<script>`, `javascript:window.hit=1`,
		`__proto__`, `constructor`, "\u202egnp.exe", "{{.}}", `<iframe src="http://127.0.0.1:1/"></iframe>`, `<a href="http://127.0.0.1:1/">`, strings.Repeat("<b>wide</b>", 10_000), strings.Repeat("W", 100_000),
		`<style>body{display:none}</style>`, `]]>`, "--task; rm -rf ~",
	}
	book, err := journal.Open(dir, "/srv/<b onmouseover=window.hit=1>/.git")
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
		name := filepath.Join(dir, fmt.Sprint("page-", reports, ".html"))
		args := []string{"--out", name}
		if reports {
			args = append(args, "--with-reports")
		}
		if err := s.dashboard(dir, args...); err != nil {
			t.Fatal(err)
		}
		b := s.open(t, "file://"+name, screen{360, false})
		stops := js[int](b, `JSON.parse(document.getElementById("data").textContent).stops.length`)
		if stops != len(evil) {
			t.Errorf("%d stops of %d", stops, len(evil))
		}
		for i := range js[int](b, `document.querySelectorAll("#task-list tbody a").length`) {
			task := fmt.Sprintf(`document.querySelectorAll("#task-list tbody a")[%d]`, i)
			js[bool](b, `(`+task+`.click(), true)`)
			b.holds("the task opens", `document.getElementById("task-name").textContent === `+task+`.textContent && document.querySelectorAll("#timeline a").length > 0`)
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
			b.accessible("with hostile names")
		}
		b.quiet("file://" + name)
	}
}

// TestMany: 10,000 stops are below 5 MB, and are all there. How long the browser takes is printed.
func TestMany(t *testing.T) {
	s := get(t)
	m := month.Realistic()
	m.Tasks *= 5
	name := filepath.Join(t.TempDir(), "many.html")
	var events []figures.Event
	for i, records := range m.Records() {
		reader := figures.NewReader(m.Key(i), gates.Caps{}, false)
		for _, rec := range records {
			events = append(events, reader.Event(rec))
		}
	}
	made := time.Now()
	text, err := page.Page{Events: events, Now: m.Now()}.HTML()
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(made)
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if len(text) >= 5_000_000 {
		t.Errorf("the page has %d bytes", len(text))
	}
	b := s.open(t, "file://"+name, screen{1440, false})
	stops := js[int](b, `JSON.parse(document.getElementById("data").textContent).stops.length`)
	if stops < 10_000 {
		t.Errorf("%d stops", stops)
	}
	t.Logf("%d stops of %d tasks: %d bytes, made in %v, loaded in %.0f ms and painted after %.0f ms", stops, m.Tasks, len(text), took.Round(time.Millisecond),
		js[float64](b, `performance.timing.loadEventEnd - performance.timing.navigationStart`), js[float64](b, `(performance.getEntriesByName("first-contentful-paint")[0] || {startTime: 0}).startTime`))
	b.quiet("file://" + name)
}

// TestEmpty: a page of nothing says so, and is no worse to use.
func TestEmpty(t *testing.T) {
	s := get(t)
	name := filepath.Join(t.TempDir(), "empty.html")
	if err := s.dashboard(t.TempDir(), "--out", name); err != nil {
		t.Fatal(err)
	}
	b := s.open(t, "file://"+name, screen{360, true})
	b.holds("it says so", `document.body.textContent.includes("Nothing is recorded") && document.body.textContent.includes("No task is under way")`)
	b.accessible("empty")
	b.quiet("file://" + name)
}
