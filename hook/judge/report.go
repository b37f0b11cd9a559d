package judge

import (
	"path"
	"path/filepath"
	"slices"

	"stopgate/hook/artifact"
	"stopgate/hook/inspect"
	"stopgate/hook/launch"
	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/submission"
)

func missing(s submission.Submission) []rule.Finding {
	if s.Kind == submission.ErrorExit {
		return nil
	}
	return []rule.Finding{rule.New(rule.ReportMissing, rule.Block, "",
		"the last message has no JSON report; answer with the report object of the contract (task_id, worktree_path, work_completed, files_modified, unfinished)")}
}

func problems(found []report.Problem) []rule.Finding {
	findings := make([]rule.Finding, 0, len(found))
	for _, p := range found {
		findings = append(findings, rule.Finding{Rule: rule.Name(p.Rule), Severity: rule.Block, Message: quote.Line(quote.Clip(p.Message, 2*quote.MaxReason))})
	}
	return findings
}

// verifySource notes that a later message replaced the report.
func verifySource(source submission.Source) []rule.Finding {
	if source != submission.EarlierReply {
		return nil
	}
	return []rule.Finding{rule.New(rule.ReportReplaced, rule.Note, "",
		"the report is in an earlier message, which the last message replaced: the orchestrator receives only the last one; end with the report")}
}

// verifyBaseline notes that the claims could only be compared with HEAD.
func verifyBaseline(seen inspect.Evidence) []rule.Finding {
	if !seen.NoSnapshot {
		return nil
	}
	return []rule.Finding{rule.New(rule.NoBaseline, rule.Note, "",
		"no snapshot of the worktree was taken at the launch (the prompt named no worktree that could be found, or taking it failed): changes that were there before count as this agent's")}
}

// verifyIgnored notes the fields that only repeat where the work is.
func verifyIgnored(fields []string) []rule.Finding {
	if len(fields) == 0 {
		return nil
	}
	return []rule.Finding{rule.New(rule.ReportExtraField, rule.Note, "",
		"the report has fields that are not in the contract and only name the worktree or the branch, or are empty; they were ignored: %s", quote.List(quote.First(fields, quote.MaxList)))}
}

func verifyTask(r report.Report, asked launch.Assignment) []rule.Finding {
	if asked.TaskID == "" || r.TaskID == "" || launch.SameTask(asked.TaskID, r.TaskID) {
		return nil
	}
	return []rule.Finding{rule.New(rule.TaskMismatch, rule.Block, "",
		"task_id is %s, but the task you were given is %s; report under that identifier", quote.String(r.TaskID, 80), quote.String(asked.TaskID, 80))}
}

// nothingToDo matches a work_completed that gives a reason why nothing was changed.
var nothingToDo = lazyregexp.New(`(?i)\b(?:already|nothing (?:to|was|needs?|needed|had|has|is|else|changed|remain\w*)|` +
	`no(?:t| further| additional| code| file| source)* (?:chang\w*|modif\w*|edits?|work|action|fix\w*|update\w*)|no-?op|not (?:needed|necessary|required|reproduc\w*|applicable)|` +
	`no (?:\w+ ){0,2}(?:was|were|has|have|had|is|are) (?:to be |been )?(?:chang|modif|touch|edit|alter|updat|need|requir|necess)\w*|` +
	`(?:can ?not|can't|could not|couldn't) be reproduced|not a (?:bug|defect)|no (?:bug|defect|problem|issue|error)s? (?:was |were )?(?:found|exists?|there)|` +
	`unnecessary|unneeded|(?:can ?not|can't|could not|couldn't|unable to) reproduce|(?:does|do|did|is|are|was|were) not (?:need|require|occur|exist|present)\w*|` +
	`(?:doesn't|don't|didn't|isn't|aren't|wasn't) (?:need|require|occur|exist|present|necessary|reproduc)\w*|works? as (?:is|intended|designed|expected)|` +
	`as[- ]is|unchanged|left untouched|duplicate of|obsolete|superseded|existing (?:code|implementation|behaviou?r) |` +
	`(?:was|were|been) (?:done|fixed|implemented|merged|added|completed|resolved|handled) (?:in|by|before|earlier|previously|upstream|elsewhere)|previously|` +
	`in place since|only (?:read|reviewed|investigated|analy[sz]ed|verified|checked)|investigation only|analysis only|read-only)\b`)

// verifyListed finds a report that lists neither changes nor unfinished work. If its work_completed says why nothing had to be changed, the
// orchestrator decides, or the gates do if the worktree still has work of the task that was verified before. Otherwise the agent may have forgotten
// its list.
func verifyListed(s submission.Submission, seen inspect.Evidence) []rule.Finding {
	if len(seen.Claims) > 0 || len(s.Report.Unfinished) > 0 || len(s.Problems) > 0 {
		return nil
	}
	if nothingToDo().MatchString(s.Report.WorkCompleted) {
		if len(seen.Carried) > len(seen.Unverified) {
			return nil
		}
		return []rule.Finding{rule.New(rule.NothingChanged, rule.Note, "",
			"the report lists no files, and work_completed says that nothing had to be changed; find out whether that is so")}
	}
	return []rule.Finding{rule.New(rule.NothingChanged, rule.Block, "",
		"the report says that the work is done, but files_modified is empty; list every file you changed, or say in work_completed why nothing had to be changed")}
}

// changedNothing reports whether the agent shows no change and the orchestrator has to decide what that means: the report gives a reason, or the
// agent lists no files although it was sent back for that before.
func changedNothing(findings []rule.Finding, sentBack bool) bool {
	return slices.ContainsFunc(findings, func(f rule.Finding) bool {
		return f.Rule == rule.NothingChanged && (f.Severity == rule.Note || sentBack)
	})
}

// verifyCleaned compares artifacts_cleaned with the artifacts that were found.
func verifyCleaned(r report.Report, seen inspect.Evidence) []rule.Finding {
	if !r.Cleaned {
		return nil
	}
	removable := quote.Set(quote.Each(seen.Leftovers.Plan.Remove, func(r artifact.Removal) string { return r.Path }))
	listed := quote.Set(quote.Each(r.ArtifactsCleaned, func(entry string) string { return path.Clean(filepath.ToSlash(entry)) }))
	var left []string
	for _, c := range seen.Survey.Candidates {
		if removable[c.Path] || listed[c.Path] {
			left = append(left, c.Path)
		}
	}
	if len(left) == 0 {
		return nil
	}
	return []rule.Finding{rule.New(rule.ArtifactLeft, rule.Note, "",
		"artifacts_cleaned says that the artifacts were removed, but %s still there when the agent stopped: %s", quote.Number(len(left), "was", "were"), quote.List(quote.First(left, quote.MaxList)))}
}
