package hugepages

import (
	"runtime"
	"syscall"
	"unsafe"
)

// Advice for madvise(2); syscall has no names for them.
const (
	adviceHuge     = 14 // MADV_HUGEPAGE: the next page fault in an empty block gets a huge page
	adviceCollapse = 25 // MADV_COLLAPSE, since Linux 6.1: the small pages of a block become a huge one now
)

func init() {
	if !Offered() {
		return
	}
	last := make([]byte, 64<<10) // too large for a span that others use
	p := planFor(uintptr(unsafe.Pointer(&last[0])))
	runtime.KeepAlive(make([]byte, p.fill)) // nobody writes to it, so it takes no memory
	advise(p.from, p.to, adviceHuge)
	advise(p.from, p.used, adviceCollapse)
}

// Offered reports whether the kernel backs memory with huge pages for those who ask (its Documentation/admin-guide/mm/transhuge.rst). If it does so
// for everyone, nobody has to ask.
func Offered() bool {
	file, err := syscall.Open("/sys/kernel/mm/transparent_hugepage/enabled", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer func() { _ = syscall.Close(file) }()
	var mode [64]byte
	n, _ := syscall.Read(file, mode[:])
	return offers(mode[:max(n, 0)])
}

// offers reports whether mode, the content of the file in /sys, is "always [madvise] never".
func offers(mode []byte) bool {
	const asked = "[madvise]"
	for ; len(mode) >= len(asked); mode = mode[1:] {
		if string(mode[:len(asked)]) == asked {
			return true
		}
	}
	return false
}

// Advise asks the kernel for huge pages in block, and reports whether it agreed. A part that was written to before keeps its small pages.
func Advise(block []byte) bool {
	first := uintptr(unsafe.Pointer(unsafe.SliceData(block)))
	from, to := (first+size-1)&^(size-1), (first+uintptr(len(block)))&^(size-1)
	return from < to && advise(from, to, adviceHuge)
}

func advise(from, to uintptr, advice int) bool {
	_, _, failed := syscall.Syscall(syscall.SYS_MADVISE, from, to-from, uintptr(advice))
	return failed == 0
}
