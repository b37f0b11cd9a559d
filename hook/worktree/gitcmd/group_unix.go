//go:build unix

package gitcmd

import (
	"os/exec"
	"syscall"
)

// endTogether puts git and the programs that it starts, such as filters, into a process group, so that they end together when the context ends.
func endTogether(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// endRest ends programs that git started and left behind. The number of the group is in use until the group is empty, and systems do not reuse a
// number at once.
func endRest(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // usually none is left
	}
}
