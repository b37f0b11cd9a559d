//go:build linux

package browsertest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"stopgate/hook/journal"
	"stopgate/hook/page"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/serve"
)

// TestServe: the page that is served is loaded again when the journal grows, keeps the filter, and says when its server has ended.
// Without the token there is nothing, and a page of another site cannot read or show it.
func TestServe(t *testing.T) {
	s := get(t)
	book, err := journal.Open(t.TempDir(), "/srv/shop/.git")
	if err != nil {
		t.Fatal(err)
	}
	add := func(task string, verdict rule.Verdict) {
		t.Helper()
		stop := record.Stop{Verdict: verdict, Fingerprint: "f"}
		if err := book.Append(context.Background(), journal.Record{Kind: record.KindStop, Session: "s", Agent: "a-" + task, AgentType: "bug-fixer", Task: task, Data: []byte(quote.JSON(stop))}); err != nil {
			t.Fatal(err)
		}
	}
	add("T-1", rule.Verified)
	add("T-2", rule.Capped)
	listener, err := serve.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	read := func() page.Page {
		events, damaged := recorded(t, book, false)
		return page.Page{Events: events, Damaged: damaged, Now: time.Now(), State: fmt.Sprint(len(events))}
	}
	pages := serve.New(listener.Addr(), func(context.Context) ([]byte, error) { return read().HTML() }, func(context.Context) (string, error) { return read().State, nil })
	ctx, end := context.WithCancel(t.Context())
	defer end()
	ended := make(chan error, 1)
	go func() { ended <- pages.Until(ctx, listener) }()
	where := "http://" + listener.Addr().String() + pages.Path()
	origin := strings.Join(strings.SplitAfterN(where, "/", 4)[:3], "")

	b := s.open(t, where, screen{width: 1440})
	b.holds("the page is there", `document.querySelectorAll("#stops tbody tr").length === 2`)
	b.choose("f-verdict", "verified")
	add("T-3", rule.Verified)
	b.holds("it has what was recorded since, and the filter", `document.querySelectorAll("#stops tbody tr").length === 2 && document.body.textContent.includes("T-3") && document.getElementById("f-verdict").selectedOptions[0].textContent === "verified"`)
	b.quiet(where)

	wrong := s.open(t, origin+"/"+strings.Repeat("A", 26)+"/", screen{width: 1440})
	if text := js[string](wrong, `document.body.textContent`); strings.Contains(text, "bug-fixer") || !strings.Contains(text, "there is nothing here") {
		t.Errorf("without the token it is %.200q", text)
	}

	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<iframe id="frame" src=%q></iframe><script>window.read = "";fetch(%q).then(function (r) { return r.text(); }).then(function (x) { window.read = "got " + x; }, function (e) { window.read = "refused"; });
			fetch(%q, {mode: "no-cors"}).then(function (r) { window.opaque = r.type; }, function () { window.opaque = "refused"; });</script>`, where, where, where)
	}))
	defer foreign.Close()
	other := s.open(t, foreign.URL, screen{width: 1440})
	other.holds("another site reads nothing", `window.read === "refused" && window.opaque !== undefined`)
	other.mu.Lock()
	if status := other.answers[where]; status != http.StatusForbidden {
		t.Errorf("a frame on another site is answered with status %d", status)
	}
	other.mu.Unlock()
	port := origin[strings.LastIndex(origin, ":"):]
	renamed := s.open(t, strings.Replace(where, "127.0.0.1"+port, "rebound.localhost"+port, 1), screen{width: 1440})
	if text := js[string](renamed, `document.body.textContent`); strings.Contains(text, "bug-fixer") || !strings.Contains(text, "the address that stopgate printed") {
		t.Errorf("under another name it is %.200q", text)
	}

	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	b.holds("it says that the program has ended", `document.getElementById("live").textContent.includes("has ended")`)
}
