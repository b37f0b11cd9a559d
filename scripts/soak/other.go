//go:build !linux

// Soak plays sessions of the host while everything around the program fails. It runs on Linux only, because it mounts small file systems and stops
// processes.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "soak: it runs on Linux alone")
	os.Exit(1)
}
