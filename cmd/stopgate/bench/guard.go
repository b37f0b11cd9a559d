package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"stopgate/hook/guard"
	"stopgate/hook/quote"
)

// guardSession is the start of the session whose shells get the guard's git.
const guardSession = `{"hook_event_name":"SessionStart","session_id":"bench"}`

// announced is the event before a command of a session whose commands are recorded.
const announced = `{"hook_event_name":"PreToolUse","session_id":"bench","transcript_path":"/nowhere","cwd":"/","tool_name":"Bash","tool_use_id":"u","tool_input":{"command":"ls -la src"}}`

// guardedCommands are git commands, and how often each is measured: two that only read, and two that write and so are checked by the guard.
var guardedCommands = []struct {
	name   string
	words  []string
	rounds int
}{
	{"git status", []string{"status", "--short"}, 60},
	{"git log", []string{"log", "-1", "--format=%h"}, 60},
	{"git commit", []string{"commit", "-q", "--allow-empty", "-m", "x"}, 30},
	{"git tag", []string{"tag", "-f", "bench"}, 30},
}

// guard compares the guard's git with plain git, in a session that may do everything. It also measures the cost of recording a command.
func (b *bench) guard() error {
	if runtime.GOOS == "windows" {
		return nil // the guard needs a POSIX shell
	}
	plugin, repo, state := filepath.Join(b.dir, "plugin"), filepath.Join(b.dir, "guarded"), filepath.Join(b.dir, "state")
	for name, source := range map[string]string{"scripts/ensure-binary.sh": "scripts/ensure-binary.sh", "scripts/shim/git": "scripts/shim/git", "bin/stopgate": b.program("stopgate")} {
		content, err := os.ReadFile(source)
		if err != nil {
			return err
		}
		if err := writeIn(filepath.Join(plugin, name), content, 0o700); err != nil {
			return err
		}
	}
	environ := append(os.Environ(), "STOPGATE_STATE_DIR="+state, "CLAUDE_PROJECT_DIR="+repo,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
	if _, err := b.run(b.dir, environ, "", "git", "init", "-q", repo); err != nil {
		return err
	}
	if _, err := b.run(repo, environ, "", "git", "commit", "-q", "--allow-empty", "-m", "first"); err != nil {
		return err
	}
	if _, err := b.run(b.dir, environ, guardSession, b.program("stopgate"), "guard", "--environment", plugin); err != nil {
		return err
	}
	starts := quote.Each(guard.StartingVariables(), os.Getenv) // the variables with which the session's shell began
	shim := filepath.Join(plugin, "scripts", "shim", "git")
	for _, c := range guardedCommands {
		text := "git " + strings.Join(c.words, " ")
		event := strings.Replace(announced, "ls -la src", text, 1)
		if _, err := b.run(b.dir, environ, event, b.program("stopgate"), "hook"); err != nil {
			return err
		}
		session := slices.Concat(environ, []string{
			"PATH=" + filepath.Dir(shim) + ":" + os.Getenv("PATH"), "STOPGATE_CALLS=" + filepath.Join(state, "calls", "bench.calls"),
			"STOPGATE_SHELL=eval '" + text + "'", "STOPGATE_HOME=" + os.Getenv("HOME"), "STOPGATE_STARTS=" + strings.Join(starts, ":"),
		})
		fmt.Fprintln(b.progress, text)
		times, err := b.inTurn(c.rounds,
			func() error { _, err := b.run(repo, session, "", shim, c.words...); return err },
			func() error { _, err := b.run(repo, environ, "", "git", c.words...); return err })
		if err != nil {
			return err
		}
		b.compare(c.name+" of a session, guarded", times[0], "bare "+c.name, times[1], more(times[0], times[1]))
	}
	note := func(event string) func() error {
		return func() error { _, err := b.run(b.dir, environ, event, b.program("stopgate"), "hook"); return err }
	}
	times, err := b.inTurn(150, note(announced), note(foreign))
	if err != nil {
		return err
	}
	b.compare("a command that is noted for the guard", times[0], "an event that is not ours", times[1], "at most +1.00 ms, is "+more(times[0], times[1]))
	return nil
}
