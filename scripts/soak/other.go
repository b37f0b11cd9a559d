//go:build !linux

// Soak plays sessions of the host while everything around the program fails. It mounts small file systems and stops processes, which it
// does on Linux alone.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "soak: it runs on Linux alone")
	os.Exit(1)
}
