package gitcmd

import "syscall"

// endWithParent ends git with this program, also if that is killed: the client kills a hook that takes too long, and git may be reading a repository
// that never ends. Git is in a process group of its own, so it would not be killed with the hook (prctl(2), PR_SET_PDEATHSIG).
func endWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
