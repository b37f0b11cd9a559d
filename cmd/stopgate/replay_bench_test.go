package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/transcript"
)

// BenchmarkReplayFolder replays a folder of long sessions, filled mostly with what agents have read. x-wc is the ratio of its time to that of wc -l
// over the same files in the same run, MB/s the throughput over all cores.
func BenchmarkReplayFolder(b *testing.B) {
	wc, err := exec.LookPath("wc")
	if err != nil {
		b.Skip("there is no wc to compare with")
	}
	dir := b.TempDir()
	var files []string
	var size int64
	for i := range 16 {
		path := filepath.Join(dir, fmt.Sprintf("s%d", i), "subagents", fmt.Sprintf("agent-a%d.jsonl", i))
		size += writeLongTranscript(b, path, 16<<20)
		files = append(files, path)
	}
	b.SetBytes(size)
	var ours, counting time.Duration
	for b.Loop() {
		start := time.Now()
		c := command{stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }, dir: dir, now: time.Now}
		if status := c.run([]string{"replay", "--format", "jsonl", dir}); status != exitNot {
			b.Fatalf("status %d", status)
		}
		ours += time.Since(start)
		start = time.Now()
		if err := exec.Command(wc, append([]string{"-l"}, files...)...).Run(); err != nil {
			b.Fatal(err)
		}
		counting += time.Since(start)
	}
	b.ReportMetric(float64(ours)/float64(counting), "x-wc")
	b.ReportMetric(float64(size)*float64(b.N)/1e6/ours.Seconds(), "replay-MB/s") // MB/s holds wc's time too
}

// BenchmarkHookOnLongTranscript is one stop with a transcript of 50 MB: the time that the host waits.
func BenchmarkHookOnLongTranscript(b *testing.B) {
	dir := b.TempDir()
	path := filepath.Join(dir, "agent-a1.jsonl")
	b.SetBytes(writeLongTranscript(b, path, 50<<20))
	event, err := json.Marshal(map[string]any{
		"hook_event_name": "SubagentStop", "session_id": "s1", "cwd": dir, "agent_id": "a1", "agent_type": "bug-fixer",
		"agent_transcript_path": path, "last_assistant_message": lastWords,
	})
	if err != nil {
		b.Fatal(err)
	}
	for n := 0; b.Loop(); n++ {
		state := filepath.Join(dir, fmt.Sprint("state", n)) // so that each stop is new
		c := command{
			stdin: strings.NewReader(string(event)), stdout: io.Discard, stderr: b.Output(),
			getenv: func(name string) string { return map[string]string{"STOPGATE_STATE_DIR": state}[name] },
			dir:    dir, now: time.Now,
		}
		if status := c.run([]string{"hook"}); status != exitOK {
			b.Fatalf("status %d", status)
		}
	}
}

const lastWords = "ERROR: the sandbox is not there"

// writeLongTranscript writes an agent's transcript of about that size and returns what it is.
func writeLongTranscript(b *testing.B, path string, size int) int64 {
	b.Helper()
	s := &story{cwd: filepath.Dir(path), agent: transcript.AgentID(path)}
	s.turn("prompt", "TASK: T1")
	read := strings.Repeat("\tif err := s.serve(w, r); err != nil {\n\t\thttp.Error(w, \"it failed\", 500)\n\t}\n", 200)
	blob, err := json.Marshal(map[string]any{"type": "api-request-blob", "agentId": s.agent, "message": map[string]any{"role": "user", "content": read}})
	if err != nil {
		b.Fatal(err)
	}
	// The host puts the type first (2.1.330), and maps have no order.
	blob = append([]byte(`{"type":"api-request-blob",`), strings.Replace(string(blob[1:]), `,"type":"api-request-blob"`, "", 1)...)
	for s.text.Len() < size {
		s.turn("edit", "Edit src/main.go")
		s.turn("bash", "go test ./...")
		for range 8 {
			s.text.Write(append(blob, '\n'))
		}
	}
	s.turn("say", lastWords)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(s.text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	meta := strings.TrimSuffix(path, ".jsonl") + ".meta.json"
	if err := os.WriteFile(meta, []byte(`{"agentType":"bug-fixer"}`), 0o600); err != nil {
		b.Fatal(err)
	}
	return int64(s.text.Len())
}
