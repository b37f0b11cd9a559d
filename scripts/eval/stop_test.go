package main

import "testing"

// TestAdviceFails: an agent that was sent back and followed the advice must be accepted within two rounds, whatever it ends as otherwise.
func TestAdviceFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		stop stop
		want bool
	}{
		{"accepted at once", stop{advised: true, verdict: "verified"}, false},
		{"a violation at once", stop{advised: true, verdict: "violation"}, false},
		{"accepted after two rounds", stop{advised: true, rounds: 2, verdict: "verified", mended: true}, false},
		{"accepted after three", stop{advised: true, rounds: 3, verdict: "verified", mended: true}, true},
		{"capped", stop{advised: true, rounds: 2, verdict: "capped"}, true},
		{"a violation after a round", stop{advised: true, rounds: 1, verdict: "violation"}, true},
		{"unknown after a round", stop{advised: true, rounds: 1, verdict: "unknown"}, true},
		{"a gate that nobody advised", stop{rounds: 1, verdict: "failed"}, false},
	} {
		if got := c.stop.adviceFails(); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
