package judge

import (
	"context"
	"slices"
	"time"

	"stopgate/hook/scope"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
)

// trespass is a file that one agent changed and that is another's by its prompt, while both were at work in one worktree (seed, "File Conflict
// Detection": exclusive file assignments).
type trespass struct {
	path  string
	other trace.OtherAgent
	// byOther means that the other agent changed a file of the judged one, and not the reverse.
	byOther bool
}

// lookAtOwners compares what the agents in the worktree changed with the files that their prompts deal out. A file that both prompts name is
// nobody's alone.
func (c *Case) lookAtOwners(ctx context.Context, witness Witness, in Inquiry) {
	var own scope.Bounds
	read := false
	for _, other := range c.Others {
		if other.Earlier || !slices.ContainsFunc(in.Coders, func(o OtherCoder) bool { return o.AgentID == other.AgentID }) {
			continue
		}
		agent := witness.Agent(ctx, other.AgentID)
		if !read {
			own, read = c.boundsOf(scope.Read(in.Agent.Prompt), in.Agent.Prompt), true
		}
		theirs := c.boundsOf(scope.Read(agent.Prompt), agent.Prompt)
		for _, path := range c.Touched() {
			if !slices.Contains(other.Files, path) && theirs.Owns(path) && !own.Grants(path) && c.changedBeside(path, in.Agent, agent, other.Running) {
				c.trespasses = append(c.trespasses, trespass{path: path, other: other})
			}
		}
		for _, path := range other.Files {
			if !slices.Contains(c.Touched(), path) && own.Owns(path) && !theirs.Grants(path) {
				c.trespasses = append(c.trespasses, trespass{path: path, other: other, byOther: true})
			}
		}
	}
}

// changedBeside reports whether it is certain that the judged agent changed the file while the other one was at work: by the time of its own
// edit, or because the other one was at work all the time.
func (e Evidence) changedBeside(path string, judged, other *transcript.Agent, running bool) bool {
	begun, ended := other.Run.Time, time.Time{}
	if last := other.LastReply(); !running && last != nil {
		ended = last.Time
	}
	if begun.IsZero() || !running && ended.IsZero() {
		return false
	}
	edited := false
	for _, edit := range e.Edits {
		if edit.Path == path && edit.Run == judged.Run.Number {
			edited = true
			if edit.Time.After(begun) && (running || edit.Time.Before(ended)) {
				return true
			}
		}
	}
	return !edited && running && !begun.After(judged.Run.Time)
}
