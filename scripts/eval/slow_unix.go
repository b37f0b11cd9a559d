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

// runSlowly runs a program that has to wait most of the time, with all that it starts, as programs wait for a slow disk.
func runSlowly(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
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
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGSTOP) // it may have ended just now
			time.Sleep(slowWaits)
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGCONT)
		}
	})
	err := cmd.Wait()
	close(ended)
	waiting.Wait()
	return err
}
