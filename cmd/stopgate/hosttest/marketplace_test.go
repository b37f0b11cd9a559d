package hosttest

import (
	"context"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// plugins is a home in which plugins are installed. The client asks the API how many tokens a plugin costs, and waits 15 s if there is no answer.
type plugins struct {
	t         *testing.T
	home, api string
	env       []string // in addition
}

// plugin runs `claude plugin ARGS`, and returns what it prints.
func (p plugins) plugin(args ...string) string {
	p.t.Helper()
	out, err := p.try(args...)
	if err != nil {
		p.t.Fatalf("claude plugin %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// try runs `claude plugin ARGS`, which may fail.
func (p plugins) try(args ...string) (string, error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, shared.get(p.t).client, append([]string{"plugin"}, args...)...)
	cmd.Dir = p.home
	cmd.Env = slices.Concat(cheaply, []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.home, "CLAUDE_CONFIG_DIR=" + filepath.Join(p.home, ".claude"), "TMPDIR=" + p.home, "ANTHROPIC_BASE_URL=" + p.api, "ANTHROPIC_API_KEY=none",
		"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1", "DISABLE_AUTOUPDATER=1", "DISABLE_TELEMETRY=1", "HTTPS_PROXY=http://127.0.0.1:9", "NO_PROXY=127.0.0.1",
		"IS_SANDBOX=1", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
	}, p.env)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (p plugins) says(want string, args ...string) {
	p.t.Helper()
	if out := p.plugin(args...); !strings.Contains(out, want) {
		p.t.Errorf("claude plugin %s does not say %q:\n%s", strings.Join(args, " "), want, out)
	}
}

// TestMarketplace installs the plugin as a person does, from a folder and from a git server, and goes through its life.
func TestMarketplace(t *testing.T) {
	t.Parallel()
	s := shared.get(t)
	api, err := serve(Script{}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.close() }) // the subtests run after this function
	source := t.TempDir()
	parts := append([]string{"README.md", "LICENSE", "NOTICE", "CHANGELOG.md"}, pluginParts...)
	if err := copyParts(s.root, source, parts...); err != nil {
		t.Fatal(err)
	}
	if err := copyFile(filepath.Join(s.plugin, "bin", "stopgate"), filepath.Join(source, "bin", "stopgate"), 0o755); err != nil {
		t.Fatal(err)
	}
	plugins{t: t, home: t.TempDir(), api: api.url}.says("Validation passed", "validate", "--strict", source)
	if err := makeRepository(source, nil, nil); err != nil { // the program is committed too: a release
		t.Fatal(err)
	}
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&cgi.Handler{
		Path: git, Args: []string{"http-backend"}, Env: []string{"GIT_PROJECT_ROOT=" + filepath.Dir(source), "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"},
	})
	t.Cleanup(server.Close) // the subtests run after this function
	for name, from := range map[string]string{"folder": source, "git": server.URL + "/" + filepath.Base(source) + "/.git"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := plugins{t: t, home: t.TempDir(), api: api.url}
			const id = "stopgate@stopgate"
			p.says("Successfully added marketplace: stopgate", "marketplace", "add", from)
			p.says("Successfully installed", "install", id)
			p.says("enabled", "list")
			p.says("SubagentStop", "details", id)
			p.says("Successfully disabled", "disable", id)
			p.says("disabled", "list")
			p.says("Successfully enabled", "enable", id)
			p.says("stopgate", "marketplace", "update", "stopgate")
			p.says("latest version", "update", id)
			p.doctor(s.plugin, true)
			p.says("Successfully uninstalled", "uninstall", id)
			p.says("Successfully removed", "marketplace", "remove", "stopgate")
			p.doctor(s.plugin, false)
		})
	}
}

// TestMarketplaceMoved moves the folder that the plugin was installed from. The client then does not load the plugin, although its cache has a
// copy, and the doctor says so. The new path fixes that.
func TestMarketplaceMoved(t *testing.T) {
	t.Parallel()
	s := shared.get(t)
	api, err := serve(Script{}, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.close() }) // nothing calls it any more
	top := t.TempDir()
	first, second := filepath.Join(top, "first"), filepath.Join(top, "second")
	if err := copyParts(s.root, first, pluginParts...); err != nil {
		t.Fatal(err)
	}
	if err := copyFile(filepath.Join(s.plugin, "bin", "stopgate"), filepath.Join(first, "bin", "stopgate"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := plugins{t: t, home: t.TempDir(), api: api.url}
	p.says("Successfully added", "marketplace", "add", first)
	p.says("Successfully installed", "install", "stopgate@stopgate")
	p.doctor(s.plugin, true)
	if err := os.Rename(first, second); err != nil {
		t.Fatal(err)
	}
	p.says("failed to load", "list")
	p.doctor(s.plugin, false)
	p.says("Successfully added", "marketplace", "add", second)
	p.says("enabled", "list")
	p.doctor(s.plugin, true)
	if err := os.RemoveAll(filepath.Join(p.home, ".claude", "plugins", "cache")); err != nil {
		t.Fatal(err)
	}
	p.says("enabled", "list")
	p.doctor(s.plugin, true)
}

// doctor returns what stopgate doctor reports about the client's list of plugins.
func (p plugins) doctor(plugin string, installed bool) {
	p.t.Helper()
	cmd := exec.CommandContext(p.t.Context(), filepath.Join(plugin, "bin", "stopgate"), "doctor", "--quick")
	cmd.Dir, cmd.Env = p.home, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.home}
	out, _ := cmd.Output() // the exit status covers the whole machine
	if strings.Contains(string(out), "stopgate@stopgate is installed and enabled") != installed {
		p.t.Errorf("the doctor does not see that installed is %t:\n%s", installed, out)
	}
}
