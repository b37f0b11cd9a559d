package record

import (
	"cmp"
	"encoding/json"
	"slices"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// Fact is the data of a fact record: one thing that happened to a task, as the gate protocol takes it in.
type Fact struct {
	Fact gates.Fact `json:"fact"`
	// Worktree is the path by which the orchestrator knows the task's worktree; "" where the fact tells of none.
	Worktree string `json:"worktree,omitempty"`
	// Of a coding agent's stop: what was compared, the first maxFilesKept of its proven files, how many there are, and which of them
	// asked for which gate, the first maxAsked for each.
	Base       string   `json:"base,omitempty"`
	Files      []string `json:"files,omitempty"`
	FilesTotal int      `json:"files_total,omitempty"`
	Asked      []Asked  `json:"asked,omitempty"`
}

// Asked is a file because of which a gate runs.
type Asked struct {
	Gate string `json:"gate"`
	// Kind is the kind of the file, in the words of the configuration.
	Kind string `json:"kind"`
	Path string `json:"path"`
}

// Bounds on what one fact keeps.
const (
	maxFilesKept = 100
	maxAsked     = 50 // for each gate
)

// Task is what the journal says of one task.
type Task struct {
	State gates.State
	// Worktree is the path by which the orchestrator knows its worktree; "" where no fact told of one.
	Worktree string
	// Base, Files, FilesTotal and Asked are those of the last stop of its coding agent.
	Base       string
	Files      []string
	FilesTotal int
	Asked      []Asked
	// Sessions are those in which something happened to it, in order.
	Sessions []string
	// LastIn is the session of the last fact: its orchestrator is the one that was told what is owed.
	LastIn string
	// launchedIn is the session of the last launch of a gate, by its name; of the branch-manager too.
	launchedIn map[string]string
}

// Take is the task after one more fact, and the step that the fact calls for.
func (t *Task) Take(session string, d Fact) gates.Step {
	var step gates.Step
	t.State, step = gates.Next(t.State, d.Fact)
	if d.Fact.Kind == gates.CoderStopped || t.Worktree == "" {
		t.Worktree = cmp.Or(d.Worktree, t.Worktree) // a launch that names another one does not move the work there
	}
	if d.Fact.Kind == gates.CoderStopped {
		t.Base, t.Files, t.FilesTotal, t.Asked = d.Base, d.Files, d.FilesTotal, d.Asked
	}
	t.LastIn = session
	switch d.Fact.Kind {
	case gates.GateLaunched, gates.BranchManagerLaunched:
		if t.launchedIn == nil {
			t.launchedIn = map[string]string{}
		}
		t.launchedIn[cmp.Or(d.Fact.Gate, gates.BranchManagerAgent)] = session
	}
	if session != "" && !slices.Contains(t.Sessions, session) {
		t.Sessions = append(t.Sessions, session)
	}
	return step
}

// Step is what the orchestrator is told of the task where no coding agent's report led to it.
func (t *Task) Step(id string, agent gates.Agent, verdict rule.Verdict, g gates.Step) *step.Step {
	e := step.Errand{Task: t.State.Task, Worktree: t.Worktree, Coder: t.State.Coder.Type, Base: t.Base, Files: t.Files, Total: t.FilesTotal}
	return step.ForTask(id, e, agent, verdict, g)
}

// Answer is the step that a fact calls for or, where it calls for none, what is owed by then.
func (t *Task) Answer(session string, d Fact) gates.Step {
	if step := t.Take(session, d); step.Action != "" {
		return step
	}
	return t.State.Owed()
}

// Tasks are the tasks of a repository in the order in which they became known.
type Tasks struct {
	list []*Task
	Keys map[string]*Task
	caps gates.Caps
}

// FoldTasks reads the facts among the records, in the order of the journal. What cannot be read is passed over. caps bound how often
// the gates may send work back.
func FoldTasks(records []journal.Record, caps gates.Caps) Tasks {
	tasks := Tasks{Keys: map[string]*Task{}, caps: caps}
	for _, rec := range records {
		var d Fact
		if rec.Kind != KindFact || json.Unmarshal(rec.Data, &d) != nil {
			continue
		}
		tasks.Task(d.Fact.Task).Take(rec.Session, d)
	}
	return tasks
}

// Task is that task, which may be one that nobody has heard of; then it is known from now on.
func (t *Tasks) Task(name string) *Task {
	key := launch.TaskKey(name)
	task := t.Keys[key]
	if task == nil {
		task = &Task{State: gates.State{Caps: t.caps}}
		t.Keys[key] = task
		t.list = append(t.list, task)
	}
	return task
}

// All are the tasks that are known, in the order in which they became so.
func (t Tasks) All() []*Task {
	return slices.DeleteFunc(slices.Clone(t.list), func(task *Task) bool { return task.State.Phase == "" })
}

// Open are those that are known and not done.
func (t Tasks) Open() []*Task {
	return slices.DeleteFunc(t.All(), func(task *Task) bool { return task.State.Phase == gates.Done })
}

// CapsOf are the bounds of a configuration as the protocol takes them. A gate that is neither the tests nor the audit is a review.
func CapsOf(c config.Config) gates.Caps {
	caps := gates.Caps{Total: c.Caps.Total, Gates: map[string]int{}}
	for _, kind := range c.Kinds {
		for _, reviewer := range kind.Reviewers {
			caps.Gates[reviewer] = c.Caps.Reviewer
		}
	}
	caps.Gates[string(config.RoleTests)] = c.Caps.TestRunner
	caps.Gates[string(config.RoleSecurity)] = c.Caps.SecurityAuditor
	return caps
}

// Needs are the gates that a change of these files needs, and which file asks for which.
func Needs(c config.Config, files []string) (needed []gates.Gate, asked []Asked) {
	needed = []gates.Gate{} // none is not the same as unknown
	for _, g := range c.Profile(files).Gates {
		needed = append(needed, gates.Gate{Name: g.Agent, Blocking: g.Blocking})
		first, _ := quote.First(g.AskedBy, maxAsked)
		for _, f := range first {
			asked = append(asked, Asked{Gate: g.Agent, Kind: f.Kind, Path: f.Path})
		}
	}
	return needed, asked
}

// LastAgent is the agent whose stop was the last thing that happened to the task; "" where there was none.
func (t *Task) LastAgent() string {
	if n := len(t.State.History); n > 0 {
		return t.State.History[n-1].Agent
	}
	return ""
}

// Gone are the ends of those that the task waits for, if nobody is at work on it in the session that launched them.
func (t *Task) Gone(session string) []gates.Fact {
	var ends []gates.Fact
	owed := t.State.Owed()
	switch {
	case owed.Action == gates.Wait && owed.Why == gates.ForBranchManager && t.launchedIn[gates.BranchManagerAgent] == session:
		ends = append(ends, gates.Fact{
			Kind: gates.BranchManagerDone, Agent: t.State.Merger, Outcome: gates.Fail, Issues: []string{"it is not at work any more, and no stop of it was seen"},
		})
	case owed.Action == gates.Wait && owed.Why == gates.ForGates:
		for _, g := range t.State.Gates {
			for _, run := range g.Runs {
				if !run.Stale && g.Needed && t.launchedIn[g.Name] == session {
					ends = append(ends, gates.Fact{Kind: gates.GateResult, Gate: g.Name, Agent: run.Agent, Call: run.Call, Outcome: gates.NoOutcome, SentBack: true})
				}
			}
		}
	}
	return ends
}
