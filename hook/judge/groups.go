package judge

import (
	"path"
	"slices"
	"strings"

	"stopgate/hook/artifact"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/worktree"
)

// Bounds of grouping.
const (
	groupFrom    = 4  // so many changes in one folder share a finding
	maxByProduct = 20 // findings about by-products; if there are more, those below one top-level folder share a finding
	maxExamples  = 10 // files that one finding names
)

// changeGroup is a group of undeclared changes that share a finding.
type changeGroup struct {
	// dir is their folder; "." is the top of the worktree.
	dir    string
	states []*worktree.PathState
	// advice tells the agent what to do about one change, adviceAll about several.
	advice, adviceAll string
}

func (g changeGroup) finding() rule.Finding {
	const alone = "since you were launched, and no other agent was at work in this worktree"
	first := g.states[0]
	if len(g.states) == 1 {
		return rule.New(rule.ChangeUndeclared, rule.Block, first.Name,
			"files_modified does not list %s, but git shows it as %s %s; %s", quote.String(first.Name, quote.MaxPath), first.Change.Words(), alone, g.advice)
	}
	shown, omitted := quote.First(g.states, maxExamples)
	advice := g.adviceAll
	if omitted > 0 {
		advice = "git status -uall shows all of them: " + advice
	}
	names := quote.Each(shown, func(state *worktree.PathState) string { return state.Name })
	return rule.New(rule.ChangeUndeclared, rule.Block, g.dir+"/", "files_modified does not list %s in %s that git shows as changed %s: %s; %s",
		quote.Plural(len(g.states), "file"), quote.String(g.dir+"/", quote.MaxPath), alone, quote.List(names, omitted), advice)
}

// An agent that follows this advice literally gets its report accepted.
const (
	adviceOwn       = "list it if you or your commands changed it, or undo that change; if it is not yours, leave it and say so in unfinished"
	adviceNew       = "list it if it belongs to the work; delete it if a build, a test or a try of yours left it; if it is not yours, leave it and say so in unfinished"
	adviceOwnAll    = "list each that belongs to the work, and undo the others; leave what is not yours, and say so in unfinished"
	adviceNewAll    = "list each that belongs to the work, and delete the others; leave what is not yours, and say so in unfinished"
	adviceByProduct = "left by a build or test? Delete it. If the task asked for it, name it in files_modified"
	adviceLeftAll   = "left by a build or test? Delete them. If the task asked for some of them, name each of these in files_modified"
)

// byFolder groups changes of an agent by folder. A folder without tracked files, one of newDirs, includes everything below it. If a folder has only
// few changes, each has its own group.
func byFolder(states []*worktree.PathState, newDirs []string) []changeGroup {
	isNew := quote.Set(newDirs)
	groups := groupBy(states, func(s *worktree.PathState) string {
		dir := path.Dir(s.Name)
		for up := dir; up != "."; up = path.Dir(up) {
			if isNew[up] {
				dir = up
			}
		}
		return dir
	})
	groups = spread(groups, func(g changeGroup) bool { return len(g.states) >= groupFrom })
	for i := range groups {
		groups[i].advice, groups[i].adviceAll = adviceOwn, adviceOwnAll
		if groups[i].states[0].Change == worktree.Added { // nothing tells a file of the work from what an unknown tool left
			groups[i].advice = adviceNew
		}
		if !slices.ContainsFunc(groups[i].states, func(s *worktree.PathState) bool { return s.Change != worktree.Added }) {
			groups[i].adviceAll = adviceNewAll
		}
	}
	return groups
}

// byProducts groups files that builds and tests left by the folder that was left with them, such as a cache.
func byProducts(states []*worktree.PathState, byProduct func(*worktree.PathState) (dir string, ok bool)) []changeGroup {
	groups := groupBy(states, func(s *worktree.PathState) string {
		dir, _ := byProduct(s)
		return dir
	})
	groups = spread(groups, func(g changeGroup) bool {
		return len(g.states) >= groupFrom || len(g.states) > 1 && wasLeft(g)
	})
	if len(groups) > maxByProduct {
		groups = groupBy(states, func(s *worktree.PathState) string {
			top, _, below := strings.Cut(s.Name, "/")
			if !below {
				return "."
			}
			return top
		})
	}
	for i := range groups {
		groups[i].advice, groups[i].adviceAll = adviceByProduct, adviceLeftAll
	}
	return groups
}

// wasLeft reports whether a build or a test left the whole folder of a group of by-products, and not only the files of their names in it.
func wasLeft(g changeGroup) bool {
	_, left := artifact.ByProductDir(g.dir)
	return left || slices.ContainsFunc(g.states, func(s *worktree.PathState) bool { return !artifact.ByProductFile(path.Base(s.Name)) })
}

// groupBy groups changes by folder, in the order of the first change of each.
func groupBy(states []*worktree.PathState, dirOf func(*worktree.PathState) string) []changeGroup {
	var groups []changeGroup
	at := map[string]int{}
	for _, s := range states {
		dir := dirOf(s)
		i, ok := at[dir]
		if !ok {
			i, at[dir] = len(groups), len(groups)
			groups = append(groups, changeGroup{dir: dir})
		}
		groups[i].states = append(groups[i].states, s)
	}
	return groups
}

// spread gives each change a group of its own, except in the groups that stay together.
func spread(groups []changeGroup, together func(changeGroup) bool) []changeGroup {
	var all []changeGroup
	for _, g := range groups {
		if together(g) {
			all = append(all, g)
			continue
		}
		for _, s := range g.states {
			all = append(all, changeGroup{dir: path.Dir(s.Name), states: []*worktree.PathState{s}})
		}
	}
	return all
}

// byProductDirs returns a function that returns the folder that a build or a test left together with a file, or else the file's own folder. It
// returns false if the file is not a by-product. Only a new file can be one. survey has what else may tag a folder as a tool's.
func byProductDirs(states []worktree.PathState, survey worktree.Survey) func(state *worktree.PathState) (dir string, ok bool) {
	tagged := map[string]bool{}
	addTagged(tagged, states)
	addTagged(tagged, survey.States)
	addBuilds(tagged, states, survey.NewDirs)
	known := map[string]string{} // for each folder the by-product that contains it; "" for none
	within := func(folder string) string {
		root, seen := known[folder]
		if seen {
			return root
		}
		for up := folder; up != "." && root == ""; up = path.Dir(up) {
			if tagged[up] {
				root = up
			}
		}
		if root == "" {
			root, _ = artifact.ByProductDir(folder)
		}
		known[folder] = root
		return root
	}
	return func(state *worktree.PathState) (string, bool) {
		if state.Change != worktree.Added {
			return "", false
		}
		folder := path.Dir(state.Name)
		if root := within(folder); root != "" {
			return root, true
		}
		return folder, artifact.ByProductFile(path.Base(state.Name))
	}
}

// addTagged adds the folders that a new file in them names as a tool's, whatever their own names: pyvenv.cfg makes one a Python environment
// (https://docs.python.org/3/library/venv.html), CACHEDIR.TAG a cache that can be made again (https://bford.info/cachedir/), CMakeCache.txt a folder
// in which CMake builds (cmake(1), "Generate a Project Buildsystem").
func addTagged(found map[string]bool, states []worktree.PathState) {
	for i := range states {
		state := &states[i]
		dir, name := path.Split(state.Name)
		if dir != "" && state.Change == worktree.Added && (name == "pyvenv.cfg" || name == "CACHEDIR.TAG" || name == "CMakeCache.txt") {
			found[path.Clean(dir)] = true
		}
	}
}

// addBuilds adds the folders that a build makes by their names, and in which git tracks nothing, if one of the files in them is a by-product.
func addBuilds(found map[string]bool, states []worktree.PathState, newDirs []string) {
	for i := range states {
		dir, name := path.Dir(states[i].Name), path.Base(states[i].Name)
		for up := dir; up != "."; up = path.Dir(up) {
			if found[up] || !artifact.ReportDir(path.Base(up)) {
				continue
			}
			_, left := artifact.ByProductDir(strings.TrimPrefix(strings.TrimPrefix(dir, up), "/"))
			found[up] = (left || artifact.ByProductFile(name)) && slices.ContainsFunc(newDirs, func(added string) bool { return added == up || strings.HasPrefix(up, added+"/") })
		}
	}
}
