package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestOutOfMemoryIsNoVerdict: a process that gets no more memory dies in the Go runtime, which cannot be caught. It must not exit with 2, Go's own
// runStatus for that, because 2 means a block to the host.
func TestOutOfMemoryIsNoVerdict(t *testing.T) {
	if testing.Short() {
		t.Skip("with -short no program is linked")
	}
	binary := filepath.Join(t.TempDir(), "stopgate")
	build := exec.Command("go", "build", "-trimpath", "-o", binary, ".")
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.Command("sh", "-c", `ulimit -v 1000000 && exec "$0" hook`, binary) // KiB: enough to start, not to read this
	cmd.Stdin = strings.NewReader(`{"hook_event_name":"UserPromptSubmit","prompt":"` + strings.Repeat("x", 100<<20) + `"}`)
	err := cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("the hook ended with %v: the limit was not felt", err)
	}
	if exit.ExitCode() == 2 {
		t.Error("the hook ended with status 2")
	}
}
