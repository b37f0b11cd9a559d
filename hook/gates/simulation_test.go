package gates

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// world is one session in which many tasks go through the protocol at once: an orchestrator that follows steps and does nothing else, agents that
// take their time, a person, and a journal that gets some facts twice or with a wrong time.
type world struct {
	t    *testing.T
	rand *rand.Rand
	// tasks are by Key.
	tasks map[string]*task
	// running are the agents at work, with the result that each will give. Until then a gate has the tree that it was launched on, as in began.
	running []Fact
	began   map[string]string
	agents  int
	facts   int
	clock   time.Time
}

type task struct {
	name  string
	state State
	told  Step // the last step that asked for something
	tree  int
	steps map[Action]int
	story []string // for people, where something is wrong
}

func (w *world) agent() string {
	w.agents++
	return fmt.Sprint("agent-", w.agents)
}

// tell gives a fact to the machine and follows its step. Some facts come twice.
func (w *world) tell(f Fact) {
	w.facts++
	w.clock = w.clock.Add(time.Duration(w.rand.IntN(120)-20) * time.Second)
	f.At = w.clock
	if f.Stop == "" {
		f.Stop = fmt.Sprint("stop-", w.facts)
	}
	k := w.tasks[Key(f.Task)]
	next, step := Next(k.state, f)
	again, nothing := Next(next, f)
	if f.Kind.isStop() && (nothing.Action != "" || text(w.t, again) != text(w.t, next)) {
		w.t.Fatalf("%s: %+v counts twice", k.name, f)
	}
	k.state = next
	k.story = append(k.story, fmt.Sprintf("%s %s %s %s%s %s: %s; %s", f.Kind, f.Gate, f.Agent, f.Verdict, f.Outcome, f.Tree, next.Phase, brief(step)))
	if f.Kind.isStop() && step.Action == "" && next.Owed().Action != "" {
		w.t.Fatalf("%s: nothing follows from the last of these:\n%s", k.name, strings.Join(k.story, "\n"))
	}
	k.steps[step.Action]++
	if step.Action != "" && step.Action != Wait {
		k.told = step
		w.obey(k, step)
	}
}

// obey is what an orchestrator makes of a step.
func (w *world) obey(k *task, step Step) {
	name := k.name
	if w.rand.IntN(2) == 0 {
		name = " " + Key(name)
	}
	switch step.Action {
	case Deploy:
		for _, g := range step.Gates {
			if slices.ContainsFunc(w.running, func(f Fact) bool { return Key(f.Task) == Key(name) && f.Gate == g && f.Tree == k.present() }) {
				w.t.Fatalf("%s: %s is at work and to be launched again:\n%s", k.name, g, strings.Join(k.story, "\n"))
			}
			if deny := k.state.Allows(g); deny.Action != Allow {
				w.t.Fatalf("%s: %s is owed and denied: %+v", k.name, g, deny)
			}
			agent := w.agent()
			w.tell(Fact{Kind: GateLaunched, Task: name, Gate: g, Tree: k.present()})
			w.tell(Fact{Kind: GateLaunched, Task: name, Gate: g, Agent: agent, Tree: k.present()})
			w.began[agent] = k.present()
			w.running = append(w.running, Fact{Kind: GateResult, Task: name, Gate: g, Agent: agent, Tree: k.present()})
		}
	case SendBack:
		w.running = append(w.running, Fact{Kind: GateResult, Task: name, Gate: step.Gates[0], Agent: step.Agent.ID, Tree: w.began[step.Agent.ID]})
	case Resume:
		if len(step.Issues) == 0 || len(step.Gates) == 0 || step.Agent.ID == "" {
			w.t.Fatalf("%s: resume for nothing: %+v", k.name, step)
		}
		w.tell(Fact{Kind: CoderStarted, Task: name, Agent: step.Agent.ID})
		w.running = append(w.running, Fact{Kind: CoderStopped, Task: name, Agent: step.Agent.ID})
	case Resolve, Supply:
		w.running = append(w.running, Fact{Kind: CoderStopped, Task: name, Agent: w.agent()})
	case Present, Escalate, Halt, Unverified:
		w.running = append(w.running, Fact{Kind: PersonSpoke, Task: name})
	case Merge:
		ask := Fact{Kind: LaunchAsked, Task: name, Launch: BranchManagerAgent, Tree: k.present()}
		if _, answer := Next(k.state, ask); answer.Action != Allow {
			w.t.Fatalf("%s: merge is owed and denied: %+v", k.name, answer)
		}
		agent := w.agent()
		w.tell(Fact{Kind: BranchManagerLaunched, Task: name, Agent: agent, Tree: k.present()})
		w.running = append(w.running, Fact{Kind: BranchManagerDone, Task: name, Agent: agent, Outcome: Pass})
	}
}

func (k *task) present() string { return fmt.Sprint(Key(k.name), " tree ", k.tree) }

// end lets one agent come to its end.
func (w *world) end(f Fact) {
	k := w.tasks[Key(f.Task)]
	luck := w.rand.IntN(20)
	switch f.Kind {
	case CoderStopped:
		f.Verdict = Verified
		switch {
		case luck == 0:
			f.Verdict = Incomplete
		case luck == 1:
			f.Verdict = Declined
		case luck == 2:
			f.Verdict = Capped
		case luck < 18:
			k.tree++
		}
		f.Tree = k.present()
	case GateResult:
		f.Tree = k.present()
		f.Outcome = Pass
		switch {
		case luck < 4:
			f.Outcome, f.Issues = Fail, []string{"something is wrong"}
		case luck == 4:
			f.Contradictions = []string{"it contradicts itself"}
		case luck == 5:
			f.Outcome = NoOutcome
		case luck == 6:
			k.tree++ // somebody edited while it ran
			f.Tree = k.present()
		}
	case PersonSpoke:
		w.tell(f)
		if k.state.InHand { // they say: go on
			w.running = append(w.running, Fact{Kind: CoderStopped, Task: f.Task, Agent: w.agent()})
		}
		return
	}
	w.tell(f)
	if luck == 7 && k.state.Phase != Done {
		k.tree++
		w.tell(Fact{Kind: TreeSeen, Task: f.Task, Tree: k.present()})
	}
}

func TestSimulation(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3, 13, 16, 1795440300532154628, uint64(time.Now().UnixNano())} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { simulate(t, seed) })
	}
}

func simulate(t *testing.T, seed uint64) {
	w := &world{t: t, rand: rand.New(rand.NewPCG(seed, 0)), tasks: map[string]*task{}, began: map[string]string{}, clock: time.Unix(1_700_000_000, 0).UTC()}
	const tasks = 50
	for i := range tasks {
		k := &task{name: fmt.Sprint("PROJ-", i), steps: map[Action]int{}}
		w.tasks[Key(k.name)] = k
		w.running = append(w.running, Fact{Kind: CoderStopped, Task: k.name, Agent: w.agent()})
	}
	for len(w.running) > 0 {
		if w.facts > 100_000 {
			t.Fatal("there is no end")
		}
		i := w.rand.IntN(len(w.running))
		f := w.running[i]
		w.running = slices.Delete(w.running, i, i+1)
		w.end(f)
		k := w.tasks[Key(f.Task)]
		atWork := slices.ContainsFunc(w.running, func(r Fact) bool { return Key(r.Task) == Key(f.Task) })
		if owed := k.state.Owed(); !atWork && owed.Action != "" && !owed.Same(k.told) {
			t.Fatalf("%s: owed and never told: %+v", k.name, owed)
		}
	}
	for _, k := range w.tasks {
		if k.state.Phase != Done || k.steps[Close] == 0 {
			t.Errorf("%s ends in phase %s, closed %d times: %s", k.name, k.state.Phase, k.steps[Close], text(t, k.state.Owed()))
		}
	}
	if w.agents < 200 {
		t.Errorf("only %d agents", w.agents)
	}
	t.Logf("%d tasks, %d agents, %d facts", tasks, w.agents, w.facts)
}
