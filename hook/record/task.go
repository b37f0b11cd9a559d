package record

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// Task is what the journal says of one task.
type Task struct {
	State gates.State
	// Worktree is the path by which the orchestrator knows its worktree; "" if no fact named one.
	Worktree string
	// FilesTotal and Asked are those of the last stop of its coding agent, as in Fact.
	FilesTotal int
	Asked      []Asked
	// LastIn is the session of the last fact: its orchestrator was told what is owed.
	LastIn string

	// Commit is the one that has the work of a task that is committed; "" if it is not, or not known.
	Commit string

	base     string   // of the last stop of its coding agent, as in Fact
	files    []string // likewise
	brief    launch.Brief
	commands config.Commands
	coverage int
	// Types returns the types of agents of the session that reads the step, or nil if they are not known; nil if nobody can tell.
	Types func() []string
	// missing are the types that do not exist, of all tasks.
	missing standIns
	outside *step.Outside
	// launchedIn is the session in which an agent was last launched, by the name of its gate or gates.BranchManagerAgent.
	launchedIn map[string]string
	// passedIn is the session in which a gate last passed, by its name.
	passedIn map[string]string
}

// PassedIn is the session in which the gate last passed; "" if none recorded that.
func (t *Task) PassedIn(gate string) string { return t.passedIn[gate] }

// Files are the changed files of the last stop of its coding agent, as far as they are kept.
func (t *Task) Files() []string { return slices.Clone(t.files) }

// StoppedAgain is the fact completed with what the last stop of the coding agent found, for a second judgement of the same work.
func (t *Task) StoppedAgain(f Fact) Fact {
	f.Base, f.Files, f.FilesTotal, f.Asked = t.base, t.files, t.FilesTotal, t.Asked
	return f
}

// standIns are, by session, the agents that stand in for types that do not exist there, by those, as far as launches have shown.
type standIns map[string]map[string]string

// Instead are the agents that stand in for types that do not exist in the session of the last fact, by those, as far as launches have shown.
func (t *Task) Instead() map[string]string { return maps.Clone(t.missing[t.LastIn]) }

// agentTypes are the types of agents for a step that launches one; nil for any other step, or if they are not known.
func (t *Task) agentTypes(g gates.Step) []string {
	if t.Types == nil || g.Action != gates.Deploy && g.Action != gates.Merge {
		return nil
	}
	return t.Types()
}

// Known completes the case of a coding agent's stop with what is known of the session's agents, for the step that was ordered.
func (t *Task) Known(c *judge.Case) { c.Types, c.Instead = t.agentTypes(c.Ordered), t.Instead() }

// WorkStopped is when a coding agent last stopped; the zero time if none did, or for a nil Task.
func (t *Task) WorkStopped() time.Time {
	if t == nil {
		return time.Time{}
	}
	for _, e := range slices.Backward(t.State.History) {
		if e.Kind == gates.CoderStopped {
			return e.At
		}
	}
	return time.Time{}
}

// Take takes in a fact of a session, and returns the step that the fact calls for; the zero Step if it calls for none.
func (t *Task) Take(session string, f Fact) gates.Step {
	var called gates.Step
	t.State, called = gates.Next(t.State, f.Fact)
	if f.Fact.Kind == gates.CoderStopped || t.Worktree == "" { // a gate that was launched for another worktree does not move the work there
		t.Worktree = cmp.Or(f.Worktree, t.Worktree)
	}
	switch f.Fact.Kind {
	case gates.CoderStopped:
		t.base, t.files, t.FilesTotal, t.Asked, t.outside = f.Base, f.Files, f.FilesTotal, f.Asked, f.Outside
		t.brief, t.commands, t.coverage = deref(f.Brief), deref(f.Commands), f.Coverage
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
	}
	if f.Commit != "" {
		t.Commit = f.Commit
	}
	if f.Fact.Words == "" { // words can be said in any session
		t.LastIn = session
	}
	return called
}

// deref is the value that p points to; the zero value for nil.
func deref[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}

// Answer takes in a fact as Take does, and returns what is owed if the fact calls for nothing.
func (t *Task) Answer(session string, f Fact) gates.Step {
	if called := t.Take(session, f); called.Action != "" {
		return called
	}
	return t.State.Owed()
}

// Step words what the protocol calls for, if no coding agent's report led to it. agent and verdict say what led to it.
func (t *Task) Step(id string, agent gates.Agent, verdict rule.Verdict, g gates.Step) *step.Step {
	e := step.Errand{
		Task: t.State.Task, Worktree: t.Worktree, Coder: t.State.Coder.Type, Base: t.base, Files: t.files, Total: t.FilesTotal,
		Brief: t.brief, Commands: t.commands, Coverage: t.coverage, Types: t.agentTypes(g), Instead: t.Instead(), Outside: t.outside,
	}
	return step.ForTask(id, e, agent, verdict, g)
}

// OwedStep words what the task owes now, where no agent's stop led to it; nil if it owes nothing. The step has the same id as long as nothing
// happens to the task.
func (t *Task) OwedStep(verdict rule.Verdict, owed gates.Step) *step.Step {
	if owed.Action == "" {
		return nil
	}
	id := quote.Digest("owed", launch.TaskKey(t.State.Task), string(owed.Action), string(owed.Why), strings.Join(owed.Gates, " "),
		fmt.Sprint(len(t.State.History), len(t.State.Seen)))
	return t.Step(id, gates.Agent{}, verdict, owed)
}

// LastAgent is the agent whose stop was the last thing that happened to the task; "" if there was none.
func (t *Task) LastAgent() string {
	if n := len(t.State.History); n > 0 {
		return t.State.History[n-1].Agent
	}
	return ""
}

// Vanished are the ends of the agents that the task waits for and that this session launched, provided that none of them is at work any
// more.
func (t *Task) Vanished(session string) []gates.Fact {
	owed := t.State.Owed()
	switch {
	case owed.Action != gates.Wait, t.State.Merging && t.State.Merger == session: // the session itself does it
		return nil
	case owed.Why == gates.ForBranchManager && t.launchedIn[gates.BranchManagerAgent] == session:
		return []gates.Fact{{
			Kind: gates.BranchManagerDone, Agent: t.State.Merger, Outcome: gates.Fail, Issues: []string{"it is not at work any more, and no stop of it was seen"},
		}}
	case owed.Why == gates.ForGates:
		return t.vanishedGates(session)
	}
	return nil
}

func (t *Task) vanishedGates(session string) []gates.Fact {
	var ends []gates.Fact
	for _, g := range t.State.Gates {
		if !g.Needed || t.launchedIn[g.Name] != session {
			continue
		}
		for _, run := range g.Runs {
			if !run.Stale {
				ends = append(ends, gates.Fact{Kind: gates.GateResult, Gate: g.Name, Agent: run.Agent, Call: run.Call, Outcome: gates.NoOutcome, SentBack: true})
			}
		}
	}
	return ends
}

// Tasks are the tasks of a repository in the order in which they became known.
type Tasks struct {
	list  []*Task
	byKey map[string]*Task
	caps  gates.Caps
	// missing is shared by the tasks: an agent that does not exist exists for none of them.
	missing standIns
}

// FoldTasks reads the facts among the records, in the order of the journal. Unreadable facts are skipped. caps bound how often the gates
// may send work back.
func FoldTasks(records []journal.Record, caps gates.Caps) Tasks {
	tasks := Tasks{byKey: map[string]*Task{}, caps: caps, missing: standIns{}}
	for _, rec := range records {
		var f Fact
		var done finished
		switch {
		case rec.Kind == KindFact && json.Unmarshal(rec.Data, &f) == nil:
			tasks.at(gates.Key(cmp.Or(rec.Task, f.Fact.Task))).Take(rec.Session, f)
		case rec.Kind == KindDone && json.Unmarshal(rec.Data, &done) == nil:
			maps.Copy(tasks.missing, done.Instead)
		}
	}
	return tasks
}

// Task is the task of that name, in any spelling. An unknown one is known from now on.
func (t *Tasks) Task(name string) *Task { return t.at(launch.TaskKey(name)) }

// at is the task with that key (launch.TaskKey).
func (t *Tasks) at(key string) *Task {
	task := t.byKey[key]
	if task == nil {
		task = &Task{State: gates.State{Caps: t.caps}, missing: t.missing, launchedIn: map[string]string{}, passedIn: map[string]string{}}
		t.byKey[key] = task
		t.list = append(t.list, task)
	}
	return task
}

// Find is the known task of that name, in any spelling; nil if there is none.
func (t Tasks) Find(name string) *Task { return t.byKey[launch.TaskKey(name)] }

// All are the tasks that are known to the protocol.
func (t Tasks) All() []*Task {
	return slices.DeleteFunc(slices.Clone(t.list), func(task *Task) bool { return task.State.Phase == "" })
}

// Open are those that are not done.
func (t Tasks) Open() []*Task {
	return slices.DeleteFunc(t.All(), func(task *Task) bool { return task.State.Phase == gates.Done })
}

// CapsOf are the bounds of a configuration in the protocol's form. A gate that is neither the tests nor the audit is a review.
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

// DueIn is the step that the task owes, and whether the orchestrator of that session is reminded of it: it has to act next, and nothing has
// happened to the task in another session since.
func (t *Task) DueIn(session string) (owed gates.Step, due bool) {
	owed = t.State.Owed()
	return owed, t.LastIn == session && owed.IsToBeTaken()
}

// Reminder is the step by which the orchestrator is reminded of what the task owes.
func (t *Task) Reminder(owed gates.Step) *step.Step {
	next := t.OwedStep(rule.Ended, owed)
	next.Reminder = !owed.IsWord()
	return next
}

func (t *Task) pending() bool { return t.State.Phase != gates.Done || len(t.State.Heard) > 0 }
