package page_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"stopgate/hook/figures"
	"stopgate/hook/gates"
	"stopgate/hook/page"
)

var start = time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)

// month is n stops of many tasks, agents and repositories, with the facts beside them.
func month(n int) []figures.Event {
	events := make([]figures.Event, 0, 2*n)
	verdicts := figures.Verdicts()
	for i := range n {
		e := figures.Event{
			ID: fmt.Sprint("e", i), At: start.Add(time.Duration(i) * 5 * time.Minute), Repository: fmt.Sprintf("shop-%d", i%5), Kind: "stop", Session: "s", Agent: fmt.Sprint("agent", i%50),
			AgentType: []string{"bug-fixer", "x:feature-developer", "test-runner"}[i%3], Task: fmt.Sprintf("T-%d", i/25), Verdict: verdicts[i%len(verdicts)], First: i%2 == 0,
			Rules: []figures.RuleCount{{Rule: "claim-missing", Severity: "block", Count: 2, Path: "src/a.js"}, {Rule: "git-staged", Severity: "block", Count: 1}},
		}
		e.SentBack = e.Verdict == "rejected"
		fact := e
		fact.ID, fact.Kind, fact.Fact, fact.Gate, fact.Outcome, fact.Rules = fmt.Sprint("f", i), "fact", "gate-result", "test-runner", "pass", nil
		fact.Phase, fact.WaitsFor, fact.Waits = "authorise", gates.Person, "present (all-passed)"
		fact.Gates = []figures.Standing{{Gate: "test-runner", Standing: "pass"}}
		events = append(events, e, fact)
	}
	return events
}

func drawn(t *testing.T, events []figures.Event) (string, *html.Node) {
	t.Helper()
	text, err := page.Page{Events: events, Now: start.Add(90 * 24 * time.Hour), Damaged: 2}.HTML()
	if err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text), root
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// check checks what must hold for every page that stands alone.
func check(t *testing.T, root *html.Node) {
	t.Helper()
	if code, policy := checkAny(t, root); strings.Contains(code, "fetch(") || strings.Contains(policy, "connect-src") {
		t.Errorf("the page asks somebody, with the policy %q", policy)
	}
}

// checkAny checks what must hold for every page, and returns its style, its script and its policy.
func checkAny(t *testing.T, root *html.Node) (code, policy string) {
	t.Helper()
	ids, targets := map[string]bool{}, []string{}
	var style, script string
	data := false
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				t.Errorf("two elements have the id %s", id)
			}
			ids[id] = true
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "style" || a.Key == "srcset" || a.Key == "action" || a.Key == "href" && !strings.HasPrefix(a.Val, "#") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
		switch n.Data {
		case "meta":
			if attr(n, "http-equiv") == "Content-Security-Policy" {
				policy = attr(n, "content")
			}
		case "style":
			style += textOf(n)
		case "script":
			if attr(n, "type") == "application/json" {
				var doc struct{ Tasks []json.RawMessage }
				if err := json.Unmarshal([]byte(textOf(n)), &doc); err != nil {
					t.Errorf("the data: %v", err)
				}
				for _, task := range doc.Tasks {
					for _, anchor := range regexp.MustCompile(`"([et]-[0-9a-f]{12})"`).FindAllStringSubmatch(string(task), -1) {
						ids[anchor[1]] = true // the script opens the task
					}
				}
				data = true
			} else {
				script += textOf(n)
			}
		case "a":
			targets = append(targets, strings.TrimPrefix(attr(n, "href"), "#"))
			if attr(n, "aria-label") == "" && strings.TrimSpace(textOf(n)) == "" {
				t.Error("a link without a name")
			}
		case "svg":
			if attr(n, "aria-hidden") == "true" { // the text beside it says the same
				continue
			}
			if attr(n, "aria-label") == "" {
				t.Error("a plot without a name")
			}
			table := false
			for next := n.Parent; next != nil && !table && next.Data != "body"; next = next.NextSibling {
				for d := range next.Descendants() {
					table = table || d.Data == "table"
				}
			}
			if !table {
				t.Error("a plot without a table")
			}
		case "iframe", "object", "embed", "link", "base", "img":
			t.Errorf("<%s>", n.Data)
		}
	}
	for _, target := range targets {
		if !ids[target] {
			t.Errorf("a link leads to %q, which is not there", target)
		}
	}
	for what, text := range map[string]string{"style-src": style, "script-src": script} {
		sum := sha256.Sum256([]byte(text))
		if want := what + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) || !strings.HasPrefix(policy, "default-src 'none'") {
			t.Errorf("the policy %q lacks %s", policy, want)
		}
	}
	if !data {
		t.Error("no data")
	}
	for _, remote := range []string{"url(", "@import", "XMLHttpRequest", "innerHTML"} {
		if strings.Contains(style+script, remote) {
			t.Errorf("the page has %s", remote)
		}
	}
	return style + script, policy
}

// TestServed: a served page asks its own server for news, and no other.
func TestServed(t *testing.T) {
	t.Parallel()
	text, err := page.Page{Now: start, State: "a<b"}.HTML()
	if err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	code, policy := checkAny(t, root)
	if strings.Count(code, "fetch(") != 1 || !strings.Contains(code, `fetch("wait?at=" + encodeURIComponent(state))`) || !strings.HasSuffix(policy, "; connect-src 'self'") {
		t.Errorf("the page asks otherwise, with the policy %q", policy)
	}
	if !strings.Contains(string(text), `data-state="a&lt;b"`) {
		t.Error("it does not know its state")
	}
}

// TestPage: a page of a month is whole, small, and says what there is.
func TestPage(t *testing.T) {
	t.Parallel()
	text, root := drawn(t, month(10_000))
	check(t, root)
	if len(text) > 5_000_000 {
		t.Errorf("%d bytes", len(text))
	}
	body := textOf(root)
	for _, want := range []string{"Waits for you", "all gates passed. Merge?", "feature-developer", "claim-missing", "stopgate explain --task T-", "10000 stops", "2 lines"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := len(regexp.MustCompile(`"e-[0-9a-f]{12}"\]`).FindAllString(text, -1)); n < 15_000 {
		t.Errorf("the tasks have only %d events", n)
	}
}

// TestMany: of 100,000 stops the page lists the newest, its figures count all, and it stays small.
func TestMany(t *testing.T) {
	t.Parallel()
	text, root := drawn(t, month(100_000))
	check(t, root)
	body := textOf(root)
	if len(text) > 5_000_000 {
		t.Errorf("%d bytes", len(text))
	}
	for _, want := range []string{"The newest 10000 of 100000 stops. The figures above count all.", "of 20000 tasks", "200000 records"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// TestMonths: a plot of more days than fit has months.
func TestMonths(t *testing.T) {
	t.Parallel()
	events := month(100)
	for i := range events {
		events[i].At = start.Add(time.Duration(i) * 24 * time.Hour)
	}
	_, root := drawn(t, events)
	if body := textOf(root); !strings.Contains(body, "Stops by month") || !strings.Contains(body, "2026-11: ") {
		t.Error("there are no months")
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	_, root := drawn(t, nil)
	check(t, root)
	if body := textOf(root); !strings.Contains(body, "No task is under way") {
		t.Error(body)
	}
}

// TestHostile: whatever records say is text, on the page and in its data, and bounded.
func TestHostile(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{
		`</script><script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `"><a href=javascript:alert(1)>x</a>`, `<!--<script>`, `' onload='alert(1)`, `{{.}}`,
		strings.Repeat("<b>x\u202e\x00</b>", 20_000), "__proto__", "\xff\xfe",
	} {
		e := figures.Event{
			ID: evil, At: start, Repository: evil, Kind: "stop", Session: evil, Agent: evil, AgentType: evil, Task: evil, Verdict: evil,
			Rules: []figures.RuleCount{{Rule: evil, Severity: evil, Count: 1}}, Mended: []figures.Mend{{Rule: evil, In: figures.InWork}},
		}
		fact := e
		fact.ID, fact.Kind, fact.Fact, fact.Gate, fact.Outcome, fact.Waits, fact.WaitsFor, fact.Phase = evil+"2", "fact", "gate-result", evil, evil, "present", gates.Person, "authorise"
		fact.Gates, fact.Voided = []figures.Standing{{Gate: evil, Standing: "pass"}}, []string{evil}
		bad := figures.Event{ID: evil + "3", At: start, Repository: evil, Kind: evil, Task: evil, Unreadable: true, Findings: []string{evil}, Words: []string{evil}, Message: evil}
		text, root := drawn(t, []figures.Event{e, fact, bad})
		check(t, root)
		if len(text) > 1_200_000 || strings.Contains(text, "<b>x") || strings.Contains(text, "alert(1)>x</a>") || strings.ContainsRune(text, 0) {
			t.Errorf("%.40q: %d bytes", evil, len(text))
		}
	}
}
