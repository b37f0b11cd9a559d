package main

import (
	"runtime"
	"runtime/debug"

	"stopgate/cmd/stopgate/hugepages"
)

const (
	// firstCollection is when the garbage collector runs for the first time, in percent of the 4 MiB at which it would otherwise.
	firstCollection = 400
	// lookBytes is more than the memory that the stop of an agent in a worktree of some thousand files fills.
	lookBytes = 12 << 20
)

// heap sets when the garbage collector runs, and how the kernel backs the memory.
type heap struct {
	always int             // the percentage of GOGC
	first  runtime.Cleanup // sets it when the first collection has run
}

// delayCollector has the garbage collector run for the first time when the heap has 16 MiB, and from then on as always. An event ends before,
// as a rule, and a collection takes a tenth of its time. It returns nil, and changes nothing, if GOGC asks for something else.
func delayCollector() *heap {
	always := debug.SetGCPercent(firstCollection)
	if always < 0 || always >= firstCollection {
		debug.SetGCPercent(always) // GOGC says so
		return nil
	}
	h := &heap{always: always}
	h.arm()
	return h
}

// arm has the next collection restore the percentage of GOGC: it finds that the object here is not used.
func (h *heap) arm() {
	h.first = runtime.AddCleanup(new([8]*int), func(percent int) { debug.SetGCPercent(percent) }, h.always)
}

// expectLook has the kernel back the memory that a look at a worktree will fill with huge pages, as package hugepages does for the start of the
// heap. The runtime takes memory from the kernel only when it grows the heap, so a block is allocated, advised, and given back by a collection
// while the heap is small.
func (h *heap) expectLook() {
	if h == nil || !hugepages.Offered() {
		return
	}
	h.first.Stop()
	if hugepages.Advise(make([]byte, lookBytes)) {
		runtime.GC()
	}
	h.arm()
}
