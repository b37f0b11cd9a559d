//go:build !unix

package main

import "os/exec"

// runSlowly runs a program as it is: here nothing makes it wait.
func runSlowly(cmd *exec.Cmd) error { return cmd.Run() }
