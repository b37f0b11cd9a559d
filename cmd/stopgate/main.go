// Stopgate checks a coding agent's report when the agent stops, as a hook of Claude Code, and by hand.
package main

import (
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

func main() { program(0) }

// program is the process. lag is hook.Runner.Lag, which only tests shorten: no argument and no variable of the environment reaches it.
func program(lag time.Duration) {
	// A pipe that the host has closed must fail one write and not kill the program, which then records that the step was not delivered.
	signal.Ignore(syscall.SIGPIPE)
	// What cannot be recovered from (no memory, a panic in another goroutine) would exit with 2, which the host reads as a block. With
	// this setting it aborts instead.
	debug.SetTraceback("crash")
	dir, _ := os.Getwd() // "" if it is gone: then nothing is found relative to it
	os.Exit(command{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, dir: dir, now: time.Now, zone: time.Local, lag: lag, heap: delayCollector(),
	}.run(os.Args[1:]))
}
