package main

import (
	"bytes"
	"os"

	"golang.org/x/sys/unix"
)

// hugePagesOffered reports whether the kernel backs memory with huge pages for those who ask (its Documentation/admin-guide/mm/transhuge.rst).
// If it does so for everyone, nobody has to ask.
func hugePagesOffered() bool {
	mode, err := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	return err == nil && bytes.Contains(mode, []byte("[madvise]"))
}

// adviseHugePages asks the kernel for huge pages in block, and reports whether it agreed.
func adviseHugePages(block []byte) bool { return unix.Madvise(block, unix.MADV_HUGEPAGE) == nil }
