// Package hugepages has the kernel back the heap with huge pages, where it does so for those who ask. Otherwise each page of 4 KiB costs a page
// fault, and in a virtual machine, where coding agents often run, a fault can take 25 µs. A program that only reads an event has 700 of them.
//
// The package acts when it is initialized. It has to be the first: half of the faults happen while jsonschema/v5 compiles its meta-schemas, before
// main. Go initializes the first package in the order of import paths whose imports are ready, so this one may import nothing but runtime, syscall
// and unsafe.
package hugepages

// The runtime takes memory from the kernel in chunks of this size, and starts at a random page of the first one (go/src/runtime/mheap.go, grow).
// If another release does it in another way, less memory has huge pages, and nothing else changes.
const chunk = 4 << 20

const size = 2 << 20 // of a huge page

// plan says how the start of the heap gets huge pages.
type plan struct {
	// fill is how many bytes have to be allocated so that the runtime takes the next chunk. Zero: the rest of this one is enough.
	fill uintptr
	// from and to are the memory to be backed with huge pages: aligned, and all of it in chunks that the runtime has, once fill is allocated.
	from, to uintptr
	// used is the end of the part that may have small pages already.
	used uintptr
}

// planFor plans for at least one huge page that is free. top is where the last object of the heap starts.
func planFor(top uintptr) plan {
	end := top&^(chunk-1) + chunk
	p := plan{from: top &^ (size - 1), to: end, used: end}
	if left := end - top; left < size {
		p.fill, p.to = left, end+chunk
	}
	return p
}
