//go:build unix

package main

import (
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// How long a slow program may run, and then has to wait.
const (
	slowRuns  = 4 * time.Millisecond
	slowWaits = 16 * time.Millisecond
)

// runSlowly runs a program that has to wait most of the time, as programs wait for a slow disk. The git that it starts does not wait: a process that
// is stopped on the way from its parent's process group to one of its own is not reached by the group's SIGCONT, and its parent waits for ever.
func runSlowly(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Go(func() {
		for {
			select {
			case <-ended:
				return
			case <-time.After(slowRuns):
			}
			_ = cmd.Process.Signal(syscall.SIGSTOP) // it may have ended just now
			time.Sleep(slowWaits)
			_ = cmd.Process.Signal(syscall.SIGCONT)
		}
	})
	err := cmd.Wait()
	close(ended)
	waiting.Wait()
	return err
}
