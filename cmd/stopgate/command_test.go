package main

import (
	"bytes"
	"strings"
	"testing"
)

// crashing is a stdin that panics.
type crashing struct{}

func (crashing) Read([]byte) (int, error) { panic("crash") }

// TestCrashIsNoVerdict: the host takes status 2 for a block, and any output for an answer.
func TestCrashIsNoVerdict(t *testing.T) {
	var stdout, stderr bytes.Buffer
	status := command{stdin: crashing{}, stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }}.run([]string{"hook"})
	if status != exitNot || stdout.Len() > 0 || !strings.Contains(stderr.String(), "internal error: crash") {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout.String(), stderr.String())
	}
}
