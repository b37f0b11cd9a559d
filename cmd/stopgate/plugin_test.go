package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stopgate/hook/doctor"
	"stopgate/hook/host"
)

const root = "../.."

func readRoot(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestManifests holds the two copies of the manifest equal: the host reads the one below .claude-plugin, people the other.
func TestManifests(t *testing.T) {
	info, err := os.Lstat(filepath.Join(root, ".claude-plugin/plugin.json"))
	if err != nil || !info.Mode().IsRegular() {
		t.Fatalf(".claude-plugin/plugin.json is no regular file: %v, %v", info, err)
	}
	manifest := readRoot(t, ".claude-plugin/plugin.json")
	if !bytes.Equal(manifest, readRoot(t, "plugin.json")) {
		t.Error("plugin.json differs from .claude-plugin/plugin.json")
	}
	var m struct{ Name, Hooks string }
	if err := json.Unmarshal(manifest, &m); err != nil || m.Name != "stopgate" || m.Hooks != "./hook/hooks.json" {
		t.Errorf("the manifest says %+v, %v", m, err)
	}
}

// TestVersion holds every place that names the version against plugin.json: the program, the changelog, and the tag of a release.
func TestVersion(t *testing.T) {
	var manifest struct{ Version string }
	if err := json.Unmarshal(readRoot(t, "plugin.json"), &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Version != release {
		t.Errorf("plugin.json has version %s, and the program %s", manifest.Version, release)
	}
	headings := regexp.MustCompile(`(?m)^## (\S+)`).FindAllStringSubmatch(string(readRoot(t, "CHANGELOG.md")), 2)
	if len(headings) == 0 || headings[0][1] != "Unreleased" && headings[0][1] != release {
		t.Errorf("CHANGELOG.md begins with %q, not with Unreleased or %s", headings, release)
	}
	for _, page := range []string{"README.md", "docs/install.md"} {
		if !strings.Contains(string(readRoot(t, page)), doctor.OldestClient+" or later") {
			t.Errorf("%s does not name the oldest client, %s", page, doctor.OldestClient)
		}
	}
	cmd := exec.Command("git", "tag", "--points-at", "HEAD", "--list", "v[0-9]*")
	cmd.Dir = root
	tags, err := cmd.Output()
	if err != nil {
		return // no repository: an export
	}
	for _, tag := range strings.Fields(string(tags)) {
		if tag != "v"+release || headings[0][1] != release {
			t.Errorf("the commit is tagged %s; the version is %s, and CHANGELOG.md begins with %s", tag, release, headings[0][1])
		}
	}
}

// TestNotice compares the modules in the program with those whose authors NOTICE names.
func TestNotice(t *testing.T) {
	linked := map[string]bool{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "stopgate/cmd/stopgate")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := list.Output()
		if err != nil {
			t.Fatalf("go list for %s: %v", system, err)
		}
		for _, path := range strings.Fields(string(out)) {
			linked[path] = path != "stopgate"
		}
	}
	named := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^([a-z.]+/\S+) \((?:MIT|Apache-2\.0|BSD-3-Clause)\)`).FindAllStringSubmatch(string(readRoot(t, "NOTICE")), -1) {
		named[match[1]] = true
		if !linked[match[1]] {
			t.Errorf("NOTICE names %s, which the program does without", match[1])
		}
	}
	for path, foreign := range linked {
		if foreign && !named[path] {
			t.Errorf("NOTICE does not name %s", path)
		}
	}
}

// TestHooks compares the registered hooks with the program: every event that it handles, in exec form, and for every agent, because the marker of
// its launch can make any agent a gate.
func TestHooks(t *testing.T) {
	var file struct {
		Hooks map[string][]struct {
			Matcher string
			Hooks   []struct {
				Type, Command string
				Args          []string
				Timeout       float64
			}
		}
	}
	if err := json.Unmarshal(readRoot(t, "hook/hooks.json"), &file); err != nil {
		t.Fatal(err)
	}
	for _, event := range []string{host.SubagentStart, host.SubagentStop, host.PreToolUse, host.PostToolUse, host.UserPromptSubmit, host.Stop} {
		if len(file.Hooks[event]) == 0 {
			t.Errorf("%s is not registered", event)
		}
		for _, group := range file.Hooks[event] {
			for _, h := range group.Hooks {
				if h.Type != "command" || h.Command != "${CLAUDE_PLUGIN_ROOT}/bin/stopgate" || len(h.Args) != 1 || h.Args[0] != "hook" {
					t.Errorf("%s runs %+v", event, h)
				}
				if limit := hookDeadline.Seconds(); h.Timeout <= limit {
					t.Errorf("%s is killed after %v s, before the program's own deadline of %v s", event, h.Timeout, limit)
				}
			}
			if strings.HasPrefix(event, "Subagent") && group.Matcher != "" {
				t.Errorf("%s is registered for %q alone", event, group.Matcher)
			}
		}
	}
	if len(file.Hooks["SessionStart"]) == 0 {
		t.Error("nothing looks after the binary at SessionStart")
	}
}
