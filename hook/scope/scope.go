// Package scope reads which files a launch prompt lets its agent change: the labels SCOPE, RESTRICTION, FILES and EXCLUSIVE, and their kin.
// People and models write them in many ways, so it reads only what has one meaning. Anything else limits nothing.
package scope

import (
	"stopgate/hook/launch"
	"stopgate/hook/transcript"
)

// Bounds on what is read of one prompt. What has more limits nothing.
const (
	maxValue    = 16 << 10 // bytes of the text behind one label
	maxPatterns = 200      // paths in it
	maxPath     = 256      // bytes of one
)

// Scope has the files that a prompt lets its agent change. The zero value limits nothing.
type Scope struct {
	// Allowed are the only files that the agent may change; nil for all.
	Allowed []Pattern
	// Excluded are files that the agent must leave, but for Excepted.
	Excluded, Excepted []Pattern
	// Unclear are the labels whose text could not be read. They limit nothing, and none of them is left to allow anything.
	Unclear []string
	// Rest is the prompt without the text after the labels.
	Rest string
}

// Pattern is one path of a prompt.
type Pattern struct {
	// Text is the path as in the prompt, without the marks around it. Label is its label, in capitals.
	Text, Label string
	// Exclusive means that the files are assigned to this agent alone, as by FILES and EXCLUSIVE. SCOPE only says where the work is.
	Exclusive bool
	// Doubtful means that the text may be no path: "login/logout". It counts only if the worktree has it.
	Doubtful bool
}

// Of reads what the prompts of an agent say: that of its launch, and the message that began its current run. What the launch said does not
// count if the message is about another task.
func Of(agent *transcript.Agent) (launched, asked Scope) {
	first, later := launch.OwnWords(agent.Prompt), launch.OwnWords(agent.Run.Prompt)
	resumed := agent.Run.Number > 0
	otherTask := resumed && launch.NamesOtherTask(agent)
	if !otherTask {
		launched = readOwn(agent.Prompt, first)
	}
	if resumed {
		asked = readOwn(agent.Run.Prompt, later)
	}
	return launched, asked
}

// Read reads a prompt, up to the words of others in it. A prompt of more than launch.MaxPromptRead bytes limits nothing, because its end is
// unknown.
func Read(prompt string) Scope { return readOwn(prompt, launch.OwnWords(prompt)) }

// readOwn is Read for a prompt whose own words are found.
func readOwn(prompt, own string) Scope {
	if len(prompt) > launch.MaxPromptRead {
		return Scope{Rest: prompt}
	}
	values, rest := labelled(own)
	s := Scope{Rest: rest}
	widened := false
	for _, v := range values {
		r := read(v)
		if r.unclear {
			s.Unclear = append(s.Unclear, v.label)
			widened = widened || v.kind == allows
			continue
		}
		for i, list := range []*[]Pattern{allowed: &s.Allowed, excluded: &s.Excluded, excepted: &s.Excepted} {
			for _, p := range r.paths[i] {
				*list = append(*list, Pattern{Text: p.text, Label: v.label, Exclusive: v.exclusive, Doubtful: p.doubtful})
			}
		}
	}
	if widened || len(s.Allowed) > maxPatterns { // what could not be read may allow more
		s.Allowed = nil
	}
	if len(s.Excluded)+len(s.Excepted) > maxPatterns {
		s.Excluded, s.Excepted = nil, nil
	}
	return s
}

// Limits reports whether the scope limits anything.
func (s Scope) Limits() bool { return len(s.Allowed)+len(s.Excluded) > 0 }
