//go:build !linux

package hugepages

// Offered reports false: only Linux is asked for huge pages.
func Offered() bool { return false }

// Advise does nothing, and reports false.
func Advise([]byte) bool { return false }
