// Stopgate judges what a coding agent says when it stops: as a hook of Claude Code, and by hand.
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
	// A pipe that the host has closed is an error of one write, not the death of the program: a step that was not read is owed still.
	signal.Ignore(syscall.SIGPIPE)
	// What cannot be recovered from (no memory, a panic in another goroutine) would exit with 2, the host's word for "block"; so it
	// aborts.
	debug.SetTraceback("crash")
	dir, _ := os.Getwd() // "" where it is gone: then nothing is found relative to it
	os.Exit(command{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, dir: dir, now: time.Now, lag: lag,
	}.run(os.Args[1:]))
}
