package gitcmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// asksForever is set in the process of the test that asks a git that never answers, and is killed.
const asksForever = "STOPGATE_TEST_GIT"

// TestGitEndsWithTheProgram: the client kills a hook that takes too long. The git that it was waiting for ends, too.
func TestGitEndsWithTheProgram(t *testing.T) {
	if git := os.Getenv(asksForever); git != "" {
		_, _ = New(filepath.Dir(git), git, nil).RunReading(t.Context(), nil, "status")
		t.Fatal("git has answered")
	}
	dir := t.TempDir()
	git, note := filepath.Join(dir, "git"), filepath.Join(dir, "pid")
	if err := os.WriteFile(git, []byte("#!/bin/sh\necho $$ >'"+note+".new' && mv '"+note+".new' '"+note+"'\nexec sleep 300\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	program := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestGitEndsWithTheProgram$")
	program.Env = append(os.Environ(), asksForever+"="+git)
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	pid := waitFor(t, "git to start", func() (string, bool) {
		content, err := os.ReadFile(note)
		return strings.TrimSpace(string(content)), err == nil
	})
	if err := program.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = program.Wait() // it was killed
	waitFor(t, "git to end", func() (string, bool) {
		stat, err := os.ReadFile(filepath.Join("/proc", pid, "stat")) // proc(5): the state is behind the name in brackets
		_, state, _ := strings.Cut(string(stat), ") ")
		return "", err != nil || strings.HasPrefix(state, "Z")
	})
}

func waitFor(t *testing.T, what string, there func() (string, bool)) string {
	t.Helper()
	for range 3000 {
		if text, ok := there(); ok {
			return text
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waiting for %s took too long", what)
	return ""
}
