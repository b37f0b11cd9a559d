//go:build unix

package gitcmd

import (
	"os/exec"
	"syscall"
)

// endTogether has git and what it starts, filters above all, end together when its context ends: they are a process group of their own.
func endTogether(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// endRest ends what git started and left behind. The number of the group is free only once the group is empty, and systems do not give a
// free number away at once.
func endRest(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // most often there is nothing left
	}
}
