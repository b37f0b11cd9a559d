package hosttest

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A machine without npm may skip the suite; a client that is not the pinned one is no reason to.
func TestInstallClientWithoutNpm(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if client, err := installClient(t.Context(), t.TempDir()); !errors.Is(err, errUnavailable) {
		t.Errorf("client %q, error %v; want %v", client, err, errUnavailable)
	}
}

func TestFindClientOfOtherVersion(t *testing.T) {
	if runtime.GOOS == "windows" {
		skip(t, "the client that stands in is a shell script")
	}
	for output, want := range map[string]string{
		"0.0.1 (Claude Code)":             `is version "0.0.1"`,
		ClientVersion + "9 (Claude Code)": `want ` + ClientVersion,
		ClientVersion + " (Claude Code)":  "",
	} {
		dir := t.TempDir()
		client := filepath.Join(dir, "node_modules", "@anthropic-ai", "claude-code-any-any", "claude")
		if err := os.MkdirAll(filepath.Dir(client), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(client, []byte("#!/bin/sh\necho '"+output+"'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		found, err := findClient(t.Context(), dir)
		switch {
		case want == "" && (err != nil || found != client):
			t.Errorf("%q: found %q, error %v", output, found, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: error %v, want %q in it", output, err, want)
		}
	}
}
