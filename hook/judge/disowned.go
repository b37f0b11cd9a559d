package judge

import (
	"fmt"
	"slices"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// disowns reports whether unfinished says about a change that it is not the agent's: an entry names the file, and nothing shows that the
// agent made the change.
func (e Evidence) disowns(state worktree.PathState) bool {
	named := slices.ContainsFunc(e.unfinished, func(entry string) bool { return trace.NamesFile(entry, state.Name) })
	return named && !e.wrote(state.Name) && !slices.ContainsFunc(e.ran, func(c trace.Command) bool { return trace.MayChange(c.Text, state.Name) })
}

// verifyDisowned notes the changes of which unfinished says that they are not the agent's. Nothing shows who made them.
func verifyDisowned(states []worktree.PathState) []rule.Finding {
	if len(states) == 0 {
		return nil
	}
	first, omitted := quote.First(states, quote.MaxList)
	names := make([]string, len(first))
	for i, state := range first {
		names[i] = state.Name
	}
	return []rule.Finding{{
		Rule: rule.ChangeUndeclared, Severity: rule.Note,
		Message: fmt.Sprintf("%s in the worktree since the launch, and unfinished names %s as not this agent's: %s; nothing shows who made the change",
			changed(len(states)), map[bool]string{true: "it", false: "them"}[len(states) == 1], quote.List(names, omitted)),
	}}
}
