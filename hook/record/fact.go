package record

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"time"

	"stopgate/hook/cleanup"
	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// Fact is the data of a fact record: one event of a task, as the gate protocol reads it.
type Fact struct {
	Fact gates.Fact `json:"fact"`
	// Worktree is the task's worktree as the orchestrator wrote it; "" if the fact names none.
	Worktree string `json:"worktree,omitempty"`
	// Commit is the commit with the work, in the fact of a branch-manager's stop; "" if there is none.
	Commit string `json:"commit,omitempty"`
	// Head is the commit of the worktree's HEAD, in the fact of a coding agent's stop and in a gates.TreeKept; "" if unknown.
	Head string `json:"head,omitempty"`
	// Only in the fact of a coding agent's stop: the base of the comparison; the first maxFilesKept of the proven files; the others; the number of
	// all; and which of them need which gate, the first maxAsked for each.
	Base       string   `json:"base,omitempty"`
	Files      []string `json:"files,omitempty"`
	FilesRest  digests  `json:"files_rest,omitempty"`
	FilesTotal int      `json:"files_total,omitempty"`
	Asked      []Asked  `json:"asked,omitempty"`
	// Unreported are the first files that have changed since a coding agent stopped and that no report lists, and UnreportedTotal is their number.
	// Only in a fact of the kind gates.TreeSeen.
	Unreported      []string `json:"unreported,omitempty"`
	UnreportedTotal int      `json:"unreported_total,omitempty"`
	// Instead is the type of the agent that stands in after a failed launch; "" for none.
	Instead string `json:"instead,omitempty"`
	// Brief is what the coding agent was asked for; nil in other facts. Commands and Coverage are the settings for the gates at that time.
	Brief    *launch.Brief    `json:"brief,omitempty"`
	Commands *config.Commands `json:"commands,omitempty"`
	Coverage int              `json:"coverage,omitempty"`
	// Outside has the first of those files that are outside the scope in the agent's prompt, and that scope; nil if there are none.
	Outside *step.Outside `json:"outside,omitempty"`
}

// digests tell whether a name is among names that would need too much room.
type digests []byte

// digestSize is how much of a digest is kept for each name. It is too long for a name to be found that has another's digest.
const digestSize = 12

func digestsOf(names []string) digests {
	var all digests
	for _, name := range names {
		sum := sha256.Sum256([]byte(name))
		all = append(all, sum[:digestSize]...)
	}
	return all
}

// Asked is a file that needs a gate.
type Asked struct {
	Gate string `json:"gate"`
	// Kind is the configuration's name for the kind of file.
	Kind string `json:"kind"`
	Path string `json:"path"`
}

// Bounds on what one fact keeps.
const (
	maxFilesKept = 100
	maxAsked     = 50 // for each gate
)

// CoderFact returns the fact of a coding agent's judged stop.
func CoderFact(c judge.Case, conf config.Config, at time.Time) Fact {
	f := Fact{
		Worktree: c.Worktree, Base: c.Base,
		Fact: gates.Fact{
			Kind: gates.CoderStopped, Task: c.TaskName, At: at, Agent: c.AgentID, AgentType: c.AgentType,
			Stop: c.StepID, Verdict: gates.Verdict(c.Verdict), Tree: cleanup.TreePrint(c.Survey, c.Cleanup),
		},
	}
	if c.Moves.Now != nil {
		f.Head = c.Moves.Now.Marks.Head.Commit
	}
	if c.Observed {
		f.Fact.Verdict = gates.Capped // the agent is not sent back
	}
	if c.Verdict == rule.Verified {
		f.Fact.Needs, f.Asked = Needs(conf, c.Changed)
		work := slices.Concat(c.Proven, c.Carried)
		f.Base = cmp.Or(c.Begun, c.Base)
		f.Files, _ = quote.First(work, maxFilesKept)
		f.FilesRest = digestsOf(work[len(f.Files):])
		f.FilesTotal = len(work)
		f.Brief, f.Commands, f.Coverage = &c.Brief, &c.Commands, c.Coverage
		f.Outside = step.OutsideOf(c)
	}
	return f
}

// Needs returns the gates that a change of these files needs, never nil, and which files need which gate.
func Needs(c config.Config, files []string) (needed []gates.Gate, asked []Asked) {
	needed = []gates.Gate{} // nil would mean unknown
	for _, g := range c.Profile(files).Gates {
		needed = append(needed, gates.Gate{Name: g.Agent, Blocking: g.Blocking})
		first, _ := quote.First(g.AskedBy, maxAsked)
		for _, f := range first {
			asked = append(asked, Asked{Gate: g.Agent, Kind: f.Kind, Path: f.Path})
		}
	}
	return needed, asked
}

// Entry returns the record of the fact.
func (f Fact) Entry() Entry {
	return Entry{kind: KindFact, agent: f.Fact.Who(), task: f.Fact.Task, data: f}
}
