package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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

// BenchmarkReadHit is a stop of an agent in a session that has a long history among others.
func BenchmarkReadHit(b *testing.B) {
	j := open(b, b.TempDir())
	fill(b, j, 20000, 8<<20) // 20 records of each session
	session := read(b, j, Filter{})[100].Session
	for _, filter := range []Filter{{Session: session}, {Session: session, Kinds: []string{"none"}}} {
		b.Run(fmt.Sprintf("kinds=%d", len(filter.Kinds)), func(b *testing.B) {
			found := 0
			for b.Loop() {
				found = len(read(b, j, filter))
			}
			b.ReportMetric(float64(found), "records")
		})
	}
}

// BenchmarkAppend sets each append beside a bare write and fsync of the same bytes, which is the least that it can cost.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{300, 20000, 1 << 20} {
		b.Run(fmt.Sprintf("record=%d", size), func(b *testing.B) {
			j := open(b, b.TempDir())
			rec := Record{Kind: "stop", At: at, Session: "5d2c8a52-5f0c-4f0e-9d63-0f4f3b6f7a10", Agent: "a1b2c3d4", Data: json.RawMessage(`"` + strings.Repeat("x", size) + `"`)}
			lines, err := encode([]Record{rec})
			if err != nil {
				b.Fatal(err)
			}
			bare, err := os.OpenFile(filepath.Join(b.TempDir(), "bare"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
			if err != nil {
				b.Fatal(err)
			}
			defer bare.Close()
			var whole, least time.Duration
			for b.Loop() {
				start := time.Now()
				appendAll(b, j, rec)
				whole += time.Since(start)
				start = time.Now()
				if _, err := bare.Write(lines); err != nil {
					b.Fatal(err)
				}
				if err := bare.Sync(); err != nil {
					b.Fatal(err)
				}
				least += time.Since(start)
			}
			b.ReportMetric(float64(whole.Nanoseconds())/float64(b.N), "append-ns/op")
			b.ReportMetric(float64(least.Nanoseconds())/float64(b.N), "fsync-ns/op")
			b.ReportMetric(float64(whole)/float64(least), "append/fsync")
		})
	}
}
