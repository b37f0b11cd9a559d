package inspect

import (
	"context"
	"slices"
	"time"

	"stopgate/hook/config"
	"stopgate/hook/launch"
	"stopgate/hook/scope"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Exceeded is a change of the agent outside the scope in its prompt.
type Exceeded struct {
	Path string
	// Excluded is the pattern in the prompt that excludes the path; zero if the path is only not among the allowed ones.
	Excluded scope.Pattern
	// Named means that the report names the path in unfinished.
	Named bool
}

// ScopeSeen is the result of comparing changes with the scope.
type ScopeSeen struct {
	Effect config.Scope
	// Bounds are those of the launch, or of the message that began the current run if that is where they are exceeded.
	Bounds   scope.Bounds
	Exceeded []Exceeded
}

// lookAtScope compares the agent's changes with the scope in its prompts. A change is allowed if the prompt asks for it elsewhere, or if a later
// message allows it.
func lookAtScope(in Inquiry, seen Evidence) (found ScopeSeen) {
	if in.Scope == config.ScopeOff || in.Agent.Prompt == "" {
		return ScopeSeen{}
	}
	found.Effect = in.Scope
	launched, asked := scope.Of(in.Agent)
	if !launched.Limits() && !asked.Limits() {
		return found
	}
	bounds, later := boundsOf(seen, launched, in.Agent.Prompt), boundsOf(seen, asked, in.Agent.Run.Prompt)
	found.Bounds = bounds
	for _, name := range changedNames(seen) {
		again := editedIn(seen, in.Agent.Run.Number, name)
		if IsAgentMemory(name) || in.Agent.Run.Number > 0 && !again && slices.Contains(in.Reported, name) {
			continue // it was judged when it was reported
		}
		by, outside := bounds.Outside(name)
		if outside && (scope.Asks(launched.Rest, name) || later.Grants(name) || scope.Asks(asked.Rest, name)) {
			outside = false
		}
		if !outside && again {
			if by, outside = later.Outside(name); outside && scope.Asks(asked.Rest, name) {
				outside = false
			} else if outside {
				found.Bounds = later
			}
		}
		if outside {
			named := slices.ContainsFunc(seen.Unfinished, func(entry string) bool { return trace.NamesFile(entry, name) })
			found.Exceeded = append(found.Exceeded, Exceeded{Path: name, Excluded: by, Named: named})
		}
	}
	return found
}

// boundsOf returns the scope of a prompt in the agent's worktree.
func boundsOf(seen Evidence, s scope.Scope, prompt string) scope.Bounds {
	roots := seen.Roots
	if own := launch.ReadAssignment(prompt).WorktreePath; own != "" {
		roots = append(slices.Clip(roots), own)
	}
	return s.At(seen.Site.Place.Root, roots, changedNames(seen))
}

// changedNames returns the files that the agent changed, with the former name of each renamed file.
func changedNames(seen Evidence) []string {
	names := slices.Clip(seen.Touched)
	for _, state := range seen.States {
		if state.Change == worktree.Renamed && state.From != "" && !slices.Contains(names, state.From) {
			names = append(names, state.From)
		}
	}
	return names
}

// editedIn reports whether the agent's own tools changed the file in the run of that number.
func editedIn(seen Evidence, run int, name string) bool {
	return slices.ContainsFunc(seen.Edits, func(edit trace.Edit) bool { return edit.Path == name && edit.Run == run })
}

// Trespass is a file that one agent changed although another's prompt assigns it to the other alone, while both were at work in one worktree (seed,
// "File Conflict Detection": exclusive file assignments).
type Trespass struct {
	Path  string
	Other trace.OtherAgent
	// ByOther means that the other agent changed a file of the judged one.
	ByOther bool
}

// lookAtOwners compares what the agents in the worktree changed with the files that their prompts assign. A file in both prompts is exclusive to
// neither.
func lookAtOwners(ctx context.Context, witness Witness, in Inquiry, seen Evidence) (found []Trespass) {
	var own scope.Bounds
	read := false
	for _, other := range seen.Others {
		if other.Earlier || !slices.ContainsFunc(in.Coders, func(o OtherCoder) bool { return o.AgentID == other.AgentID }) {
			continue
		}
		agent := witness.Agent(ctx, other.AgentID)
		if !read {
			own, read = boundsOf(seen, scope.Read(in.Agent.Prompt), in.Agent.Prompt), true
		}
		theirs := boundsOf(seen, scope.Read(agent.Prompt), agent.Prompt)
		for _, path := range seen.Touched {
			if !slices.Contains(other.Files, path) && theirs.Owns(path) && !own.Grants(path) && changedBeside(seen, path, in.Agent, agent, other.Running) {
				found = append(found, Trespass{Path: path, Other: other})
			}
		}
		for _, path := range other.Files {
			if !slices.Contains(seen.Touched, path) && own.Owns(path) && !theirs.Grants(path) {
				found = append(found, Trespass{Path: path, Other: other, ByOther: true})
			}
		}
	}
	return found
}

// changedBeside reports whether it is certain that the judged agent changed the file while the other one was at work: by the time of its own
// edit, or because the other one was at work all the time.
func changedBeside(seen Evidence, path string, judged, other *transcript.Agent, running bool) bool {
	begun, ended := other.Run.Time, time.Time{}
	if last := other.LastReply(); !running && last != nil {
		ended = last.Time
	}
	if begun.IsZero() || !running && ended.IsZero() {
		return false
	}
	edited := false
	for _, edit := range seen.Edits {
		if edit.Path == path && edit.Run == judged.Run.Number {
			edited = true
			if edit.Time.After(begun) && (running || edit.Time.Before(ended)) {
				return true
			}
		}
	}
	return !edited && running && !begun.After(judged.Run.Time)
}
