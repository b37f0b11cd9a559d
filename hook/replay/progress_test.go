package replay

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestProgressLine(t *testing.T) {
	for _, test := range []struct {
		read, total      int64
		judged, sessions int
		elapsed          time.Duration
		want             string
	}{
		{0, 10 << 20, 0, 4, time.Second, "[..............................]   0%  0 KiB of 10.0 MiB read, 0 of 4 sessions judged, ? left"},
		{5 << 20, 10 << 20, 2, 4, 3 * time.Second, "[###############...............]  50%  5.0 MiB of 10.0 MiB read, 2 of 4 sessions judged, 3s left"},
		{10 << 20, 10 << 20, 0, 1, time.Second, "[###############...............]  50%  10.0 MiB of 10.0 MiB read, 0 of 1 session judged, 1s left"},
		{3 << 30, 3 << 30, 1, 1, time.Minute, "[##############################] 100%  3.0 GiB of 3.0 GiB read, 1 of 1 session judged, 0s left"},
		{4 << 30, 3 << 30, 1, 1, time.Minute, "[##############################] 100%  3.0 GiB of 3.0 GiB read, 1 of 1 session judged, 0s left"}, // the file has grown
	} {
		if got := progressLine(test.read, test.total, test.judged, test.sessions, test.elapsed, 0); got != test.want {
			t.Errorf("%+v: %q, want %q", test, got, test.want)
		}
	}
}

// On a narrow terminal the bar gives way to the words.
func TestProgressNarrow(t *testing.T) {
	for columns, want := range map[int]string{
		100: "[###############...............]  50%  5.0 MiB of 10.0 MiB read, 2 of 4 sessions judged, 3s left",
		80:  "[######.......]  50%  5.0 MiB of 10.0 MiB read, 2 of 4 sessions judged, 3s left",
		60:  " 50%  5.0 MiB of 10.0 MiB read, 2 of 4 sessions judged, 3s left",
	} {
		if got := progressLine(5<<20, 10<<20, 2, 4, 3*time.Second, columns); got != want {
			t.Errorf("%d columns: %q, want %q", columns, got, want)
		}
	}
}

// In a pipe there is no bar, however long it takes.
func TestProgressInPipe(t *testing.T) {
	var out bytes.Buffer
	p := startProgress(&out, make([]Session, 1))
	p.begun = p.begun.Add(-time.Hour)
	p.add(50)
	p.clear()
	p.stop()
	if out.Len() != 0 || strings.Contains(out.String(), "\x1b") {
		t.Errorf("written: %q", out.String())
	}
}
