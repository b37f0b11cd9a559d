//go:build unix && !linux

package gitcmd

import "syscall"

// endWithParent does nothing: other systems than Linux do not tell a process of its parent's end.
func endWithParent(*syscall.SysProcAttr) {}
