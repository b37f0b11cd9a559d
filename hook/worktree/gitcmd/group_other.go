//go:build !unix

package gitcmd

import "os/exec"

// endTogether ends only git itself: this system has no process groups.
func endTogether(*exec.Cmd) {}

// endRest does nothing.
func endRest(*exec.Cmd) {}
