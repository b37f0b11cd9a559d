package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// The collector is late once, also after the heap was prepared for a look, and then runs as always.
func TestHeapCollectsAsAlwaysAfterwards(t *testing.T) {
	before := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	percent := func() int {
		now := debug.SetGCPercent(100)
		debug.SetGCPercent(now)
		return now
	}
	h := delayCollector()
	h.expectLook()
	if now := percent(); now != firstCollection {
		t.Errorf("before the first collection GOGC is %d, want %d", now, firstCollection)
	}
	for range 100 {
		runtime.GC()
		if percent() == 100 {
			break
		}
		time.Sleep(10 * time.Millisecond) // the cleanup runs beside the program
	}
	if now := percent(); now != 100 {
		t.Errorf("after collections GOGC is %d, want 100", now)
	}
}

// GOGC is the person's: a collector that they have switched off or made late stays so.
func TestHeapLeavesOtherSettings(t *testing.T) {
	for _, percent := range []int{-1, firstCollection, 1000} {
		before := debug.SetGCPercent(percent)
		h := delayCollector()
		h.expectLook()
		if now := debug.SetGCPercent(before); h != nil || now != percent {
			t.Errorf("GOGC=%d became %d", percent, now)
		}
	}
}
