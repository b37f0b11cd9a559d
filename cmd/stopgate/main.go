// Stopgate checks a coding agent's report when the agent stops, as a hook of Claude Code, and by hand.
package main

import (
	"os"
	"os/signal"
	"runtime"
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
	delayCollector()
	dir, _ := os.Getwd() // "" if it is gone: then nothing is found relative to it
	os.Exit(command{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, dir: dir, now: time.Now, zone: time.Local, lag: lag,
	}.run(os.Args[1:]))
}

// firstCollection is when the garbage collector runs for the first time, in percent of the 4 MiB at which it would otherwise.
const firstCollection = 400

// delayCollector has the garbage collector run for the first time when the heap has 16 MiB, and from then on as always. An event ends before,
// as a rule, and a collection takes a tenth of its time.
func delayCollector() {
	always := debug.SetGCPercent(firstCollection)
	if always < 0 || always >= firstCollection {
		debug.SetGCPercent(always) // GOGC says so
		return
	}
	runtime.AddCleanup(new([8]*int), func(percent int) { debug.SetGCPercent(percent) }, always) // the first collection finds it unused
}
