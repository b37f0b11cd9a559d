package hook

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/step"
)

// TestManyTasksAtOnce plays tasks side by side, with all that goes wrong in a session, and then lets everyone behave: no step is lost, none
// is told twice, and every task comes to its end. Every event reads the whole journal, so that ten plays of 5 tasks cost a tenth of what one of
// 50 does. STOPGATE_SEED and STOPGATE_TASKS play another one.
func TestManyTasksAtOnce(t *testing.T) {
	tasks := int(numberFrom(t, "STOPGATE_TASKS", 5))
	seeds := []uint64{20260101, 20260102, 20260103, 20260104, 20260105, 20260106, 20260107, 20260108, 20260109, 20260110}
	if testing.Short() {
		seeds = seeds[:1]
	}
	if seed := numberFrom(t, "STOPGATE_SEED", 0); seed != 0 {
		seeds = []uint64{seed}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			playTasks(t, seed, tasks)
		})
	}
}

// numberFrom reads a number from the environment.
func numberFrom(t *testing.T, name string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("reading %s: %v", name, err)
	}
	return n
}

func playTasks(t *testing.T, seed uint64, tasks int) {
	t.Logf("seed %d, %d tasks", seed, tasks)
	p := &play{t: t, h: newHost(t), rng: rand.New(rand.NewPCG(seed, 0)), told: map[string]int{}, last: map[string]step.Step{}, unruly: true, sessions: []string{"s1", "s2", "s3"}}
	p.h.memory = &memory{}
	for i := range tasks {
		name := fmt.Sprintf("Task-%d", i)
		p.tasks = append(p.tasks, &playedTask{name: name, place: p.h.addWorktree(name + "-work"), session: p.sessions[i%len(p.sessions)]})
	}
	for _, task := range p.tasks {
		p.later(func() { p.code(task) })
		if p.chance(0.2) {
			p.later(func() { p.gate(task, "test-runner") }) // before there is anything to test
		}
	}
	p.later(func() {
		p.gate(&playedTask{name: "Unheard-1", place: p.h.addWorktree("Unheard-1-work"), session: "s1"}, "code-reviewer")
	})
	p.run()

	p.unruly = false
	for range 4 { // one more than any of hundreds of plays needed
		for _, session := range p.sessions {
			p.endTurn(session)
		}
		p.run()
		p.check()
		open := p.open()
		if len(open) == 0 {
			break
		}
		for _, session := range p.sessions {
			p.say(session)
		}
		p.run()
		known := p.h.tasks()
		for _, task := range open {
			switch owed := known.Task(task.name).State.Owed(); owed.Action {
			case gates.Deploy, gates.Resume, gates.Merge: // it was let go with that, and the person sends it on
				p.obey(task, task.session, p.last[launch.TaskKey(task.name)])
			case "":
				if known.Task(task.name).State.Phase != gates.Done { // the person has taken it in hand
					p.code(task)
				}
			}
		}
		p.run()
	}
	for _, task := range p.open() {
		known := p.h.task(task.name)
		t.Errorf("%s is stuck in %s, held for %q; owed is %+v", task.name, known.State.Phase, known.State.Hold, known.State.Owed())
	}
	if want := 4 * tasks; p.agents < want {
		t.Errorf("%d agents took part, want %d at least", p.agents, want)
	}
	t.Logf("%d agents, %d events, %d steps, %d reminders, %d refused launches, %d times the person spoke", p.agents, p.h.sent, len(p.told), p.reminders, p.refused, p.spoke)
}

// play is the orchestrators, the agents and the persons of some sessions.
type play struct {
	t        *testing.T
	h        *fakeHost
	rng      *rand.Rand
	sessions []string
	tasks    []*playedTask
	unruly   bool // things go wrong

	jobs    []func()
	running []*played // in the background

	told                              map[string]int       // by step
	last                              map[string]step.Step // by task, the last step that was delivered
	agents, reminders, refused, spoke int
}

type playedTask struct {
	name, place, session string
	coder                *played
	edits                int
}

func (p *play) chance(of float64) bool { return p.rng.Float64() < of }

// goesWrong tells whether something that happens to be likely goes wrong now.
func (p *play) goesWrong(of float64) bool { return p.unruly && p.chance(of) }

func (p *play) later(job func()) { p.jobs = append(p.jobs, job) }

// run does the open actions, in any order, until there are none.
func (p *play) run() {
	for len(p.jobs) > 0 {
		i := p.rng.IntN(len(p.jobs))
		job := p.jobs[i]
		p.jobs = slices.Delete(p.jobs, i, i+1)
		job()
		if p.goesWrong(0.02) {
			p.h.setBack(time.Hour)
		}
		if p.goesWrong(0.05) {
			p.endTurn(p.sessions[p.rng.IntN(len(p.sessions))])
		}
	}
}

func (p *play) open() []*playedTask {
	known := p.h.tasks()
	var open []*playedTask
	for _, task := range p.tasks {
		if known.Task(task.name).State.Phase != gates.Done {
			open = append(open, task)
		}
	}
	return open
}

// spelled returns a task's name as somebody may write it.
func (p *play) spelled(name string) string {
	switch p.rng.IntN(3) {
	case 0:
		return strings.ToLower(name)
	case 1:
		return strings.ToUpper(name)
	}
	return name
}

// in returns the session in which something is done for a task: now and then another one than its own.
func (p *play) in(task *playedTask) string {
	if p.goesWrong(0.1) {
		return p.sessions[p.rng.IntN(len(p.sessions))]
	}
	return task.session
}

// launch starts an agent; nil where that is refused.
func (p *play) launch(session, agentType, prompt string) *played {
	a, refused := p.h.launch(session, agentType, prompt)
	if refused != "" {
		p.refused++
		return nil
	}
	p.agents++
	p.running = append(p.running, a)
	return a
}

// code has a coding agent do work.
func (p *play) code(task *playedTask) {
	a := p.launch(p.in(task), "x:bug-fixer", coderPrompt(p.spelled(task.name), task.place))
	if a == nil {
		return
	}
	task.coder = a
	p.later(func() { p.work(task, a) })
}

// work is the work of a coding agent in one run.
func (p *play) work(task *playedTask, a *played) {
	if p.goesWrong(0.05) {
		p.dies(a)
		return
	}
	task.edits++
	file := fmt.Sprintf("app%d.go", task.edits)
	p.h.edit(task.place, file)
	report := reportOn(p.spelled(task.name), task.place, file)
	if p.goesWrong(0.2) {
		p.stop(a, reportOn(task.name, task.place, "other.go"))
	}
	if p.goesWrong(0.05) {
		report = "ERROR: Requirements missing"
	}
	p.stop(a, report)
	p.later(func() { p.comesBack(a) })
}

// gate has an agent stand in a gate.
func (p *play) gate(task *playedTask, gate string) {
	a := p.launch(p.in(task), "x:"+gate, launch.Marker{Task: p.spelled(task.name), Gate: gate}.Line()+"\nWORKTREE_PATH: "+task.place)
	if a == nil {
		return
	}
	p.later(func() {
		pass, fail := passOfReview, failOfReview
		if gate == "test-runner" {
			pass, fail = passOfTests, failOfTests
		}
		switch {
		case p.goesWrong(0.08):
			p.dies(a)
			return
		case p.goesWrong(0.1):
			p.stop(a, "All is well.")
			if a.sentBack && p.goesWrong(0.3) {
				p.dies(a)
				return
			}
		case p.goesWrong(0.12):
			p.h.edit(task.place, "meanwhile.go")
		}
		if p.goesWrong(0.25) {
			pass = fail
		}
		p.stop(a, pass)
		p.later(func() { p.comesBack(a) })
	})
}

// stop is the stop of an agent; now and then the host tells of it twice at the same time, and both are answered alike.
func (p *play) stop(a *played, says string) {
	if !p.goesWrong(0.2) {
		a.stop(says)
		return
	}
	second := make(chan host.Output)
	a.stopAnd(says, func(ev host.Event) {
		go func() { second <- p.h.send(ev).Output }()
	}, func(first host.Output) {
		if got := <-second; got != first {
			p.t.Errorf("one stop of %s is answered with\n%+v\nand\n%+v", a.id, first, got)
		}
	})
}

func (p *play) dies(a *played) {
	p.running = slices.DeleteFunc(p.running, func(other *played) bool { return other == a })
}

// comesBack brings an agent's result to the orchestrator.
func (p *play) comesBack(a *played) {
	p.dies(a)
	if p.chance(0.5) && !a.resumed {
		p.read(a.session, a.back())
	} else {
		p.read(a.session, a.notify())
	}
}

func (p *play) endTurn(session string) {
	for range 200 {
		answer := p.h.endTurn(session, slices.DeleteFunc(slices.Clone(p.running), func(a *played) bool { return a.session != session })...)
		p.read(session, answer)
		if answer.Output.Specific == nil {
			return
		}
	}
	p.t.Fatalf("the turn of %s does not end", session)
}

func (p *play) say(session string) {
	p.spoke++
	p.read(session, p.h.say(session, "Go on."))
}

// read lets the orchestrator read an answer.
func (p *play) read(session string, answer Answer) {
	steps := p.h.stepsIn(answer)
	if out := answer.Output.Specific; out != nil && out.HookEventName == host.Stop {
		steps = p.h.shortSteps(answer)
	}
	for _, step := range steps {
		if p.told[step.StepID]++; p.told[step.StepID] > 1 {
			p.t.Errorf("the step %s of %s is told %d times: %s %v", step.StepID, step.TaskID, p.told[step.StepID], step.Action, step.Gates)
		}
		if step.Reminder {
			p.reminders++
		}
		p.last[launch.TaskKey(step.TaskID)] = step
		if i := slices.IndexFunc(p.tasks, func(task *playedTask) bool { return launch.TaskKey(task.name) == launch.TaskKey(step.TaskID) }); i >= 0 && !p.goesWrong(0.1) {
			p.later(func() { p.obey(p.tasks[i], session, step) })
		}
	}
}

func (p *play) obey(task *playedTask, session string, next step.Step) {
	switch next.Action {
	case gates.Deploy:
		if p.goesWrong(0.1) {
			p.gate(task, "security-auditor") // before its time, or besides
			p.merge(task, session)
		}
		for _, gate := range next.Gates {
			p.gate(task, gate)
		}
	case gates.Resume:
		if a := task.coder; a != nil && a.id == next.Calls[0].To && !slices.Contains(p.running, a) {
			p.running = append(p.running, a)
			a.resume(next.Calls[0].Message)
			p.later(func() { p.work(task, a) })
		} else if a == nil || a.id != next.Calls[0].To {
			p.code(task)
		}
	case gates.Merge:
		p.merge(task, session)
	case gates.Present, gates.Escalate, gates.Halt, gates.Unverified, gates.Resolve, gates.Supply:
		if p.chance(0.5) {
			p.later(func() { p.say(session) })
		}
	}
}

func (p *play) merge(task *playedTask, session string) {
	a := p.launch(session, "x:branch-manager", launch.Marker{Task: p.spelled(task.name), Gate: gates.BranchManagerAgent}.Line()+"\nWORKTREE_PATH: "+task.place)
	if a == nil {
		return
	}
	p.later(func() {
		if p.goesWrong(0.2) {
			p.dies(a)
			return
		}
		p.stop(a, "Merged.")
		p.later(func() { p.comesBack(a) })
	})
}

// check compares the last steps that the orchestrators were told with those that are due, when no agent is at work and every turn has ended.
func (p *play) check() {
	known := p.h.tasks()
	for _, task := range p.tasks {
		owed := known.Task(task.name).State.Owed()
		if owed.Action != gates.Deploy && owed.Action != gates.Resume && owed.Action != gates.Merge {
			continue
		}
		if last := p.last[launch.TaskKey(task.name)]; owed.Action == gates.Merge && last.Action != owed.Action {
			p.endTurn(known.Task(task.name).LastIn) // it had no room beside the person's prompt
		}
		if last := p.last[launch.TaskKey(task.name)]; string(last.Action) != string(owed.Action) || !slices.Equal(last.Gates, step.ClippedNames(owed.Gates)) {
			p.t.Errorf("%s owes %s %v, and what was told last is %s %v", task.name, owed.Action, owed.Gates, last.Action, last.Gates)
		}
	}
}
