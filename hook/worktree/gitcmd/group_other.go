//go:build !unix

package gitcmd

import "os/exec"

// endTogether does nothing, so only git itself ends with the context. These systems have no process groups.
func endTogether(*exec.Cmd) {}

// endRest does nothing.
func endRest(*exec.Cmd) {}
