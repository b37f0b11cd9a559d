//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// An unreadable transcript is named, and the rest is judged. The superuser may read everything, so the test then runs as nobody.
func TestReplayWithoutPermission(t *testing.T) {
	dir := t.TempDir()
	s := &story{cwd: dir, agent: "a1"}
	s.turn("prompt", "TASK: T1")
	s.turn("say", "ERROR: nothing to do")
	for name, mode := range map[string]os.FileMode{"agent-a1.jsonl": 0o444, "agent-a2.jsonl": 0} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(s.text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(copyOfThis(t, dir), "replay", "agent-a1.jsonl", "agent-a2.jsonl")
	cmd.Dir, cmd.Env = dir, []string{"HOME=" + dir}
	if os.Geteuid() == 0 {
		for _, path := range []string{dir, filepath.Dir(dir)} {
			if err := os.Chmod(path, 0o755); err != nil { //nolint:gosec // nobody must come in
				t.Fatal(err)
			}
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if status := cmd.ProcessState.ExitCode(); status != exitNot || !strings.Contains(stdout.String(), " declined ") {
		t.Errorf("status %d: %s", status, stdout.Bytes())
	}
	if got := stderr.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "agent-a2.jsonl: permission denied") {
		t.Errorf("stderr: %s", got)
	}
}

// copyOfThis returns a copy of this executable under the name by which it is the program (see TestMain).
func copyOfThis(t *testing.T, dir string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	path := filepath.Join(dir, "stopgate")
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755) //nolint:gosec // nobody must run it
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
