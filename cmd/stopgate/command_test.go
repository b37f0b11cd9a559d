package main

import (
	"bytes"
	"strings"
	"testing"
)

// crashing is a stdin that panics.
type crashing struct{}

func (crashing) Read([]byte) (int, error) { panic("crash") }

// TestCrashIsNoVerdict: the host takes status 2 for a block and any output for an answer, and people take a 1 of check for a verdict.
func TestCrashIsNoVerdict(t *testing.T) {
	for _, name := range []string{"hook", "check"} {
		var stdout, stderr bytes.Buffer
		status := command{stdin: crashing{}, stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }}.run([]string{name})
		if status != exitCannotRun || stdout.Len() > 0 || !strings.Contains(stderr.String(), "internal error: crash") {
			t.Errorf("%s: status %d, stdout %q, stderr %q", name, status, stdout.String(), stderr.String())
		}
	}
}
