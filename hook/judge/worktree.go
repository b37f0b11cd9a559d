package judge

import (
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/inspect"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/shell"
	"stopgate/hook/site"
)

func verifySite(r report.Report, asked launch.Assignment, seen inspect.Evidence) []rule.Finding {
	if r.WorktreePath == "" {
		return nil // the schema's finding covers it
	}
	claimed := quote.String(r.WorktreePath, quote.MaxPath)
	finding := func(severity rule.Severity, message string) []rule.Finding {
		code := rule.WorktreeInvalid
		if severity == rule.Halt {
			code = rule.Unverifiable
		}
		return []rule.Finding{{Rule: code, Severity: severity, Message: message}}
	}
	expected := "name the worktree you were given, of the form ./trees/TASK-description"
	if asked.WorktreePath != "" {
		expected = "name the worktree you were given, " + quote.String(asked.WorktreePath, quote.MaxPath)
	}
	switch seen.Site.Problem {
	case site.NoRepository:
		return finding(rule.Halt, site.Outside)
	case site.Absent:
		return finding(rule.Block, fmt.Sprintf("worktree_path is %s, but no such directory exists; %s", claimed, expected))
	case site.NotTop:
		return finding(rule.Block, fmt.Sprintf("worktree_path is %s, but that is not the top of a git worktree; %s", claimed, expected))
	case site.OtherRepository:
		return finding(rule.Block, fmt.Sprintf("worktree_path is %s, but that belongs to another repository; %s", claimed, expected))
	case site.Main:
		return finding(rule.Block, fmt.Sprintf("worktree_path is %s, but that is the main worktree, where no coding agent works; %s", claimed, expected))
	case site.OutsideTrees:
		return finding(rule.Block, fmt.Sprintf("worktree_path is %s, but worktrees stand under %s; %s", claimed, quote.Line(quote.Clip(seen.Site.Detail, quote.MaxPath)), expected))
	case site.OtherThanAsked:
		return finding(rule.Block, fmt.Sprintf("worktree_path is %s, but you were given %s; report where the work was asked for", claimed, quote.String(asked.WorktreePath, quote.MaxPath)))
	case site.Gone:
		if seen.States != nil {
			return nil // the commits made since are the evidence for the claims
		}
		if seen.Site.Detail != "" {
			return finding(rule.Halt, fmt.Sprintf("worktree_path is %s, and %s, so the report cannot be checked there; restore it, or launch a new agent", claimed, seen.Site.Detail))
		}
		return finding(rule.Halt, fmt.Sprintf("worktree_path is %s, and no such worktree is there now; the transcript alone shows %s changed", claimed, shownByTranscript(seen.Files)))
	case site.Unreadable:
		return finding(rule.Halt, fmt.Sprintf("worktree_path is %s, and git's files there cannot be used: %s", claimed, quote.String(seen.Site.Detail, quote.MaxReason)))
	case site.Found:
	}
	return nil
}

// shownByTranscript returns "1 of 3 claimed files".
func shownByTranscript(files []inspect.File) string {
	n := 0
	for _, f := range files {
		if f.Proof == inspect.ByTranscript {
			n++
		}
	}
	return fmt.Sprintf("%d of %s", n, quote.Plural(len(files), "claimed file"))
}

// verifyNested finds repositories in the worktree, listed or not. Git shows only their folders. No commit of the worktree contains their files, and
// they are lost when the worktree is removed. They are charged to an agent that claims them or was alone, unless it says that they are not its own.
func verifyNested(seen inspect.Evidence) []rule.Finding {
	var own, unsure, disowned []string
	for _, s := range seen.Nested {
		claimed := slices.ContainsFunc(seen.Claims, func(c inspect.Claim) bool { return c.SpeaksOf(s.Name) })
		switch {
		case !claimed && disowns(seen, &s): // a person may have put a worktree there, and what is not committed in it would be lost
			disowned = append(disowned, s.Name)
		case claimed || seen.Base == inspect.BaseLaunch && !s.NoBase && len(seen.Others) == 0:
			own = append(own, s.Name)
		default:
			unsure = append(unsure, s.Name)
		}
	}
	const why = "git commits no file in such a folder, and the files are lost with the worktree"
	var findings []rule.Finding
	if len(own) > 0 {
		first, omitted := quote.First(own, quote.MaxList)
		remove := quote.Each(first, func(name string) string {
			if strings.HasPrefix(name, "-") {
				name = "./" + name // rm would take it for options
			}
			return shell.Quote(name + "/.git")
		})
		findings = append(findings, rule.New(rule.RepositoryNested, rule.Block, own[0],
			"since you were launched another repository was created in your worktree: %s; %s; if its files belong to the work, run rm -rf %s in the worktree and list each of them in files_modified; if you made it for something else, delete the whole folder; if it is not yours, leave it and say so in unfinished",
			quote.List(gitFolders(first), omitted), why, strings.Join(remove, " ")))
	}
	if len(unsure) > 0 {
		findings = append(findings, rule.New(rule.RepositoryNested, rule.Note, "",
			"the worktree contains another repository, and it is unknown which agent made it: %s; %s", quote.List(quote.First(gitFolders(unsure), quote.MaxList)), why))
	}
	if len(disowned) > 0 {
		findings = append(findings, rule.New(rule.RepositoryNested, rule.Note, "",
			"the worktree contains another repository, and unfinished says that it is not this agent's: %s; %s", quote.List(quote.First(gitFolders(disowned), quote.MaxList)), why))
	}
	return findings
}

// gitFolders returns the .git of each directory.
func gitFolders(dirs []string) []string {
	return quote.Each(dirs, func(dir string) string { return dir + "/.git" })
}
