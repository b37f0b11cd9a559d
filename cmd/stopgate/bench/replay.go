package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	// sessionSize is the size in bytes of a recorded session after an hour of work.
	sessionSize = 400 << 10
	// replayRounds is how often a folder of sessions is replayed.
	replayRounds = 3
	// replaySpeed is the target in bytes per second, replayMemory the target in bytes.
	replaySpeed, replayMemory = 400e6, 64 << 20
)

// replay compares a replay of so many sessions with wc, which reads the same files and counts their lines.
func (b *bench) replay(sessions int) error {
	fmt.Fprintf(b.progress, "a folder of %d sessions\n", sessions)
	dir := filepath.Join(b.dir, "sessions")
	total, err := writeSessions(dir, sessions)
	if err != nil {
		return err
	}
	var memory int64
	run := func() error {
		cmd := exec.CommandContext(b.ctx, b.program("stopgate"), "replay", "--format", "jsonl", dir)
		cmd.Env = append(os.Environ(), "STOPGATE_STATE_DIR="+filepath.Join(b.dir, "state-of-replay"))
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		var exit *exec.ExitError
		if err := cmd.Run(); err != nil && !errors.As(err, &exit) { // it exits with 1 if a stop is not verified
			return fmt.Errorf("stopgate replay: %w", err)
		}
		if n := bytes.Count(stdout.Bytes(), []byte("\n")); n != sessions {
			return fmt.Errorf("stopgate replay printed %d stops, want %d\n%s", n, sessions, stderr.Bytes())
		}
		memory = max(memory, peakOf(cmd.ProcessState))
		return nil
	}
	count := func() error {
		return exec.CommandContext(b.ctx, "sh", "-c", `find "$0" -name '*.jsonl' -exec wc -l {} + >/dev/null`, dir).Run()
	}
	times, err := b.inTurn(replayRounds, run, count)
	if err != nil {
		return err
	}
	speed := float64(total) / times[0].Seconds()
	b.compare(fmt.Sprintf("replay of %d sessions, %d MB, %.0f MB/s", sessions, total/1e6, speed/1e6), times[0], "wc -l of the same files", times[1],
		fmt.Sprintf("at least %.0f MB/s", replaySpeed/1e6))
	if memory > 0 {
		b.compareMemory(fmt.Sprintf("memory of a replay of %d sessions", sessions), memory, replayMemory, "at most 1.00")
	}
	return os.RemoveAll(dir)
}

// writeSessions writes sessions with one coding agent each, which reads much and finally reports that it could not work. It returns their size.
func writeSessions(dir string, sessions int) (total int64, err error) {
	read := strings.Repeat(`\tif err := s.serve(w, r); err != nil {\n\t\thttp.Error(w, \"it failed\", 500)\n\t}\n`, 200)
	var text strings.Builder
	for n := range sessions {
		agent := fmt.Sprintf("a%d", n)
		at := 0
		line := func(format string, args ...any) {
			at++
			fmt.Fprintf(&text, `{"type":%s,"uuid":"u%d","isSidechain":true,"agentId":%q,"sessionId":"s%d","cwd":"/shop","version":"2.1.330","timestamp":"2026-01-01T00:%02d:%02d.000Z"}`+"\n",
				fmt.Sprintf(format, args...), at, agent, n, at/60%60, at%60)
		}
		text.Reset()
		line(`"user","message":{"role":"user","content":"TASK: T-%d, DESCRIPTION: mend the shop\nWORKTREE_PATH: ./trees/T-%d\n"}`, n, n)
		for text.Len() < sessionSize {
			line(`"assistant","message":{"role":"assistant","id":"m%d","content":[{"type":"tool_use","id":"t%d","name":"Read","input":{"file_path":"/shop/a.go"}}]}`, at, at)
			line(`"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t%d","content":"%s"}]}`, at-1, read)
		}
		line(`"assistant","message":{"role":"assistant","id":"m","stop_reason":"end_turn","content":[{"type":"text","text":"ERROR: the sandbox is not there"}]}`)
		path := filepath.Join(dir, fmt.Sprintf("s%d", n), "subagents", "agent-"+agent)
		if err := errors.Join(writeIn(path+".jsonl", []byte(text.String()), 0o600), writeIn(path+".meta.json", []byte(`{"agentType":"bug-fixer"}`), 0o600)); err != nil {
			return 0, err
		}
		total += int64(text.Len())
	}
	return total, nil
}
