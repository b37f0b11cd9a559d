package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"stopgate/scripts/client"
)

// world is one case: a repository, a client with one session, and what happens there.
type world struct {
	*client.Session
	rng    *rand.Rand
	dir    string // of everything that belongs to the case
	repo   string // the main worktree
	stage  *stage
	env    []string
	shells string // what the host's shells read first; "" without the guard
	seq    int
	// made are the files that agents and people wrote, by absolute path, with what they hold; "" stands for a deleted file.
	made map[string]string
	// stops are the results so far.
	stops []stop
	// during is what others will do while the agents work.
	during []func()
	// objections are the peers that objected to what an agent did, by the agent's id.
	objections map[string]map[string]bool
	// measure means that the time of git status is taken after each stop.
	measure bool
	// slowDisk means that the program waits most of the time.
	slowDisk bool
}

// fault is an error of the evaluation itself, such as a git command that failed.
type fault struct{ text string }

func failf(format string, args ...any) { panic(fault{fmt.Sprintf(format, args...)}) }

func check(err error) {
	if err != nil {
		failf("%v", err)
	}
}

// run runs a program of a person, of the host or of the set-up. It must succeed.
func run(dir string, env []string, name string, args ...string) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	if err != nil {
		failf("%s %s in %s: %v\n%s", name, strings.Join(args, " "), dir, err, out)
	}
}

// sh runs commands of a person in a folder of the repository.
func (w *world) sh(dir, script string) {
	run(filepath.Join(w.repo, dir), w.env, "sh", "-ec", script)
}

// write writes a file of a person below the main worktree.
func (w *world) write(name, text string) { w.keep(filepath.Join(w.repo, name), text) }

// keep writes a file which must not be lost.
func (w *world) keep(path, text string) {
	put(path, text)
	w.made[path] = text
}

func put(path, text string) {
	check(os.MkdirAll(filepath.Dir(path), 0o755))
	check(os.WriteFile(path, []byte(text), 0o644))
}

// id returns a new identifier.
func (w *world) id(prefix string) string {
	w.seq++
	return prefix + strconv.Itoa(w.seq)
}

// word returns a line that is in no other file, so that a file is recognised by its content.
func (w *world) word() string {
	w.seq++
	return fmt.Sprintf("value %d of %x", w.seq, w.rng.Uint64())
}

func (w *world) chance(percent int) bool { return w.rng.IntN(100) < percent }

func pick[T any](w *world, values ...T) T { return values[w.rng.IntN(len(values))] }

func (w *world) openSession(id string) {
	w.Session = &client.Session{
		ID: id, Repository: w.repo, Transcript: filepath.Join(w.dir, "home", ".claude", "projects", "-repo", id+".jsonl"), NewID: w.id, Keep: keepLine,
	}
}

// keepLine adds a line to a transcript.
func keepLine(file string, line []byte) {
	check(os.MkdirAll(filepath.Dir(file), 0o755))
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	check(err)
	_, err = f.Write(line)
	check(errors.Join(err, f.Close()))
}

// event passes an event to the program and returns its answer.
func (w *world) event(name, cwd string, fields map[string]any) gjson.Result {
	input := w.Event(name, cwd, fields)
	w.askPeers(name, cwd, fields)
	cmd := exec.Command(w.stage.binary, "hook")
	cmd.Dir, cmd.Env, cmd.Stdin = cwd, w.env, bytes.NewReader(input)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := cmd.Run
	if w.slowDisk {
		start = func() error { return runSlowly(cmd) }
	}
	if err := start(); err != nil {
		failf("stopgate hook, %s: %v\n%s", name, err, stderr.Bytes())
	}
	if stderr.Len() > 0 {
		failf("stopgate hook, %s, on stderr: %s", name, stderr.Bytes())
	}
	return gjson.ParseBytes(stdout.Bytes())
}

// refusal returns the reason why a tool call is refused; "" if it is not.
func refusal(out gjson.Result) string {
	if out.Get("hookSpecificOutput.permissionDecision").String() != "deny" {
		return ""
	}
	return out.Get("hookSpecificOutput.permissionDecisionReason").String()
}

func (w *world) person(text string) {
	id := w.id("prompt")
	w.event("UserPromptSubmit", w.repo, map[string]any{"prompt": text, "prompt_id": id})
	w.Typed(id, text)
}

// withLF returns a text with the line endings that git stores. Git itself can change a file's line endings: with core.autocrlf, a stash that is
// applied has CRLF.
func withLF(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// lost returns the files that were written and are gone: they are neither at their place, nor elsewhere in the case, nor in the trash, nor ignored.
// Line endings do not count.
func (w *world) lost() []string {
	var gone []string
	held := map[string]bool{}
	for path, text := range w.made {
		if text == "" {
			continue
		}
		if now, err := os.ReadFile(path); err == nil && withLF(string(now)) == withLF(text) {
			continue
		}
		gone = append(gone, path)
	}
	if len(gone) == 0 {
		return nil
	}
	check(filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if text, err := os.ReadFile(path); err == nil {
				held[withLF(string(text))] = true
			}
		}
		return nil
	}))
	var lost []string
	for _, path := range gone {
		if held[withLF(w.made[path])] {
			continue
		}
		ignored := exec.Command("git", "check-ignore", "-q", path)
		ignored.Dir, ignored.Env = w.repo, w.env
		for dir := filepath.Dir(path); len(dir) >= len(w.repo); dir = filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
				ignored.Dir = dir
				break
			}
		}
		if ignored.Run() != nil {
			lost = append(lost, strings.TrimPrefix(path, w.dir+"/"))
		}
	}
	return lost
}

// placeGuard puts the plugin's git first in PATH, as the host does at the start of a session.
func (w *world) placeGuard() {
	cmd := exec.Command(w.stage.binary, "guard", "--environment", w.stage.plugin)
	cmd.Dir, cmd.Env = w.repo, w.env
	cmd.Stdin = strings.NewReader(`{"hook_event_name":"SessionStart","session_id":"s1"}`)
	out, err := cmd.Output()
	if err != nil {
		failf("stopgate guard: %v", err)
	}
	w.shells = string(out)
}
