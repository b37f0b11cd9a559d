package step

import (
	"fmt"

	"stopgate/hook/judge"
	"stopgate/hook/quote"
)

// Outside has a coding agent's changes outside the scope in its prompt, for the reviewer.
type Outside struct {
	// Scope is that scope, in the words of the prompt.
	Scope string `json:"scope"`
	// Files are the first of the files, and Total is their number.
	Files []string `json:"files"`
	Total int      `json:"total"`
}

// maxOutside is how many files the reviewer is told by name. maxScope bounds the words of the prompt, in characters.
const (
	maxOutside = 10
	maxScope   = 600
)

// OutsideOf returns the changes of the case's agent outside the scope in its prompt; nil if there are none.
func OutsideOf(c judge.Case) *Outside {
	exceeded := c.Scope.Exceeded
	if len(exceeded) == 0 {
		return nil
	}
	o := &Outside{Scope: quote.Clip(c.ScopeText(), maxScope), Total: len(exceeded)}
	for _, x := range exceeded[:min(len(exceeded), maxOutside)] {
		o.Files = append(o.Files, x.Path)
	}
	return o
}

// within returns at most that many entries; nil for nil.
func (o *Outside) within(room int) *Outside {
	if o == nil {
		return nil
	}
	first, _ := quote.First(o.Files, min(maxOutside, room))
	return &Outside{Scope: quote.Clip(o.Scope, min(maxScope, 100+10*room)), Files: first, Total: o.Total}
}

// question asks the reviewer about those files; "" for nil.
func (o *Outside) question() string {
	if o == nil {
		return ""
	}
	return fmt.Sprintf("The prompt of the coding agent let it change %s. These files are outside of that:\n", quote.Line(o.Scope)) +
		bulleted(paths(o.Files), o.Total-len(o.Files), "") +
		"For each of them say whether the task needs the change. A change that it does not need is a blocking issue.\n"
}
