//go:build unix

package gitcmd

import (
	"os/exec"
	"syscall"
)

// endTogether puts git and the programs that it starts, such as filters, into one process group. So all of them end when the context ends.
func endTogether(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	endWithParent(cmd.SysProcAttr)
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// endRest ends the programs that git started and left running. The ID of a process group is in use until the group has no process, and systems do
// not reuse an ID at once.
func endRest(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // this usually fails because no process is left
	}
}
