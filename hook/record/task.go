package record

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/integration"
	"stopgate/hook/journal"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/step"
	"stopgate/hook/worktree"
)

// Task has the records of one task.
type Task struct {
	State gates.State
	// Worktree is the task's worktree as the orchestrator wrote it; "" if no fact named one.
	Worktree string
	// LastIn is the session of the last fact. Its orchestrator was told the step that followed.
	LastIn string

	// Commit is the commit with the task's work; "" if it is not committed, or unknown.
	Commit string

	// head is the commit of the worktree's HEAD when the work was verified or, if that was later, when it was found committed by hand; "" if unknown.
	head string
	// committed means that the work was found committed by hand.
	committed bool

	stopped time.Time // see WorkStopped
	work    Fact      // the last stop of its coding agent
	// reported and reportedRest are the files of all its coding agents' verified stops. cut means that some are in neither.
	reported     []string
	reportedRest digests
	cut          bool
	// judged is the tree of the last verified stop; "" if the last stop was not verified.
	judged string
	// unreported are from the last gates.TreeSeen, as in Fact. told counts how often the orchestrator was told about them, by tree.
	unreported      []string
	unreportedTotal int
	told            map[string]int

	// Types returns the types of agents in the session that reads the step; nil if they are unknown. A nil Types means the same.
	Types func() []string
	// beside has the tasks of the session that reads the step; nil if they are unknown.
	beside *Tasks
	// missing has the types that do not exist, for all tasks.
	missing standIns
	// launchedIn has, by the name of a gate or gates.BranchManagerAgent, the session in which that agent was last launched.
	launchedIn map[string]string
	// mergeCall is the tool use that last launched its branch-manager; "" if unknown.
	mergeCall string
	// began has, by the id of a coding agent, how its last run began.
	began map[string]begun
	// passedIn has, by gate, the session in which it last passed.
	passedIn map[string]string
}

// PassedIn returns the session in which the gate last passed; "" if none is recorded.
func (t *Task) PassedIn(gate string) string { return t.passedIn[gate] }

// SessionOf returns the session in which a coding agent last began to work on the task; "" if that is not recorded.
func (t *Task) SessionOf(agentID string) string { return t.began[agentID].session }

// ByHand returns what is known of the task, for finding out what was done with its work by hand. place is its worktree, home the main one, and o is
// for walking them.
func (t *Task) ByHand(place, home worktree.Place, o worktree.ScanOptions) integration.ByHand {
	return integration.ByHand{
		State: t.State, Commit: t.Commit, Files: t.work.Files, Total: t.work.FilesTotal, Made: t.committed, Heads: []string{t.head}, Place: place, Home: home, Options: o,
	}
}

// Kept returns the fact that the work is committed, and is as it was. now is the present state of the worktree.
func (t *Task) Kept(now worktree.Survey, at time.Time) Fact {
	return Fact{Worktree: t.Worktree, Head: now.Head, Fact: gates.Fact{Kind: gates.TreeKept, Task: t.State.Task, At: at, Tree: now.Fingerprint, Was: t.State.Tree}}
}

// KeptIn returns the commit of the work as it was that was found made by hand; "" for none.
func (t *Task) KeptIn() string {
	if !t.committed {
		return ""
	}
	return t.head
}

// Merged returns the fact that a main branch has the commit with the work, and that no branch-manager merged it.
func (t *Task) Merged(commit string, at time.Time) Fact {
	return Fact{Worktree: t.Worktree, Commit: commit, Fact: gates.Fact{Kind: gates.MergedByHand, Task: t.State.Task, At: at, Tree: t.State.Tree}}
}

// MergeCall returns the tool use that last launched its branch-manager; "" if unknown.
func (t *Task) MergeCall() string { return t.mergeCall }

// Asked returns which files of the last stop of its coding agent need which gate, as in Fact.
func (t *Task) Asked() []Asked { return t.work.Asked }

// Files returns the changed files of the last stop of its coding agent, as far as they are kept.
func (t *Task) Files() []string { return slices.Clone(t.work.Files) }

// Reported returns a test for the files of all verified stops of its coding agents; ok is false if not all of them are known, because an older
// version recorded them.
func (t *Task) Reported() (has func(name string) bool, ok bool) {
	known := map[string]bool{}
	for _, name := range t.reported {
		known[string(digestsOf([]string{name}))] = true
	}
	for d := range slices.Chunk(t.reportedRest, digestSize) {
		known[string(d)] = true
	}
	return func(name string) bool { return known[string(digestsOf([]string{name}))] }, !t.cut
}

// Judged returns the tree at the last stop of its coding agent, if that was verified, else "".
func (t *Task) Judged() string { return t.judged }

// HasNoWork reports whether nothing of the task is in its worktree, as far as reports say: each of its agents declined. Files that such an agent changed
// all the same are found as unreported ones.
func (t *Task) HasNoWork() bool {
	worked := func(e gates.Event) bool { return e.Kind == gates.CoderStopped && e.Verdict != gates.Declined }
	return !t.State.Working && len(t.State.Running) == 0 && len(t.State.History) > 0 && !slices.ContainsFunc(t.State.History, worked)
}

// Unreported returns the files that have changed since a coding agent stopped and that no report lists, as far as they are kept.
func (t *Task) Unreported() []string { return slices.Clone(t.unreported) }

// Told returns how often the orchestrator was told about unreported files in that tree.
func (t *Task) Told(tree string) int { return t.told[tree] }

// StoppedAgain completes the fact from the last stop of the coding agent, for a second judgement of the same work.
func (t *Task) StoppedAgain(f Fact) Fact {
	f.Base, f.Files, f.FilesRest, f.FilesTotal, f.Asked = t.work.Base, t.work.Files, t.work.FilesRest, t.work.FilesTotal, t.work.Asked
	return f
}

// standIns has, by session and missing type, the agent that stands in for it, as far as launches have shown.
type standIns map[string]map[string]string

// Instead returns, by missing type, the agents that stand in in the session of the last fact, as far as launches have shown.
func (t *Task) Instead() map[string]string { return maps.Clone(t.missing[t.LastIn]) }

// agentTypes returns the types of agents for a step that launches one; nil for any other step, or if they are unknown.
func (t *Task) agentTypes(g gates.Step) []string {
	if t.Types == nil || g.Action != gates.Deploy && g.Action != gates.Merge {
		return nil
	}
	return t.Types()
}

// neighbours returns the neighbours for a step that launches an agent or asks the person about a merge; nil for any other step.
func (t *Task) neighbours(g gates.Step) []launch.Neighbour {
	if t.beside == nil || g.Action != gates.Deploy && g.Action != gates.Merge && g.Action != gates.Present {
		return nil
	}
	return t.beside.neighboursOf(t.State.Task, t.Worktree)
}

// Known adds to the case of a coding agent's stop what a launch by the ordered step needs to know: the types of the session's agents, and the
// neighbours.
func (t *Task) Known(c *judge.Case) {
	c.Types, c.Instead, c.Neighbours = t.agentTypes(c.Ordered), t.Instead(), t.neighbours(c.Ordered)
}

// WorkStopped returns when a coding agent last stopped, but no later than anything that was recorded after it, because the clock may have been set back
// since; the zero time if none did, or for a nil Task.
func (t *Task) WorkStopped() time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.stopped
}

// Take applies a fact of a session, and returns the step that follows; the zero Step if none does.
func (t *Task) Take(session string, f Fact) gates.Step {
	var called gates.Step
	done := t.State.Done
	t.State, called = gates.Next(t.State, f.Fact)
	if f.Fact.Kind == gates.CoderStopped || t.Worktree == "" { // the launch of a gate for another worktree does not move the work there
		t.Worktree = cmp.Or(f.Worktree, t.Worktree)
	}
	if f.Fact.Kind == gates.CoderStopped || f.Fact.At.Before(t.stopped) {
		t.stopped = f.Fact.At
	}
	switch f.Fact.Kind {
	case gates.CoderStopped:
		t.work, t.head, t.committed = f, f.Head, false
		t.judgedAs(f, done)
	case gates.CoderStarted:
		t.began[f.Fact.Agent] = begun{session: session, agentType: f.Fact.AgentType, at: f.Fact.At}
	case gates.TreeSeen:
		if f.Worktree != "" { // it says what no report lists: at a launch, or when a gate stopped
			t.unreported, t.unreportedTotal = f.Unreported, f.UnreportedTotal
			t.told[f.Fact.Tree]++
		}
	case gates.TreeKept:
		t.head, t.committed = f.Head, true
		t.told[f.Fact.Tree] += t.told[f.Fact.Was]
		if t.judged == f.Fact.Was {
			t.judged = f.Fact.Tree
		}
	case gates.GateResult:
		if f.Fact.Outcome == gates.Pass {
			t.passedIn[f.Fact.Gate] = session
		}
	case gates.LaunchFailed:
		if t.missing[session] == nil {
			t.missing[session] = map[string]string{}
		}
		t.missing[session][f.Fact.AgentType] = f.Instead
	case gates.GateLaunched, gates.BranchManagerLaunched:
		t.launchedIn[cmp.Or(f.Fact.Gate, gates.BranchManagerAgent)] = session
		if f.Fact.Gate == "" {
			t.mergeCall = cmp.Or(f.Fact.Call, t.mergeCall)
		}
	}
	if f.Commit != "" {
		t.Commit = f.Commit
	}
	if f.Fact.Words == "" { // words can be said in any session
		t.LastIn = session
	}
	return called
}

// judgedAs takes what a coding agent's stop says about the files of the task. done means that the task was done before.
func (t *Task) judgedAs(f Fact, done bool) {
	if done {
		t.reported, t.reportedRest, t.cut = nil, nil, false
	}
	t.judged, t.unreported, t.unreportedTotal = "", nil, 0
	if f.Fact.Verdict == gates.Verified {
		t.judged = f.Fact.Tree
		t.reported, t.reportedRest = append(t.reported, f.Files...), append(t.reportedRest, f.FilesRest...)
		t.cut = t.cut || f.FilesTotal > len(f.Files)+len(f.FilesRest)/digestSize
	}
}

// deref returns the value that p points to; the zero value for nil.
func deref[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}

// Answer applies a fact like Take. If no step follows from the fact, it returns the step that the task owes.
func (t *Task) Answer(session string, f Fact) gates.Step {
	if called := t.Take(session, f); called.Action != "" {
		return called
	}
	return t.State.Owed()
}

// Step words the step g, if it does not follow from a coding agent's report. agent and verdict are the cause of the step.
func (t *Task) Step(id string, agent gates.Agent, verdict rule.Verdict, g gates.Step) *step.Step {
	e := step.Errand{
		Task: t.State.Task, Worktree: t.Worktree, Coder: t.State.Coder.Type, Base: t.work.Base, Files: t.work.Files, Total: t.work.FilesTotal,
		Unreported: t.unreported, UnreportedTotal: t.unreportedTotal,
		Brief: deref(t.work.Brief), Commands: deref(t.work.Commands), Coverage: t.work.Coverage, Types: t.agentTypes(g), Instead: t.Instead(), Outside: t.work.Outside,
		Neighbours: t.neighbours(g),
	}
	return step.ForTask(id, e, agent, verdict, g)
}

// OwedStep words the step that the task owes now if no agent's stop led to it; nil if the task owes nothing. The id of the step stays the same
// until something happens to the task.
func (t *Task) OwedStep(verdict rule.Verdict, owed gates.Step) *step.Step {
	if owed.Action == "" {
		return nil
	}
	why := owed.Why
	if why == gates.WordHeard { // the same words, before it is known who spoke
		why = gates.WordGiven
	}
	id := quote.Digest("owed", launch.TaskKey(t.State.Task), string(owed.Action), string(why), strings.Join(owed.Gates, " "),
		fmt.Sprint(len(t.State.History), len(t.State.Seen)))
	return t.Step(id, gates.Agent{}, verdict, owed)
}

// LastAgent returns the agent whose stop was the last event of the task; "" if there was none.
func (t *Task) LastAgent() string {
	if n := len(t.State.History); n > 0 {
		return t.State.History[n-1].Agent
	}
	return ""
}

// Vanished returns the ends of the agents that the task waits for, if none that this session launched is at work any more: of those, and of the ones
// of other sessions that are gone.
func (t *Task) Vanished(ctx context.Context, v Vantage) []gates.Fact {
	if t.State.Merging && t.State.Merger == v.Session { // the session itself does the work
		return nil
	}
	return t.gone(func(in, agent, call string) bool {
		return in == v.Session || v.ended(in) || watched{session: TranscriptOf(in, v.Transcript), agent: agent, call: call}.isGone(ctx, true, v.Now)
	})
}

// gone returns the ends of the gates or the branch-manager that the task waits for, as far as they are gone.
func (t *Task) gone(isGone func(session, agent, call string) bool) []gates.Fact {
	owed := t.State.Owed()
	switch {
	case owed.Action != gates.Wait:
		return nil
	case owed.Why == gates.ForBranchManager && isGone(t.launchedIn[gates.BranchManagerAgent], t.State.Merger, ""):
		return []gates.Fact{{
			Kind: gates.BranchManagerDone, Agent: t.State.Merger, Outcome: gates.Fail, Issues: []string{"it is not at work any more, and no stop of it was seen"},
		}}
	case owed.Why != gates.ForGates:
		return nil
	}
	var ends []gates.Fact
	for _, g := range t.State.Gates {
		if !g.Needed {
			continue
		}
		for _, run := range g.Runs {
			if !run.Stale && isGone(t.launchedIn[g.Name], run.Agent, run.Call) {
				ends = append(ends, gates.Fact{Kind: gates.GateResult, Gate: g.Name, Agent: run.Agent, Call: run.Call, Outcome: gates.NoOutcome, SentBack: true})
			}
		}
	}
	return ends
}

// Tasks are the tasks of a repository in the order of their first facts.
type Tasks struct {
	list  []*Task
	byKey map[string]*Task
	caps  gates.Caps
	// missing is shared by the tasks: an agent type that does not exist is missing for all of them.
	missing standIns
}

// FoldTasks applies the facts in the records, in the order of the journal. Unreadable facts are skipped. caps limits how often the gates may send
// work back.
func FoldTasks(records []journal.Record, caps gates.Caps) Tasks {
	tasks := Tasks{byKey: map[string]*Task{}, caps: caps, missing: standIns{}}
	for _, rec := range records {
		var f Fact
		var done finished
		switch {
		case rec.Kind == KindFact && json.Unmarshal(rec.Data, &f) == nil:
			tasks.at(gates.Key(cmp.Or(rec.Task, f.Fact.Task))).Take(rec.Session, f)
		case rec.Kind == kindDone && json.Unmarshal(rec.Data, &done) == nil:
			maps.Copy(tasks.missing, done.Instead)
		}
	}
	for _, t := range tasks.list {
		t.beside = &tasks
	}
	return tasks
}

// Task returns the task of that name, in any spelling. It adds a task that is new.
func (t *Tasks) Task(name string) *Task { return t.at(launch.TaskKey(name)) }

// at returns the task with that key (launch.TaskKey).
func (t *Tasks) at(key string) *Task {
	task := t.byKey[key]
	if task == nil {
		task = &Task{State: gates.State{Caps: t.caps}, missing: t.missing, launchedIn: map[string]string{}, began: map[string]begun{}, passedIn: map[string]string{}, told: map[string]int{}}
		t.byKey[key] = task
		t.list = append(t.list, task)
	}
	return task
}

// Find returns the known task of that name, in any spelling; nil if there is none.
func (t Tasks) Find(name string) *Task { return t.byKey[launch.TaskKey(name)] }

// All returns the tasks that have begun in the protocol.
func (t Tasks) All() []*Task {
	return slices.DeleteFunc(slices.Clone(t.list), func(task *Task) bool { return task.State.Phase == "" })
}

// Open returns the tasks that are not done.
func (t Tasks) Open() []*Task {
	return slices.DeleteFunc(t.All(), func(task *Task) bool { return task.State.Phase == gates.Done })
}

// CapsOf returns the limits of a configuration in the protocol's form. A gate that is neither the tests nor the audit is a review.
func CapsOf(c config.Config) gates.Caps {
	caps := gates.Caps{Total: c.Caps.Total, Gates: map[string]int{}, CommitByGates: c.Authorise.Commit == config.ByGates}
	for _, kind := range c.Kinds {
		for _, reviewer := range kind.Reviewers {
			caps.Gates[reviewer] = c.Caps.Reviewer
		}
	}
	caps.Gates[string(config.RoleTests)] = c.Caps.TestRunner
	caps.Gates[string(config.RoleSecurity)] = c.Caps.SecurityAuditor
	return caps
}

// DueIn returns the step that the task owes, and whether to remind the orchestrator of that session of it: the orchestrator has to act next, and
// nothing has happened to the task in another session since.
func (t *Task) DueIn(session string) (owed gates.Step, due bool) {
	owed = t.State.Owed()
	return owed, t.LastIn == session && owed.IsToBeTaken()
}

// AsksIn reports whether the task waits for the person, and nothing has happened to it in another session since it began to.
func (t *Task) AsksIn(session string) bool {
	return t.LastIn == session && t.State.Owed().WaitsFor() == gates.Person
}

// Reminder returns the step that reminds the orchestrator of what the task owes.
func (t *Task) Reminder(owed gates.Step) *step.Step {
	next := t.OwedStep(rule.Ended, owed)
	next.Reminder = !owed.IsWord()
	return next
}

func (t *Task) pending() bool { return t.State.Phase != gates.Done || len(t.State.Heard) > 0 }
