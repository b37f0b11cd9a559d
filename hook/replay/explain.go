package replay

import (
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/submission"
)

// Explanation is the evidence for one finding.
type Explanation struct {
	Rule rule.Name `json:"rule"`
	// Claim is the claim, Base what it was compared with, Seen what git or the transcript showed; values are quoted.
	Claim string `json:"claim"`
	Base  string `json:"base"`
	Seen  string `json:"seen"`
	// Lines are the lines of the transcript that speak of it, from 1, in order; never nil.
	Lines []int `json:"lines"`
}

// explain says for each finding what it rests on, in their order.
func explain(r judged) []Explanation {
	list := make([]Explanation, 0, len(r.Case.Findings))
	for _, f := range r.Case.Findings {
		g := Explanation{Rule: f.Rule, Lines: []int{}}
		if r.Stop.Line > 0 {
			g.Lines = append(g.Lines, r.Stop.Line)
		}
		switch {
		case f.Path != "":
			explainPath(r, &g, f.Path)
		case f.Rule == rule.TaskMismatch:
			g.Claim = "task_id " + quote.String(r.Case.Submission.Report.TaskID, quote.MaxTaskShort)
			g.Base = "the task of the launch, " + quote.String(r.Case.Asked.TaskID, quote.MaxTaskShort)
			g.Seen = "another task"
		case f.Rule == rule.WorktreeInvalid || f.Rule == rule.Unverifiable:
			explainWorktree(r, &g)
		default:
			g.Claim, g.Base, g.Seen = "the report as a whole", "the contract", seenOfReport(r.Case.Submission)
		}
		slices.Sort(g.Lines)
		g.Lines = slices.Compact(g.Lines)
		list = append(list, g)
	}
	return list
}

// explainPath explains the evidence about one file.
func explainPath(r judged, g *Explanation, listed string) {
	c := r.Case
	path, change := listed, ""
	g.Claim = "files_modified does not list " + quote.String(listed, quote.MaxPath)
	for i, claim := range c.Claims {
		if i < len(c.Files) && (claim.Listed == listed || claim.Path == listed) {
			g.Claim = "files_modified lists " + quote.String(listed, quote.MaxPath)
			path, change = c.Files[i].Path, string(c.Files[i].Change)
			break
		}
	}
	switch g.Base = c.Base; {
	case r.Recorded != nil:
		g.Base += ", when the agent stopped"
	case c.Worktree == "" && c.States == nil:
		g.Base = "nothing, because the worktree is gone"
	}
	g.Seen = edits(r, g, path)
	switch {
	case r.Recorded != nil:
		g.Seen = "the gate saw it; transcript: " + g.Seen
	case change != "":
		g.Seen = "git: " + change + "; transcript: " + g.Seen
	}
}

// explainWorktree explains the evidence about each claim if no worktree could be used.
func explainWorktree(r judged, g *Explanation) {
	g.Claim = "worktree_path " + quote.String(r.Case.Submission.Report.WorktreePath, quote.MaxPath)
	g.Base = "the worktrees that are there now"
	var seen []string
	files, omitted := quote.First(r.Case.Files, maxFilesExplained)
	for _, f := range files {
		seen = append(seen, quote.String(f.Path, quote.MaxPath)+": "+edits(r, g, f.Path))
	}
	if omitted > 0 {
		seen = append(seen, fmt.Sprintf("and %d more", omitted))
	}
	if g.Seen = "no usable worktree"; len(seen) > 0 {
		g.Seen += "; transcript: " + strings.Join(seen, "; ")
	}
}

const maxFilesExplained = 50

// edits names the tool uses that changed a file before the stop, and adds their lines.
func edits(r judged, g *Explanation, path string) string {
	var uses []string
	for _, e := range r.Case.Edits {
		if path != "" && e.Path == path {
			uses = append(uses, fmt.Sprintf("%s at line %d", e.Tool, e.Line))
			g.Lines = append(g.Lines, e.Line)
		}
	}
	if len(uses) == 0 {
		return "no edit that succeeded"
	}
	return strings.Join(uses, ", ")
}

// seenOfReport says where the report was.
func seenOfReport(s submission.Submission) string {
	if s.Kind != submission.ReportHandedIn {
		return "no report in any reply of this run"
	}
	return map[submission.Source]string{
		submission.LastMessage:  "a report in the last message",
		submission.SameReply:    "a report before the last message, in the same reply",
		submission.Handback:     "a report that was handed back",
		submission.EarlierReply: "a report in an earlier reply",
	}[s.Source]
}
