package transcript

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

var large = flag.Bool("large", false, "run the benchmark over a stream of 1 GiB")

// code is text as tools return it: short lines, quotes and backslashes, some of it beyond ASCII.
var code = strings.Repeat("func (s *Server) serve(w http.ResponseWriter, r *http.Request) {\n"+
	"\tlog.Printf(\"serving %q to %s\\n\", r.URL.Path, r.RemoteAddr)\n"+
	"\tif err := s.tmpl.Execute(w, map[string]any{\"title\": \"Übersicht\", \"rows\": s.rows}); err != nil {\n"+
	"\t\thttp.Error(w, `{\"error\":\"`+err.Error()+`\"}`, http.StatusInternalServerError)\n\t}\n}\n\n", 12)

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// The kinds of line in a transcript, by the cost of reading them.
var (
	blobLine = `{"type":"api-request-blob","sessionId":"s1","agentId":"a1","hash":"0f","message":{"role":"user","content":[{"type":"text","text":` +
		quoted(quoted(code)) + `}]}}` + "\n"
	attachmentLine = `{"parentUuid":"u1","isSidechain":true,"agentId":"a1","attachment":{"type":"skill_listing","content":` + quoted(code) +
		`},"type":"attachment","uuid":"u2","timestamp":"2026-01-02T03:04:05.000Z","rendered":[{"content":` + quoted(code) + `}],"sessionId":"s1"}` + "\n"
	resultLine = `{"parentUuid":"u1","isSidechain":true,"agentId":"a1","type":"user","message":{"role":"user","content":[{"tool_use_id":"t1","type":"tool_result","content":` +
		quoted(code) + `}]},"uuid":"u3","timestamp":"2026-01-02T03:04:05.000Z","toolUseResult":{"stdout":` + quoted(code) + `,"structuredPatch":[{"lines":["+a","-b"]}]},"sessionId":"s1"}` + "\n"
	writeLine = `{"parentUuid":"u1","isSidechain":true,"agentId":"a1","message":{"content":[{"id":"t1","input":{"file_path":"/repo/a.go","content":` +
		quoted(code) + `},"name":"Write","type":"tool_use"}],"id":"m1","role":"assistant","stop_reason":"tool_use","usage":{"input_tokens":10}},"type":"assistant","uuid":"u4","timestamp":"2026-01-02T03:04:05.000Z","sessionId":"s1"}` + "\n"
	textLine = `{"parentUuid":"u1","isSidechain":true,"agentId":"a1","message":{"content":[{"type":"text","text":"Now the other half."}],"id":"m2","role":"assistant","stop_reason":"tool_use"},"type":"assistant","uuid":"u5","timestamp":"2026-01-02T03:04:05.000Z","sessionId":"s1"}` + "\n"
)

// agentTranscript returns the transcript of an agent that worked for long. About half of its bytes matter. Every tool use and reply has its own id.
func agentTranscript(size int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"isSidechain":true,"agentId":"a1","type":"user","message":{"role":"user","content":"TASK: T1"},"uuid":"u0"}` + "\n")
	for i := 0; b.Len() < size; i++ {
		ids := strings.NewReplacer(`"t1"`, fmt.Sprintf(`"t%d"`, i), `"m1"`, fmt.Sprintf(`"m%d"`, 2*i), `"m2"`, fmt.Sprintf(`"m%d"`, 2*i+1))
		b.WriteString(ids.Replace(textLine))
		b.WriteString(ids.Replace(writeLine))
		b.WriteString(ids.Replace(resultLine))
		b.WriteString(blobLine)
		b.WriteString(attachmentLine)
	}
	b.WriteString(`{"isSidechain":true,"agentId":"a1","message":{"content":[{"type":"text","text":"the report"}],"id":"m","role":"assistant","stop_reason":"end_turn"},"type":"assistant","uuid":"u9"}` + "\n")
	return b.Bytes()
}

// BenchmarkLines tells, for each kind of line, the throughput of one pass and, from the same run, how many times slower
// than counting line feeds it is (bytes.Count; wc -l where there is one) and how many times faster than decoding each
// line with encoding/json into the few fields that matter.
func BenchmarkLines(b *testing.B) {
	for _, kind := range []struct {
		name string
		text []byte
	}{
		{"blob", bytes.Repeat([]byte(blobLine), 16<<20/len(blobLine))},
		{"attachment", bytes.Repeat([]byte(attachmentLine), 16<<20/len(attachmentLine))},
		{"result", bytes.Repeat([]byte(resultLine), 16<<20/len(resultLine))},
		{"write", bytes.Repeat([]byte(writeLine), 16<<20/len(writeLine))},
		{"agent", agentTranscript(16 << 20)},
	} {
		b.Run(kind.name, func(b *testing.B) {
			b.SetBytes(int64(len(kind.text)))
			var ours time.Duration
			for b.Loop() {
				start := time.Now()
				s := NewScanner(context.Background(), bytes.NewReader(kind.text), Options{})
				for s.Scan() {
				}
				if s.Err() != nil || s.Skipped() != (Skipped{}) {
					b.Fatalf("%v, skipped %+v", s.Err(), s.Skipped())
				}
				ours += time.Since(start)
			}
			each := ours / time.Duration(b.N)
			b.ReportMetric(ratio(each, fastest(5, func() { countLines(b, kind.text) })), "x-count")
			b.ReportMetric(ratio(fastest(1, func() { decodeLines(b, kind.text) }), each), "x-json")
			if wc, err := exec.LookPath("wc"); err == nil {
				path := filepath.Join(b.TempDir(), "lines")
				if err := os.WriteFile(path, kind.text, 0o600); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(ratio(each, fastest(5, func() {
					if err := exec.Command(wc, "-l", path).Run(); err != nil {
						b.Fatal(err)
					}
				})), "x-wc")
			}
		})
	}
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

func fastest(n int, f func()) time.Duration {
	best := time.Duration(1<<63 - 1)
	for range n {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	return best
}

// countLines reads as the scanner does, in pieces, and counts line feeds.
func countLines(b *testing.B, text []byte) {
	buf := make([]byte, readSize)
	r, n := bytes.NewReader(text), 0
	for {
		got, err := r.Read(buf)
		n += bytes.Count(buf[:got], []byte{'\n'})
		if err == io.EOF {
			break
		}
	}
	if n == 0 {
		b.Fatal("no lines")
	}
}

func decodeLines(b *testing.B, text []byte) {
	r := bufio.NewReaderSize(bytes.NewReader(text), 1<<20)
	for {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		var rec struct {
			Type    string `json:"type"`
			Message struct {
				ID      string          `json:"id"`
				Content json.RawMessage `json:"content"`
			} `json:"message"`
		}
		if err := json.Unmarshal(line, &rec); err != nil || rec.Type == "" {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadAgent50MB is the hook's work at a stop, on a file in the page cache.
func BenchmarkReadAgent50MB(b *testing.B) {
	path := filepath.Join(b.TempDir(), "agent-a1.jsonl")
	text := agentTranscript(50_000_000)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		a, err := ReadAgent(context.Background(), path, Options{})
		if err != nil || !a.Reached("the report", false, "") || len(a.ToolUses) < 1000 {
			b.Fatalf("%v: %d tool uses", err, len(a.ToolUses))
		}
	}
}

// BenchmarkStream1GiB is one pass over a stream that is never whole in memory. It runs with -large.
func BenchmarkStream1GiB(b *testing.B) {
	if !*large {
		b.Skip("needs -large")
	}
	const size = 1 << 30
	part := agentTranscript(8 << 20)
	for b.Loop() {
		var mem runtime.MemStats
		var peak uint64
		s := NewScanner(context.Background(), io.LimitReader(&endless{part: part}, size), Options{})
		stops := 0
		for s.Scan() {
			stops++
			runtime.ReadMemStats(&mem)
			peak = max(peak, mem.HeapAlloc)
		}
		if s.Err() != nil || stops < 100 || s.Skipped().Total() > 1 {
			b.Fatalf("%d stops, %v, skipped %+v", stops, s.Err(), s.Skipped())
		}
		b.ReportMetric(float64(peak)/(1<<20), "MiB-peak") // 8 of them are the benchmark's own
		b.ReportMetric(float64(s.Lines()), "lines")
	}
	b.SetBytes(size)
}

type endless struct {
	part []byte
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.part[e.at:])
	e.at = (e.at + n) % len(e.part)
	return n, nil
}
