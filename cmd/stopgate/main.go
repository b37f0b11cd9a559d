// Stopgate judges what a coding agent says when it stops: as a hook of Claude Code, and by hand.
package main

import (
	"os"
	"time"
)

func main() {
	dir, _ := os.Getwd() // "" where it is gone: then nothing is found relative to it
	os.Exit(command{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, dir: dir, now: time.Now,
	}.run(os.Args[1:]))
}
