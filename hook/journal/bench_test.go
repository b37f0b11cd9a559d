package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// fill appends records of about size bytes, of many sessions, until the journal holds total bytes.
func fill(tb testing.TB, j *Journal, size, total int) {
	tb.Helper()
	data, err := json.Marshal(strings.Repeat("x \"session\" <y>\n", size/22))
	if err != nil {
		tb.Fatal(err)
	}
	for n, written := 0, 0; written < total; {
		var recs []Record
		for range max(1, (256<<10)/size) {
			recs = append(recs, Record{Kind: "stop", At: at, Session: fmt.Sprintf("5d2c8a52-5f0c-4f0e-9d63-%012d", n/20), Agent: fmt.Sprintf("a%07d", n/4), AgentType: "dev:integration-engineer", Task: "PROJ-123", Data: data})
			n++
			written += len(data) + 200
		}
		appendAll(tb, j, recs...)
	}
}

// BenchmarkReadMiss is the hook's hot path: an event of a session that has nothing in the journal.
func BenchmarkReadMiss(b *testing.B) {
	for _, size := range []int{300, 2000, 20000} {
		for _, bc := range []struct {
			name         string
			total, limit int
		}{{"growing=1MiB", 1 << 20, 1 << 30}, {"growing=8MiB", 8 << 20, 1 << 30}, {"8MiB", 8 << 20, segmentSize}, {"64MiB", 64 << 20, segmentSize}} {
			b.Run(fmt.Sprintf("record=%d/%s", size, bc.name), func(b *testing.B) {
				j := open(b, b.TempDir())
				j.limit = int64(bc.limit)
				fill(b, j, size, bc.total)
				b.ResetTimer()
				for b.Loop() {
					recs, skipped, err := j.Read(context.Background(), Filter{Session: "5d2c8a52-5f0c-4f0e-9d63-ffffffffffff"})
					if len(recs) > 0 || skipped.Lines > 0 || err != nil {
						b.Fatal(len(recs), skipped, err)
					}
				}
			})
		}
	}
}
