//go:build linux

package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/gofrs/flock"
)

// axeVersion is the release of axe-core that pages are checked with.
const axeVersion = "4.14.1"

// axe returns the text of axe-core, and installs it from npm once. Afterwards nothing is loaded.
func axe(t *testing.T) string {
	t.Helper()
	cache, err := filepath.Abs("../../../.cache")
	if err != nil {
		t.Fatal(err)
	}
	text, err := installAxe(t.Context(), filepath.Join(cache, "axe-core-"+axeVersion))
	if errors.Is(err, errors.ErrUnsupported) {
		skip(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func installAxe(ctx context.Context, dir string) (string, error) {
	script := filepath.Join(dir, "node_modules", "axe-core", "axe.min.js")
	if text, err := os.ReadFile(script); err == nil {
		return string(text), nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", err
	}
	lock := flock.New(dir + ".lock")
	if _, err := lock.TryLockContext(ctx, 200*time.Millisecond); err != nil {
		return "", fmt.Errorf("lock the cache of axe-core: %w", err)
	}
	defer lock.Unlock() //nolint:errcheck // the lock ends with the process at the latest
	if text, err := os.ReadFile(script); err == nil {
		return string(text), nil // another process has installed it meanwhile
	}
	npm := exec.CommandContext(ctx, "npm", "install", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error", "axe-core@"+axeVersion)
	npm.Dir = filepath.Dir(dir) // a project around it must not take part
	if out, err := npm.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: npm install axe-core: %w: %s", errors.ErrUnsupported, err, strings.TrimSpace(string(out)))
	}
	text, err := os.ReadFile(script)
	return string(text), err
}

// What axe-core checks, as its options: everything, or only rules that depend on the layout, or only colours. Colours take ten times as long as all
// others.
const (
	everything = `{}`
	layout     = `{rules: {"color-contrast": {enabled: false}}}`
	colours    = `{runOnly: {type: "rule", values: ["color-contrast", "link-in-text-block"]}}`
)

// accessible fails the test for everything that axe-core finds on the page as it stands.
func (b *tab) accessible(what, options string) {
	b.t.Helper()
	if !js[bool](b, `typeof axe === "object"`) {
		if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[*runtime.RemoteObject](axe(b.t))); err != nil {
			b.t.Fatal(err)
		}
	}
	type violation struct{ ID, Impact, Help, Nodes string }
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]violation](`axe.run(document, Object.assign({resultTypes: ["violations"]}, `+options+`)).then(function (r) { return r.violations.map(function (v) {
		return {ID: v.id, Impact: v.impact, Help: v.help, Nodes: v.nodes.slice(0, 3).map(function (n) { return n.html.slice(0, 200) + " " + n.failureSummary; }).join("\n")}; }); })`,
		chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, v := range found {
		b.t.Errorf("%s: axe-core: %s (%s): %s\n%s", what, v.ID, v.Impact, v.Help, v.Nodes)
	}
}
