package judge

import (
	"fmt"
	"path"
	"strings"

	"stopgate/hook/artifact"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/worktree"
)

// Bounds of grouping.
const (
	// fewOfOneFolder is how many findings of one folder stand by themselves.
	fewOfOneFolder = 3
	// maxChangeGroups bounds the findings: beyond it, folders are taken together by the first element of their path.
	maxChangeGroups = 20
	// maxExamples bounds the files that one finding of a folder names.
	maxExamples = 3
)

// changeGroup is undeclared changes of which one finding speaks.
type changeGroup struct {
	// root is the folder, or the file where it is but one; "." is the top of the worktree.
	root string
	// byProduct tells that builds, tests or editors leave such things.
	byProduct bool
	states    []worktree.PathState
}

// groupChanges takes together what lies in one folder: a by-product with all that is in it, a dependency tree, or more files of one
// folder than stand by themselves. The groups are in the order of their first paths.
func groupChanges(states []worktree.PathState) []changeGroup {
	environments := virtualEnvironments(states)
	var groups []changeGroup
	at := map[changeKey]int{}
	for _, state := range states {
		key := keyOf(state, environments)
		i, ok := at[key]
		if !ok {
			i, at[key] = len(groups), len(groups)
			groups = append(groups, changeGroup{root: key.root, byProduct: key.byProduct})
		}
		groups[i].states = append(groups[i].states, state)
	}
	groups = spread(groups)
	if len(groups) <= maxChangeGroups {
		return groups
	}
	var merged []changeGroup
	clear(at)
	for _, g := range groups {
		top, _, _ := strings.Cut(g.root, "/")
		if len(g.states) == 1 && top == g.root {
			top = "."
		}
		key := changeKey{top, g.byProduct}
		i, ok := at[key]
		if !ok {
			i, at[key] = len(merged), len(merged)
			merged = append(merged, changeGroup{root: top, byProduct: g.byProduct})
		}
		merged[i].states = append(merged[i].states, g.states...)
	}
	return merged
}

type changeKey struct {
	root      string
	byProduct bool
}

// keyOf is the group that a change belongs to. Only what is new can have been left behind.
func keyOf(state worktree.PathState, environments map[string]bool) changeKey {
	if state.Change == worktree.Added {
		for dir := path.Dir(state.Name); dir != "."; dir = path.Dir(dir) {
			if environments[dir] {
				return changeKey{dir, true}
			}
		}
		if root, ok := artifact.ByProduct(state.Name); ok {
			if root == state.Name {
				root = path.Dir(root)
			}
			return changeKey{root, true}
		}
	}
	return changeKey{path.Dir(state.Name), false}
}

// virtualEnvironments are the folders that a new pyvenv.cfg makes one (https://docs.python.org/3/library/venv.html), whatever they are
// called.
func virtualEnvironments(states []worktree.PathState) map[string]bool {
	found := map[string]bool{}
	for _, state := range states {
		if dir, name := path.Split(state.Name); name == "pyvenv.cfg" && dir != "" && state.Change == worktree.Added {
			found[path.Clean(dir)] = true
		}
	}
	return found
}

// spread lets few files of a folder stand by themselves.
func spread(groups []changeGroup) []changeGroup {
	var all []changeGroup
	for _, g := range groups {
		if len(g.states) > fewOfOneFolder || len(g.states) > 1 && g.byProduct && path.Dir(g.states[0].Name) != g.root {
			all = append(all, g)
			continue
		}
		for _, state := range g.states {
			all = append(all, changeGroup{root: state.Name, byProduct: g.byProduct, states: []worktree.PathState{state}})
		}
	}
	return all
}

// adviseByProduct leads to a report that holds, followed to the letter.
const adviseByProduct = "left by a build or test? Delete it. If the task asked for it, name it in files_modified"

// finding is what the agent is told of the group.
func (g changeGroup) finding() rule.Finding {
	const alone = "since you were launched, and no other agent was at work in this worktree"
	first := g.states[0]
	if len(g.states) == 1 {
		return rule.Finding{
			Rule: rule.ChangeUndeclared, Severity: rule.Block, Path: first.Name,
			Message: fmt.Sprintf("files_modified does not list %s, but git shows it as %s %s; %s", quote.String(first.Name, quote.MaxPath), first.Change, alone, adviseByProduct),
		}
	}
	names := make([]string, 0, maxExamples)
	shown, omitted := quote.First(g.states, maxExamples)
	for _, state := range shown {
		names = append(names, state.Name)
	}
	return rule.Finding{
		Rule: rule.ChangeUndeclared, Severity: rule.Block, Path: g.root + "/",
		Message: fmt.Sprintf("files_modified does not list %s in %s that git shows as changed %s: %s; %s",
			quote.Plural(len(g.states), "file"), quote.String(g.root+"/", quote.MaxPath), alone, quote.List(names, omitted), adviseByProduct),
	}
}
