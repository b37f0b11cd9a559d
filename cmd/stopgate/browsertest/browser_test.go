//go:build linux

package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"stopgate/hook/figures"
	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/page"
	"stopgate/scripts/month"
)

// suite is what all tests share: one browser, and a realistic month.
type suite struct {
	dir  string
	once sync.Once
	err  error

	browser context.Context
	end     []func()
	month   month.Month
	events  []figures.Event // of the month
}

var shared suite

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "stopgate-browsertest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	shared.dir = dir
	code := m.Run()
	for _, end := range shared.end {
		end()
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// skip skips the test, and fails it with STOPGATE_NO_SKIP=1.
func skip(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("STOPGATE_NO_SKIP") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// get prepares the suite once.
func get(t *testing.T) *suite {
	t.Helper()
	if testing.Short() {
		skip(t, "the browser is left out with -short")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		skip(t, "there is no chromium: install it with `apt-get install chromium`")
	}
	shared.once.Do(func() { shared.err = shared.prepare(chromium) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return &shared
}

func (s *suite) prepare(chromium string) error {
	s.month = month.Realistic()
	for i, records := range s.month.Records() {
		book, err := journal.Open(s.dir, s.month.Key(i))
		if err != nil {
			return err
		}
		reader := figures.NewReader(filepath.Base(book.Folder()), gates.Caps{}, false)
		for _, rec := range records {
			s.events = append(s.events, reader.Event(rec))
		}
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(filepath.Join(s.dir, "profile")),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	browser, cancel := chromedp.NewContext(allocator)
	s.browser, s.end = browser, []func(){cancel, stop}
	return chromedp.Do(browser)
}

// drawn writes a page to its own file, and returns its URL.
func drawn(t *testing.T, p page.Page) string {
	t.Helper()
	text, err := p.HTML()
	if err != nil {
		t.Fatal(err)
	}
	if len(text) >= 5_000_000 {
		t.Errorf("the page has %d bytes", len(text))
	}
	name := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return "file://" + name
}

// recorded returns the events of a journal, read from its files, and how many lines of it are no records.
func recorded(t *testing.T, book *journal.Journal, reports bool) (events []figures.Event, damaged int) {
	t.Helper()
	reader := figures.NewReader(filepath.Base(book.Folder()), gates.Caps{}, reports)
	for at, more := (journal.Cursor{}), true; more; {
		records, bad, next, err := book.After(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range records {
			events = append(events, reader.Event(rec))
		}
		damaged, more, at = damaged+bad, next != at, next
	}
	return events, damaged
}

// tab is a page in the browser.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	requests []string
	console  []string
	answers  map[string]int64 // status by address
}

// screen is how a person looks at it, or at what is printed.
type screen struct {
	width int64
	dark  bool
	print bool
}

func (s screen) String() string {
	return fmt.Sprintf("%d-%s", s.width, map[bool]string{true: "dark", false: "light"}[s.dark])
}

// open opens an address in a new tab, which is closed with the test.
func (s *suite) open(t *testing.T, address string, on screen) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(s.browser)
	ctx, stop := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(func() { stop(); cancel() })
	b := &tab{t: t, ctx: ctx, answers: map[string]int64{}}
	if err := chromedp.Listen(ctx, func(ev any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch ev := ev.(type) {
		case *network.EventRequestWillBeSent:
			b.requests = append(b.requests, ev.Request.URL)
		case *network.EventResponseReceived:
			b.answers[ev.Response.URL] = ev.Response.Status
		}
	}); err != nil {
		t.Fatal(err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for message, err := range messages {
			if err != nil {
				return
			}
			b.mu.Lock()
			b.console = append(b.console, message.String())
			b.mu.Unlock()
		}
	}()
	b.look(on)
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	return b
}

// look changes the screen.
func (b *tab) look(on screen) {
	b.t.Helper()
	scheme, medium := "light", "screen"
	if on.dark {
		scheme = "dark"
	}
	if on.print {
		medium = "print"
	}
	if err := chromedp.Do(b.ctx, chromedp.EmulateViewport(on.width, 900)); err != nil {
		b.t.Fatal(err)
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media:    medium,
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	}); err != nil {
		b.t.Fatal(err)
	}
}

// quiet fails the test if the page asked anybody but own for something, or wrote to the console.
func (b *tab) quiet(own string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.requests) == 0 {
		b.t.Error("no request was seen, not even that for the page")
	}
	for _, r := range b.requests {
		if !strings.HasPrefix(r, own) && !strings.HasPrefix(r, "data:image/svg+xml;") { // a picture of the browser's own, on a field for a date
			b.t.Errorf("the page asked for %q", r)
		}
	}
	for _, message := range b.console {
		b.t.Errorf("the console has %s", message)
	}
}

// js evaluates an expression in the page.
func js[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%.200s: %v", expression, err)
	}
	return value
}

// holds waits until an expression is true in the page, which may be loaded again meanwhile.
func (b *tab) holds(what, expression string) {
	b.t.Helper()
	var err error
	for range 3 {
		if _, err = chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(10*time.Second))); err == nil {
			return
		}
	}
	b.t.Errorf("%s: %s does not hold: %v", what, expression, err)
}

func (b *tab) press(key string) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, chromedp.KeyEvent(key)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) click(selector string) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		b.t.Fatalf("clicking %s: %v", selector, err)
	}
}

// choose picks an option of a list by its text, as a person does.
func (b *tab) choose(list, text string) {
	b.t.Helper()
	if !js[bool](b, fmt.Sprintf(`(function(){var l=document.getElementById(%q);var o=Array.from(l.options).find(function(o){return o.textContent===%q});if(!o){return false}
		l.value=o.value;l.dispatchEvent(new Event("input",{bubbles:true}));return true})()`, list, text)) {
		b.t.Fatalf("%s has no %q", list, text)
	}
}
