package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestProgressLine(t *testing.T) {
	for _, test := range []struct {
		done, total int64
		elapsed     time.Duration
		want        string
	}{
		{0, 10 << 20, time.Second, "[..............................]   0%  0 KiB of 10.0 MiB  ? left"},
		{5 << 20, 10 << 20, 3 * time.Second, "[###############...............]  50%  5.0 MiB of 10.0 MiB  3s left"},
		{3 << 30, 3 << 30, time.Minute, "[##############################] 100%  3.0 GiB of 3.0 GiB  0s left"},
		{4 << 30, 3 << 30, time.Minute, "[##############################] 100%  3.0 GiB of 3.0 GiB  0s left"}, // the file has grown
	} {
		if got := progressLine(test.done, test.total, test.elapsed); got != test.want {
			t.Errorf("%d of %d after %v: %q, want %q", test.done, test.total, test.elapsed, got, test.want)
		}
	}
}

// In a pipe there is no bar, however long it takes.
func TestProgressInPipe(t *testing.T) {
	var out bytes.Buffer
	p := startProgress(&out, 100)
	p.begun = p.begun.Add(-time.Hour)
	p.add(50)
	p.clear()
	p.stop()
	if out.Len() != 0 || strings.Contains(out.String(), "\x1b") {
		t.Errorf("written: %q", out.String())
	}
}
