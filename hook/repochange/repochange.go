// Package repochange finds out what changed in git's own files during a run of an agent, which agent changed it, and how to undo it.
package repochange

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/marks"
)

// Marked is the state of git's own files when a run of an agent began.
type Marked struct {
	// Worktree is the worktree that they were read in, as the orchestrator wrote it.
	Worktree string         `json:"worktree"`
	Marks    worktree.Marks `json:"marks"`
}

// Changes are the changes of git's own files since a run of an agent began, and what is known about who made them. The zero Changes has
// none, or nothing was compared.
type Changes struct {
	// Worktree is the name of the agent's worktree for people.
	Worktree string
	// Branch is the full name of the branch that is checked out there; "" for a detached HEAD.
	Branch  string
	Changes []worktree.MarkChange
	// Now is the present state of git's own files; nil if they were not compared.
	Now *Marked
	// Kept is the commit of the work as it was, made by hand after the stop; "" for none.
	Kept string
	// HooksInside means that core.hooksPath is a folder of the worktree, so the hooks are files like any other.
	HooksInside bool
	// Incomplete says what could not be compared, and why; "" if everything was.
	Incomplete string
	// Own are the agent's commands, from all its runs.
	Own []trace.Command
	// Traced means that Own is complete.
	Traced bool
	// Guarded are the git commands of all agents that the guard let through since the run began, in order.
	Guarded []trace.GitCommand
	// Root is the agent's worktree, Main the main one, Common the common git directory; "" if unknown.
	Root, Main, Common string
	// Company is who else worked in the repository meanwhile.
	trace.Company
}

// Missed says which parts of git's files one of two comparisons did not read, and why; "" for none.
func Missed(before, now worktree.Marks) string {
	missed := map[string]string{}
	maps.Copy(missed, before.Incomplete)
	maps.Copy(missed, now.Incomplete)
	if growth := now.Head.Log - before.Head.Log; growth > marks.MaxLogGrowth {
		missed["reflog of HEAD"] = fmt.Sprintf("it has grown by %d bytes, more than is read", growth)
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(missed)) {
		parts = append(parts, name+": "+missed[name])
	}
	return strings.Join(parts, "; ")
}

// HooksInside reports whether core.hooksPath is a folder of the worktree at root.
func HooksInside(root string, configuration worktree.Register) bool {
	for _, item := range configuration.Items {
		if item.Name == "core.hookspath" {
			dir := filepath.FromSlash(item.Value)
			return dir != "" && (filepath.IsLocal(dir) && !strings.HasPrefix(item.Value, ".git/") || site.Within(root, dir))
		}
	}
	return false
}

// Bounds on the findings of one stop.
const (
	maxFindings = 20 // about changes that the agent made
	maxListed   = 10 // staged files, or changes of unknown origin, in one finding
)

// Verify returns the findings about the changes. Staged files send the agent back, because it can unstage them. A change that only a person may
// undo stops the task. A change that another agent may have made is a note. A change in another worktree needs no finding if a command of another
// agent explains it, or if people make such changes all the time. declined means that the agent ended with an error and owes no report. Verify is
// pure.
func Verify(declined bool, m Changes) []rule.Finding {
	var findings []rule.Finding
	var staged, unsure []string
	more := 0
	for _, c := range m.Changes {
		if c.Kind == marks.Staged || c.Kind == marks.IntentToAdd {
			staged = append(staged, string(c.Name))
			continue
		}
		change, ok := describe(m, c)
		if !ok {
			continue
		}
		mine, why := attribute(m, change)
		switch {
		case mine && len(findings) < maxFindings:
			findings = append(findings, rule.Finding{Rule: change.rule, Severity: change.severity, Message: change.message(why)})
		case mine:
			more++
		case change.scope == otherWorktree && (why != "" || change.daily):
		default:
			unsure = append(unsure, change.text+change.log+because(cmp.Or(why, wasThere(m, change))))
		}
	}
	if more > 0 {
		findings = append(findings, rule.New(rule.GitHistory, rule.Note, "", "this agent changed more of the repository: %s not listed", quote.Number(more, "change is", "changes are")))
	}
	findings = append(findings, m.verifyStaged(declined, staged)...)
	if len(unsure) > 0 {
		findings = append(findings, rule.New(rule.GitHistory, rule.Note, "",
			"the repository changed while this agent worked, and nothing shows that this agent did it: %s", quote.Some(unsure, maxListed, "; ")))
	}
	return findings
}

// verifyStaged returns the finding on files that were added to the index.
func (m Changes) verifyStaged(declined bool, names []string) []rule.Finding {
	if len(names) == 0 {
		return nil
	}
	mine, why := attribute(m, change{rule: rule.GitStaged, scope: ownWorktree})
	f := rule.New(rule.GitStaged, rule.Note, "",
		"%s staged in %s since the agent began: %s", quote.Number(len(names), "file was", "files were"), quote.String(m.Worktree, quote.MaxPath), quote.List(quote.First(names, maxListed)))
	switch {
	case !mine:
		f.Message += "; nothing shows that this agent did it" + because(why)
	case declined: // without a report it cannot be sent back
		f.Message += because(why)
	default:
		f.Severity = rule.Block
		f.Message += because(why) + "; only the branch-manager stages, after the gates have passed; unstage with git restore --staged PATH, which leaves the file as it is"
	}
	return []rule.Finding{f}
}

// because adds a reason to a sentence; it is "" where there is none.
func because(why string) string {
	if why == "" {
		return ""
	}
	return "; " + why
}
