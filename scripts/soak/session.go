//go:build linux

package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidwall/gjson"

	"stopgate/scripts/client"
)

// session is one session of the host, with an orchestrator that follows the steps and a person who answers.
type session struct {
	*client.Session
	round *round
	tasks []*task
	ended chan *agent // background agents that ended
	done  atomic.Int64
	waits atomic.Bool // nothing more can be done in the storm
	log   *os.File    // for people; nil writes none

	mu         sync.Mutex
	rng        *rand.Rand
	seq        int
	unwritten  []line
	received   map[string]int // how often a step was received, by its id
	about      map[string]int // how many steps about an agent, by its id
	background map[string]*agent
	agents     []*agent
	clients    int // how many clients were killed
}

// task is one task as its orchestrator sees it.
type task struct {
	name, tree string
	calls      []gjson.Result // calls that the last step asks for and that are not made yet
	begun      bool
	asked      bool // the orchestrator has asked the person about it
	redo       bool // the person must answer, and will order the work again
	closed     bool
	runs       int // of coding agents
	nudges     int // how often the person asked about it in vain
	refusals   int
	stuck      bool
}

// maxRefusals is how often the launch of a coding agent for a task may be refused before the task counts as stuck.
const maxRefusals = 30

// refused lets the person order the work again after a refused launch. The launch was refused because an agent whose end is not recorded yet holds
// the worktree; the reason says to wait for it.
func (t *task) refused() {
	if t.refusals++; t.refusals > maxRefusals {
		t.stuck = true
		return
	}
	t.redo = true
}

func newSession(r *round, id string, rng *rand.Rand) *session {
	s := &session{
		round: r, rng: rng, ended: make(chan *agent, 1000),
		received: map[string]int{}, about: map[string]int{}, background: map[string]*agent{},
	}
	s.Session = &client.Session{
		ID: id, Repository: r.repo, Transcript: filepath.Join(r.dir, "home", ".claude", "projects", "-repo", id+".jsonl"), NewID: s.newID, Keep: s.keep,
	}
	if r.options.keep != "" {
		var err error
		s.log, err = os.Create(filepath.Join(r.dir, id+".log"))
		check(err)
	}
	return s
}

func (s *session) trace(format string, args ...any) {
	if s.log != nil {
		_, _ = fmt.Fprintf(s.log, time.Now().Format("04:05.000 ")+format+"\n", args...)
	}
}

func (s *session) newID(prefix string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	return fmt.Sprintf("%s%s%04d", prefix, s.ID, s.seq)
}

func (s *session) chance(percent int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rng.IntN(100) < percent
}

func (s *session) duration(most time.Duration) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Duration(s.rng.IntN(int(most)))
}

// play plays the session until its tasks are done or it can do no more.
func (s *session) play(ctx context.Context) {
	written := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() { s.write(written) })
	s.person("Do the tasks " + s.names(func(*task) bool { return true }) + ".")
	for ctx.Err() == nil {
		s.turn(ctx)
		if !s.idle(ctx) {
			break
		}
	}
	close(written)
	writing.Wait()
	if s.log != nil {
		_ = s.log.Close()
	}
}

func (s *session) names(of func(*task) bool) string {
	var names []string
	for _, t := range s.tasks {
		if of(t) {
			names = append(names, t.name)
		}
	}
	return strings.Join(names, ", ")
}

// maxOpen limits the tasks that a session works on at once.
const maxOpen = 5

// turn is one turn of the orchestrator. It makes calls until no step asks for more.
func (s *session) turn(ctx context.Context) {
	for ctx.Err() == nil {
		if s.act() {
			continue
		}
		s.Says("I wait.")
		out := s.hook("Stop", client.Fields{"background_tasks": s.running(), "session_crons": []any{}, "stop_hook_active": false})
		if out.Get("hookSpecificOutput.additionalContext").String() == "" {
			return
		}
		s.hears("Stop", "Stop", "", out)
	}
}

// running returns the agents in the background, as the host lists them.
func (s *session) running() []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []any{}
	for id, a := range s.background {
		list = append(list, map[string]any{"id": id, "type": "subagent", "status": "running", "agent_type": a.Type})
	}
	return list
}

// act makes the calls that are due in one message, and handles their results. It reports whether there were any.
func (s *session) act() bool {
	var batch []*agent
	open := 0
	for _, t := range s.tasks {
		if t.begun && !t.closed {
			open++
		}
	}
	for _, t := range s.tasks {
		if !t.begun && open < maxOpen {
			t.begun, t.redo = true, false
			open++
			batch = append(batch, s.coder(t))
		}
		for _, call := range t.calls {
			batch = append(batch, s.called(t, call))
		}
		t.calls = nil
	}
	var working sync.WaitGroup
	for _, a := range batch {
		a.launch(&working)
	}
	working.Wait()
	return len(batch) > 0
}

// idle waits for the event that begins the next turn: the end of a background agent, or a prompt. It returns false if there will be none.
func (s *session) idle(ctx context.Context) bool {
	s.mu.Lock()
	busy := len(s.background) > 0
	s.mu.Unlock()
	switch {
	case busy && s.round.trouble.happens("client"):
		s.resumes()
	case busy && s.round.trouble.happens("taskstop"):
		s.stopsAgent()
	case busy:
		select {
		case a := <-s.ended:
			if a.client == s.clients {
				s.notified(a)
			}
			return true
		case <-ctx.Done():
			return false
		}
	case s.some(func(t *task) bool { return t.asked }):
		names := s.names(func(t *task) bool { return t.asked })
		for _, t := range s.tasks {
			t.asked = false
		}
		s.person("Yes, merge " + names + ".")
	case s.some(func(t *task) bool { return t.redo }):
		s.again()
	case s.some(func(t *task) bool { return t.begun && !t.closed && !t.stuck }):
		return s.nudge(ctx)
	case s.some(func(t *task) bool { return !t.begun }):
		s.person("Go on with the next tasks.")
	default:
		s.waits.Store(true)
		return false
	}
	return true
}

// resumes kills the client while agents work in the background, and has another one continue the session. Those agents do not go on, and nobody is
// notified of them. What the first client had to write is written.
func (s *session) resumes() {
	s.flush()
	s.mu.Lock()
	s.clients++
	clear(s.background)
	s.mu.Unlock()
	s.trace("the client is killed")
	s.run("SessionStart", client.Fields{"source": "resume"}, "doctor", "--at-start")
	s.person("Go on.")
}

// stopsAgent has the orchestrator stop an agent at its work in the background, and the person order the work again if it is a coding agent.
func (s *session) stopsAgent() {
	s.mu.Lock()
	id := slices.Min(slices.Collect(maps.Keys(s.background)))
	a := s.background[id]
	a.stopped = true
	delete(s.background, id)
	s.mu.Unlock()
	s.trace("stops %s", id)
	use, input := s.newID("toolu_"), client.Fields{"task_id": id}
	response := client.Fields{"task_id": id, "task_type": "local_agent", "message": "Successfully stopped task: " + id}
	s.Uses(use, "TaskStop", input)
	call := client.Call(use, "TaskStop", input)
	call["tool_response"] = response
	out := s.hook("PostToolUse", call)
	s.Returned(use, "stopped", response)
	s.hears("PostToolUse", "PostToolUse:TaskStop", use, out)
	a.task.redo = a.task.redo || a.Type == coderType
}

func (s *session) some(of func(*task) bool) bool { return s.names(of) != "" }

// again lets the person order the work again on the tasks that they were asked about.
func (s *session) again() {
	s.person("Have " + s.names(func(t *task) bool { return t.redo }) + " done again.")
	for _, t := range s.tasks {
		if t.redo {
			t.begun, t.redo, t.calls = false, false, nil
		}
	}
}

// maxNudges is how often the person asks about a task, in the calm, before it counts as stuck.
const maxNudges = 4

// nudge lets the person ask about the tasks that are silent. During the storm they wait for a while first.
func (s *session) nudge(ctx context.Context) bool {
	calm := s.round.trouble.calm.Load()
	quiet := func(t *task) bool { return t.begun && !t.closed && !t.stuck }
	if !calm {
		s.waits.Store(!s.some(func(t *task) bool { return !t.begun || quiet(t) && t.nudges < 3 }))
		if !sleep(ctx, 300*time.Millisecond) {
			return false
		}
	}
	for _, t := range s.tasks {
		if !quiet(t) {
			continue
		}
		if t.nudges > 1 {
			s.looksUp(t)
		}
		if t.nudges++; calm && t.nudges > maxNudges || !calm && t.nudges > 200 {
			t.stuck = true
		}
		if !calm && t.nudges > 3 {
			t.nudges = 3
		}
	}
	if !s.some(quiet) {
		return true
	}
	s.person("What about " + s.names(quiet) + "?")
	return true
}

func (s *session) person(text string) { s.prompt(text, s.Typed) }

// prompt sends a prompt. The client writes it to the transcript with write, after the event.
func (s *session) prompt(text string, write func(id, text string)) {
	id := s.newID("prompt")
	out := s.hook("UserPromptSubmit", client.Fields{"prompt": text, "prompt_id": id})
	write(id, text)
	s.hears("UserPromptSubmit", "UserPromptSubmit", "", out)
}

// notified sends the host's notification that a background agent has ended.
func (s *session) notified(a *agent) {
	s.mu.Lock()
	delete(s.background, a.ID)
	s.mu.Unlock()
	text := client.Notification(a.ID, a.last)
	if a.interrupted {
		text = client.Killed(a.ID)
	}
	s.prompt(text, s.Notified)
}

// read handles a step that an event delivers.
func (s *session) read(event string, step gjson.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if event != "UserPromptSubmit" || step.Get("action").String() != "merge" { // a person who repeats the answer gets the step again
		s.received[step.Get("step_id").String()]++
	}
	s.about[step.Get("agent_id").String()]++
	s.follow("reads with "+event, step)
}

// looksUp lets the orchestrator ask the program for the task's step, as a reminder and the person tell it to. Some answers are no step: that the task
// is done; and that there is none, or no agent has begun since the person ordered the work again, as after a launch that was interrupted before its
// hook had recorded it.
func (s *session) looksUp(t *task) {
	out, err := s.round.sh(s.round.repo, s.round.program+" step "+t.name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.trace("%v", err)
		switch none := t.name + " has no next step: "; {
		case !t.closed && strings.Contains(err.Error(), none+"it is done."):
			s.close(t)
		case strings.Contains(err.Error(), none+"the person has taken it over, and no agent has begun since."), strings.Contains(err.Error(), "no task is recorded as "+t.name):
			t.redo = true
		}
	}
	for _, step := range client.Steps(out) {
		s.follow("looks up", step)
	}
}

// follow does what a step asks for. The caller holds the lock.
func (s *session) follow(how string, step gjson.Result) {
	s.trace("%s: %s %s for %s, agent %s, verdict %s, why %s", how, step.Get("step_id"), step.Get("action"), step.Get("task_id"), step.Get("agent_id"),
		step.Get("verdict"), step.Get("why"))
	for _, t := range s.tasks {
		if t.name != step.Get("task_id").String() || t.closed {
			continue
		}
		switch step.Get("action").String() {
		case "deploy", "resume", "merge":
			t.calls, t.asked, t.nudges = step.Get("calls").Array(), false, 0
		case "present":
			t.asked, t.calls, t.nudges = true, nil, 0
		case "close":
			s.close(t)
		case "wait":
			t.redo = t.redo || step.Get("why").String() == "nothing-verified" // nobody is at work on it
		default:
			t.redo, t.calls, t.nudges = true, nil, 0
		}
	}
}

// close ends the work on a task. The caller holds the lock.
func (s *session) close(t *task) {
	t.closed, t.calls, t.asked, t.redo = true, nil, false, false
	s.done.Add(1)
}
