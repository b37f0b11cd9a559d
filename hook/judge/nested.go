package judge

import (
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/shell"
	"stopgate/hook/worktree"
)

// isNested tells whether a change is the top of another repository. What is registered as a submodule is none.
func isNested(s worktree.PathState) bool {
	return s.Change == worktree.Added && s.Now.IsRepository() && strings.HasSuffix(s.Status, "??")
}

// nested are the repositories that came into the worktree since the base.
func (e Evidence) nested() []worktree.PathState {
	return slices.DeleteFunc(slices.Clone(e.Survey.States), func(s worktree.PathState) bool { return !isNested(s) })
}

// speaksOf tells whether the claim is of that directory or of something in it.
func (c Claim) speaksOf(dir string) bool {
	return slices.ContainsFunc([]string{c.Path, strings.TrimSuffix(c.Means, "/")}, func(name string) bool {
		return name == dir || strings.HasPrefix(name, dir+"/")
	})
}

// verifyNested tells of repositories in the worktree. Whether the report lists them or not, git shows no more than the folder, no commit
// of this worktree will hold what is in it, and it is lost with the worktree. An agent that was alone made them, or claims them.
func verifyNested(seen Evidence) []rule.Finding {
	var own, unsure []string
	for _, s := range seen.nested() {
		claimed := slices.ContainsFunc(seen.Claims, func(c Claim) bool { return c.speaksOf(s.Name) })
		if claimed || seen.Base == BaseLaunch && !s.NoBase && len(seen.Rivals) == 0 {
			own = append(own, s.Name)
		} else {
			unsure = append(unsure, s.Name)
		}
	}
	const why = "git commits nothing of what is in such a folder, and it is lost with the worktree"
	var findings []rule.Finding
	if len(own) > 0 {
		first, omitted := quote.First(own, quote.MaxList)
		remove := make([]string, len(first))
		for i, name := range first {
			remove[i] = shell.Quote(name + "/.git")
		}
		findings = append(findings, rule.Finding{
			Rule: rule.RepositoryNested, Severity: rule.Block, Path: own[0],
			Message: fmt.Sprintf("git shows a repository of its own in your worktree since you were launched: %s; %s; if its files belong to the work, run rm -rf %s in the worktree and list each of them in files_modified; if not, delete the whole folder",
				quote.List(gitFolders(first), omitted), why, strings.Join(remove, " ")),
		})
	}
	if len(unsure) > 0 {
		first, omitted := quote.First(unsure, quote.MaxList)
		findings = append(findings, rule.Finding{
			Rule: rule.RepositoryNested, Severity: rule.Note,
			Message: fmt.Sprintf("a repository of its own stands in the worktree, and nothing tells who made it: %s; %s", quote.List(gitFolders(first), omitted), why),
		})
	}
	return findings
}

// gitFolders are the .git of each directory.
func gitFolders(dirs []string) []string {
	names := make([]string, len(dirs))
	for i, dir := range dirs {
		names[i] = dir + "/.git"
	}
	return names
}
