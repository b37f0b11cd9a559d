package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"stopgate/scripts/client"
)

// playedSession is a session of the client in a repository. Its transcripts lie where the client would put them.
func playedSession(t *testing.T, repo, transcript string) *client.Session {
	t.Helper()
	ids := 0
	return &client.Session{
		ID: "s1", Repository: repo, Transcript: transcript,
		NewID: func(prefix string) string { ids++; return fmt.Sprintf("%s%04d", prefix, ids) },
		Keep: func(file string, line []byte) {
			t.Helper()
			before, err := os.ReadFile(file)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			writeFile(t, file, string(before)+string(line))
		},
	}
}

// launchedAs writes the client's notes on an agent's launch.
func launchedAs(t *testing.T, a *client.Agent, prompt string) {
	t.Helper()
	notes, text := a.Meta(nil)
	writeFile(t, notes, string(text))
	a.Prompted(prompt)
}

// hookAnswer returns the program's answer to an event.
func hookAnswer(t *testing.T, environ []string, cwd string, event []byte) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := command{stdin: bytes.NewReader(event), stdout: &stdout, stderr: &stderr, getenv: lookupIn(environ), environ: environ, dir: cwd, now: time.Now, lag: time.Nanosecond}
	if status := c.run([]string{"hook"}); status != exitOK || stderr.Len() > 0 {
		t.Fatalf("status %d, %s\n%s", status, stderr.Bytes(), event)
	}
	return stdout.String()
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
