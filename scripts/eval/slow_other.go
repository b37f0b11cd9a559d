//go:build !unix

package main

import "os/exec"

// runSlowly runs a program normally: this system cannot slow it down.
func runSlowly(cmd *exec.Cmd) error { return cmd.Run() }
