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

// isNested reports whether a change is the top of another repository. A registered submodule is not.
func isNested(s worktree.PathState) bool {
	return s.Change == worktree.Added && s.Now.IsRepository() && strings.HasSuffix(s.Status, "??")
}

// nested returns the repositories that were added to the worktree since the base.
func (e Evidence) nested() []worktree.PathState {
	return slices.DeleteFunc(slices.Clone(e.Survey.States), func(s worktree.PathState) bool { return !isNested(s) })
}

// speaksOf reports whether the claim is about that directory or a file in it.
func (c Claim) speaksOf(dir string) bool {
	return slices.ContainsFunc(c.everyPath(), func(name string) bool {
		return name == dir || strings.HasPrefix(name, dir+"/")
	})
}

// verifyNested finds repositories in the worktree, listed or not. Git sees only their folders. No commit of the worktree contains their files,
// and they are lost with the worktree. An agent made them if it claims them, or if it was alone.
func verifyNested(seen Evidence) []rule.Finding {
	var own, unsure []string
	for _, s := range seen.nested() {
		claimed := slices.ContainsFunc(seen.Claims, func(c Claim) bool { return c.speaksOf(s.Name) })
		if claimed || seen.Base == BaseLaunch && !s.NoBase && len(seen.Others) == 0 {
			own = append(own, s.Name)
		} else {
			unsure = append(unsure, s.Name)
		}
	}
	const why = "git commits no file in such a folder, and the files are lost with the worktree"
	var findings []rule.Finding
	if len(own) > 0 {
		first, omitted := quote.First(own, quote.MaxList)
		remove := make([]string, len(first))
		for i, name := range first {
			remove[i] = shell.Quote(name + "/.git")
		}
		findings = append(findings, rule.Finding{
			Rule: rule.RepositoryNested, Severity: rule.Block, Path: own[0],
			Message: fmt.Sprintf("since you were launched another repository was created in your worktree: %s; %s; if its files belong to the work, run rm -rf %s in the worktree and list each of them in files_modified; if not, delete the whole folder",
				quote.List(gitFolders(first), omitted), why, strings.Join(remove, " ")),
		})
	}
	if len(unsure) > 0 {
		first, omitted := quote.First(unsure, quote.MaxList)
		findings = append(findings, rule.Finding{
			Rule: rule.RepositoryNested, Severity: rule.Note,
			Message: fmt.Sprintf("the worktree contains another repository, and it is not known which agent made it: %s; %s", quote.List(gitFolders(first), omitted), why),
		})
	}
	return findings
}

// gitFolders returns the .git of each directory.
func gitFolders(dirs []string) []string {
	names := make([]string, len(dirs))
	for i, dir := range dirs {
		names[i] = dir + "/.git"
	}
	return names
}
