package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Another tool is asked about the events of agents that it is registered for. What it answers is kept for the agent.
func TestAskPeers(t *testing.T) {
	folder := t.TempDir()
	tool := filepath.Join(folder, "bin", "klaudiush")
	if err := os.MkdirAll(filepath.Dir(tool), 0o755); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\ncase $(cat) in *'git commit'*) echo '{\"hookSpecificOutput\": {\"permissionDecision\": \"deny\"}}' ;; esac\n"
	if err := os.WriteFile(tool, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	found, notes := findPeers([]string{folder, "nowhere"})
	if len(found) != 1 || found[0].name != "klaudiush" || found[0].version != "unknown" {
		t.Fatalf("found %+v", found)
	}
	said := strings.Join(notes, "\n")
	for _, note := range []string{"groundtruth is left out: no folder holds dist/cli.js", "cc-safety-net is left out", "nowhere holds no tool that is known here"} {
		if !strings.Contains(said, note) {
			t.Errorf("no %q in %s", note, said)
		}
	}
	if strings.Contains(said, folder) {
		t.Errorf("the folder that is used is complained about: %s", said)
	}
	w := &world{stage: &stage{peers: found}, env: os.Environ(), objections: map[string]map[string]bool{}}
	event := func(name, agent, tool, command string) {
		w.askPeers(name, folder, map[string]any{"agent_id": agent, "tool_name": tool, "tool_input": map[string]any{"command": command}})
	}
	event("PreToolUse", "a1", "Bash", "ls")
	event("PostToolUse", "a1", "Bash", "git commit -m x") // not asked about
	event("PreToolUse", "a2", "Bash", "git commit -m x")
	event("PreToolUse", "", "Bash", "git commit -m x") // the session's own
	if got := w.takeObjections("a1"); len(got) != 0 {
		t.Errorf("objections to a1: %v", got)
	}
	if got := w.takeObjections("a2"); !got["klaudiush"] {
		t.Errorf("no objection to a2: %v", got)
	}
	if got := w.takeObjections("a2"); len(got) != 0 {
		t.Errorf("the objections to a2 are counted twice: %v", got)
	}
}

func TestFieldOf(t *testing.T) {
	for rules, about := range map[string]field{
		notChanged: claims, notDeclared: claims, intoGit: commands, "write-outside refused": commands, "report-missing": other, "": other,
	} {
		if got := fieldOf([]want{{rules: rules}}); got != about {
			t.Errorf("%q: %d, want %d", rules, got, about)
		}
	}
}

func TestPeersPage(t *testing.T) {
	stops := []stop{
		{advised: true, verdict: "verified", peers: map[string]bool{"p": true}},
		{advised: true, verdict: "verified"},
		{advised: true, isFalse: true, caught: true, about: claims, peers: map[string]bool{"p": true}},
		{advised: true, isFalse: true, about: claims},
		{advised: true, isFalse: true, caught: true, about: commands},
		{isFalse: true, caught: true, about: commands}, // a gate's
	}
	table := count([]result{{stops: stops}}).peersPage([]string{"command: x"}, []peer{{name: "p", field: claims, version: "1.2"}})
	for _, row := range []string{
		"| p | 1 of 2 (50.0 %) | 1 of 2 (50.0 %) | 1 of 3 (33.3 %) |\n", "| stopgate, same stops | 0 of 2 (0.0 %) | 1 of 2 (50.0 %) | 2 of 3 (66.7 %) |\n",
	} {
		if !strings.Contains(table, row) {
			t.Errorf("no row %s in\n%s", row, table)
		}
	}
}
