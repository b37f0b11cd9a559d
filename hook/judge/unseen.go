package judge

import (
	"cmp"
	"slices"
	"strings"

	"stopgate/hook/inspect"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/site"
)

func failedLook(seen inspect.Evidence, look inspect.Look) bool {
	return slices.ContainsFunc(seen.Unseen, func(u inspect.Unseen) bool { return u.Look == look })
}

// maxLooksShown is how many reasons one finding gives.
const maxLooksShown = 4

// verifyUnseen reports what could not be seen. It is one finding, however many looks failed, and only the orchestrator or the person can act on it.
// It is pure.
func verifyUnseen(seen inspect.Evidence) []rule.Finding {
	failed := seen.Unseen
	if seen.Site.Problem == site.NoRepository { // that is said already, and nothing was there to take a snapshot of
		failed = slices.DeleteFunc(slices.Clone(failed), func(u inspect.Unseen) bool { return u.Look == inspect.LookSnapshot })
	}
	if len(failed) == 0 {
		return nil
	}
	sorted := slices.Clone(failed)
	slices.SortStableFunc(sorted, func(a, b inspect.Unseen) int {
		return cmp.Compare(slices.Index(inspect.Looks(), a.Look), slices.Index(inspect.Looks(), b.Look))
	})
	first, omitted := quote.First(sorted, maxLooksShown)
	reasons := quote.Each(first, func(u inspect.Unseen) string { return quote.Reason(u.Reason) })
	return []rule.Finding{rule.New(rule.Unverifiable, rule.Halt, "", "the agent's work could not be checked completely: %s%s; %s",
		strings.Join(reasons, "; "), quote.AndMore(omitted), remedy(sorted[0].Look))}
}

// remedy returns what can be done about the first of the looks that failed.
func remedy(look inspect.Look) string {
	const byHand = "let the person read the diff, or check the report by hand with stopgate check --worktree DIR FILE"
	switch look {
	case inspect.LookJournal:
		return "repair the journal (stopgate status names it), then launch the agent again"
	case inspect.LookConfig:
		return "fix .stopgate.yml in the main worktree and commit it, then launch the agent again"
	case inspect.LookNotes, inspect.LookLaunch, inspect.LookStart, inspect.LookTranscript:
		return "launch a new agent, so that it is seen from the beginning, or " + byHand
	case inspect.LookMarks, inspect.LookSnapshot, inspect.LookWorktree, inspect.LookOthers, inspect.LookMain:
	}
	return "fix the cause and launch the agent again with WORKTREE_PATH in its prompt, or " + byHand
}
