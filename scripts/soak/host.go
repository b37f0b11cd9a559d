//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/tidwall/gjson"

	"stopgate/scripts/client"
)

// hook is one process of the program with an event. What it had written when it ended is its answer. The host takes the JSON that it received,
// however the process ended (2.1.330).
func (s *session) hook(name string, fields client.Fields) gjson.Result {
	return s.run(name, fields, "hook")
}

// run is hook for another command of the program.
func (s *session) run(name string, fields client.Fields, command ...string) gjson.Result {
	cwd := s.Repository
	cmd := exec.Command(s.round.program, command...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = cwd, s.round.env, bytes.NewReader(s.Event(name, cwd, fields)), &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as the host starts it, so that all of it is killed
	fate := s.round.trouble.forHook()
	began := time.Now()
	check(cmd.Start())
	s.round.events.Add(1)
	ended := make(chan struct{})
	met := make(chan struct{})
	go func() {
		defer close(met)
		fate.meets(cmd.Process.Pid, ended)
	}()
	err := cmd.Wait()
	close(ended)
	<-met
	s.trace("%s %v %s%s", name, time.Since(began).Round(time.Millisecond), errText(err), short(stdout.String()))
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() || strings.Contains(stderr.String(), "internal error") {
		s.round.crashed(fmt.Sprintf("%s: %v: %s", name, err, stderr.String()))
	}
	if !gjson.ValidBytes(stdout.Bytes()) {
		return gjson.Result{} // the beginning of an answer is no answer
	}
	return gjson.ParseBytes(stdout.Bytes())
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error() + " "
}

func short(text string) string { return text[:min(len(text), 160)] }

// meets lets the planned fault happen to the process, unless it has ended before.
func (f fate) meets(pid int, ended <-chan struct{}) {
	if !f.kill && f.stopped == 0 {
		return
	}
	select {
	case <-ended:
		return
	case <-time.After(f.after):
	}
	if f.kill {
		_ = syscall.Kill(-pid, syscall.SIGKILL) // with its group; it may have ended just now
		return
	}
	// Alone: a child that was stopped on its way to a process group of its own would not be reached by the group's SIGCONT.
	_ = syscall.Kill(pid, syscall.SIGSTOP)
	time.Sleep(f.stopped)
	_ = syscall.Kill(pid, syscall.SIGCONT)
}

// refusal returns the reason why a tool call is refused; "" if it is not. Nobody can answer a dialogue, so the host refuses then (2.1.332, -p).
func refusal(out gjson.Result) string {
	switch out.Get("hookSpecificOutput.permissionDecision").String() {
	case "deny", "ask":
		return out.Get("hookSpecificOutput.permissionDecisionReason").String()
	}
	return ""
}

// line is a record on its way to a transcript.
type line struct {
	file string
	text []byte
}

// write writes the transcripts by a timer, as the host does: a record stands in its file up to a tenth of a second after it came to be.
func (s *session) write(until <-chan struct{}) {
	for {
		select {
		case <-until:
			s.flush()
			return
		case <-time.After(20*time.Millisecond + s.duration(80*time.Millisecond)):
			s.flush()
		}
	}
}

func (s *session) flush() {
	s.mu.Lock()
	lines := s.unwritten
	s.unwritten = nil
	s.mu.Unlock()
	texts := map[string][]byte{}
	for _, l := range lines {
		texts[l.file] = append(texts[l.file], l.text...)
	}
	for name, text := range texts {
		check(os.MkdirAll(filepath.Dir(name), 0o700))
		f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		check(err)
		_, err = f.Write(text)
		check(errors.Join(err, f.Close()))
	}
}

// keep takes a line for a transcript.
func (s *session) keep(file string, text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unwritten = append(s.unwritten, line{file, text})
}

// hears has the orchestrator read what a hook added beside an event. The host writes it to the transcript in the same moment (2.1.330).
func (s *session) hears(event, name, use string, out gjson.Result) {
	text := out.Get("hookSpecificOutput.additionalContext").String()
	if text == "" {
		return
	}
	s.Heard(event, name, use, text)
	for _, step := range append(client.Steps(text), s.printed(text)...) {
		s.read(event, step)
	}
	if event != "Stop" {
		return
	}
	for _, t := range s.tasks { // a short step without a command says all there is, in words
		if _, lead, ok := strings.Cut(text, "\n"+t.name+": "); ok && !shortStep.MatchString(strings.SplitN(lead, "\n\n", 2)[0]) {
			s.looksUp(t)
		}
	}
}

// shortStep is the command that stands in place of a step at the end of a turn.
var shortStep = regexp.MustCompile(`: stopgate step ([0-9a-f]{24})\b`)

// printed returns the steps that a text names by their commands. The orchestrator runs these, and runs one again that fails.
func (s *session) printed(text string) (steps []gjson.Result) {
	for _, found := range shortStep.FindAllStringSubmatch(text, -1) {
		for range 5 {
			out, err := s.round.sh(s.round.repo, s.round.program+" step "+found[1])
			if whole := client.Steps(out); err == nil && len(whole) > 0 {
				steps = append(steps, whole...)
				break
			}
			s.trace("step %s: %v %s", found[1], err, short(out))
			time.Sleep(200 * time.Millisecond)
		}
	}
	return steps
}
