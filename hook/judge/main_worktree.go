package judge

import (
	"context"
	"fmt"
	"slices"

	"stopgate/hook/cleanup"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// MainChange is a file of the main worktree that has changed during a run, although no agent's own tools and not the session's wrote it.
type MainChange struct {
	State worktree.PathState
	// Command is the agent's that names the file in the main worktree, Line where its transcript has it; "" where none does.
	Command string
	Line    int
	Hand    string // as in trace.Edit
}

// mainChanges looks at the main worktree, where the agent has run commands and so may have changed it. What the session edited there, and
// what the agent's own tools did, of which verifyUnclaimedEdits speaks, is left out. unseen says why not all of it could be seen; "" where it could.
func mainChanges(ctx context.Context, observe Observer, witness Witness, in Inquiry, seen Evidence) (changes []MainChange, unseen string) {
	before := in.before()
	home, ok := in.Grounds.Main()
	if before == nil || !ok || len(seen.ran) == 0 {
		return nil, ""
	}
	if before.MainUnseen != "" || before.Main == nil {
		return nil, before.MainUnseen
	}
	survey := observe.Survey(ctx, home, worktree.Base{Snapshot: before.Main}, cleanup.ScanOptions(in.Rules))
	all := slices.Clip(survey.States)
	for _, h := range survey.Hidden {
		all = append(all, worktree.PathState{Path: h.Name, Name: h.Name, Change: worktree.Added})
	}
	states := cleanup.WithoutPaths(all, cleanup.ByProducts(in.Rules, survey))
	if len(states) == 0 {
		return nil, survey.Incomplete
	}
	known := map[string]bool{}
	for _, edit := range seen.UnclaimedEdits {
		if edit.Where != "" {
			known[edit.State.Path] = true
		}
	}
	for _, name := range trace.EditsSince(witness.Session(ctx), home, trace.SinceLaunch(in.Agent)) {
		known[name] = true
	}
	for _, state := range states {
		if known[state.Name] || state.NoBase || IsAgentMemory(state.Name) {
			continue
		}
		h := trace.LastChanging(seen.ran, home.Root, state.Name)
		changes = append(changes, MainChange{State: state, Command: h.Text, Line: h.Line, Hand: h.Hand})
	}
	return changes, survey.Incomplete
}

// verifyMain tells of what changed in the main worktree. Where one of the agent's commands names the file there the agent did it; else
// somebody may have worked there meanwhile.
func verifyMain(changes []MainChange) []rule.Finding {
	var findings []rule.Finding
	var unsure []string
	for _, c := range changes {
		if c.Command == "" {
			unsure = append(unsure, c.State.Name)
			continue
		}
		findings = append(findings, rule.Finding{
			Rule: rule.WriteOutside, Severity: rule.Block, Path: c.State.Name,
			Message: fmt.Sprintf("git shows %s as %s in the main worktree, and you ran %s (%s); that is not your worktree: take your own change back there, and make it in your worktree if the task asks for it",
				quote.String(c.State.Name, quote.MaxPath), c.State.Change.Words(), quote.String(c.Command, quote.MaxPath), trace.Where(c.Line, "your", c.Hand)),
		})
	}
	if len(unsure) > 0 {
		first, omitted := quote.First(unsure, quote.MaxList)
		findings = append(findings, rule.Finding{
			Rule: rule.WriteOutside, Severity: rule.Note,
			Message: fmt.Sprintf("%s in the main worktree while this agent was at work, and nothing tells who did it: %s", changed(len(unsure)), quote.List(first, omitted)),
		})
	}
	return findings
}
