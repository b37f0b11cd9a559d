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

	"stopgate/scripts/month"
)

// suite is what all tests share: one browser, the program, and the page of the realistic month.
type suite struct {
	dir  string
	once sync.Once
	err  error

	browser           context.Context
	end               []func()
	program, journals string
	page              string // a file
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
	root, err := filepath.Abs("../../..")
	if err != nil {
		return err
	}
	s.program = filepath.Join(s.dir, "stopgate")
	build := exec.Command("go", "build", "-o", s.program, "./cmd/stopgate")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the program: %w: %s", err, out)
	}
	s.journals = filepath.Join(s.dir, "journals")
	if err := month.Realistic().Write(context.Background(), s.journals); err != nil {
		return err
	}
	s.page = filepath.Join(s.dir, "month.html")
	if err := s.dashboard(s.journals, "--out", s.page); err != nil {
		return err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(filepath.Join(s.dir, "profile")),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	browser, cancel := chromedp.NewContext(allocator)
	s.browser, s.end = browser, []func(){cancel, stop}
	return chromedp.Do(browser)
}

// dashboard writes the page of all journals in dir.
func (s *suite) dashboard(dir string, args ...string) error {
	run := exec.Command(s.program, append([]string{"dashboard", "--all"}, args...)...)
	run.Dir = s.dir
	run.Env = append(os.Environ(), "STOPGATE_STATE_DIR="+dir)
	if out, err := run.CombinedOutput(); err != nil {
		return fmt.Errorf("stopgate dashboard: %w: %s", err, out)
	}
	return nil
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

// screen is how a person looks at it.
type screen struct {
	width int64
	dark  bool
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
	scheme := "light"
	if on.dark {
		scheme = "dark"
	}
	if err := chromedp.Do(b.ctx, chromedp.EmulateViewport(on.width, 900)); err != nil {
		b.t.Fatal(err)
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
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
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
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
