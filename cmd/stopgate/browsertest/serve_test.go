//go:build linux

package browsertest

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"stopgate/hook/journal"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
)

// TestServe: the page that the program serves is loaded again when the journal grows, keeps the filter, and says when the program has ended.
// Without the token there is nothing, and a page of another site cannot read or show it.
func TestServe(t *testing.T) {
	s := get(t)
	dir := t.TempDir()
	book, err := journal.Open(filepath.Join(dir, "journals"), filepath.Join(dir, ".git"))
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
	run := exec.Command(s.program, "dashboard", "--all", "--serve")
	run.Dir = dir
	run.Env = append(os.Environ(), "STOPGATE_STATE_DIR="+filepath.Join(dir, "journals"))
	out, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	end := func() {
		if !ended {
			ended = true
			_ = run.Process.Signal(os.Interrupt) // it may have ended
			_ = run.Wait()                       // the same
		}
	}
	defer end()
	where, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	where = strings.TrimSpace(where)
	origin := strings.Join(strings.SplitAfterN(where, "/", 4)[:3], "")

	b := s.open(t, where, screen{1440, false})
	b.holds("the page is there", `document.querySelectorAll("#stops tbody tr").length === 2`)
	b.choose("f-verdict", "verified")
	add("T-3", rule.Verified)
	b.holds("it has what was recorded since, and the filter", `document.querySelectorAll("#stops tbody tr").length === 2 && document.body.textContent.includes("T-3") && document.getElementById("f-verdict").selectedOptions[0].textContent === "verified"`)
	b.quiet(where)

	wrong := s.open(t, origin+"/"+strings.Repeat("A", 26)+"/", screen{1440, false})
	if text := js[string](wrong, `document.body.textContent`); strings.Contains(text, "bug-fixer") || !strings.Contains(text, "there is nothing here") {
		t.Errorf("without the token it is %.200q", text)
	}

	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<iframe id="frame" src=%q></iframe><script>window.read = "";fetch(%q).then(function (r) { return r.text(); }).then(function (x) { window.read = "got " + x; }, function (e) { window.read = "refused"; });
			fetch(%q, {mode: "no-cors"}).then(function (r) { window.opaque = r.type; }, function () { window.opaque = "refused"; });</script>`, where, where, where)
	}))
	defer foreign.Close()
	other := s.open(t, foreign.URL, screen{1440, false})
	other.holds("another site reads nothing", `window.read === "refused" && window.opaque !== undefined`)
	other.mu.Lock()
	if status := other.answers[where]; status != http.StatusForbidden {
		t.Errorf("a frame on another site is answered with status %d", status)
	}
	other.mu.Unlock()
	port := origin[strings.LastIndex(origin, ":"):]
	renamed := s.open(t, strings.Replace(where, "127.0.0.1"+port, "rebound.localhost"+port, 1), screen{1440, false})
	if text := js[string](renamed, `document.body.textContent`); strings.Contains(text, "bug-fixer") || !strings.Contains(text, "the address that stopgate printed") {
		t.Errorf("under another name it is %.200q", text)
	}

	end()
	b.holds("it says that the program has ended", `document.getElementById("live").textContent.includes("has ended")`)
}
