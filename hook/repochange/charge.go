package repochange

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/shell"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// reach says whom a change in git's files may come from.
type reach int

const (
	// ofWorktree is what only a command for the agent's own worktree changes: its HEAD, its index, its branch.
	ofWorktree reach = iota
	// ofRepository is what all worktrees share: tags, the stash, configuration.
	ofRepository
	// ofOthers is another worktree's. That it changed says nothing of this agent.
	ofOthers
)

// charge is what one change amounts to, whoever made it.
type charge struct {
	rule     rule.Name
	severity rule.Severity
	reach    reach
	// what is the change in words; undo a command that would take it back, "" where there is no such.
	what, undo string
	// about is a name that a command for it would hold; "" for none.
	about string
	times []time.Time
	log   string
}

// Bounds on what is told of one stop.
const (
	maxMovesTold  = 20
	maxStagedTold = 10
	maxLogTold    = 3
)

// Verify tells what the agent did to the repository. What it can take back itself sends it back; what only a person can take back
// stops the task. A change that may be somebody else's is a note, and one that is explained by what somebody else ran, elsewhere than in
// the agent's worktree, is nothing at all. declined tells that the agent ended with an error and owes no report. It is pure.
func Verify(declined bool, m Changes) []rule.Finding {
	var findings []rule.Finding
	var staged, unsure []string
	if m.Incomplete != "" {
		findings = append(findings, rule.Finding{
			Rule: rule.Unverifiable, Severity: rule.Note,
			Message: "what git's own files say could not all be compared with what they said when the agent began: " + quote.String(m.Incomplete, quote.MaxReason),
		})
	}
	told := 0
	for _, c := range m.Changes {
		if c.Kind == worktree.Staged || c.Kind == worktree.IntentToAdd {
			staged = append(staged, string(c.Name))
			continue
		}
		ch, ok := m.charge(c)
		if !ok {
			continue
		}
		mine, why := m.attribute(ch)
		switch {
		case mine && told < maxMovesTold:
			told++
			findings = append(findings, rule.Finding{Rule: ch.rule, Severity: ch.severity, Message: m.accuse(ch, why)})
		case mine:
		case ch.reach == ofOthers && why != "":
		default:
			unsure = append(unsure, ch.what+ch.log+why)
		}
	}
	findings = append(findings, m.verifyStaged(declined, staged)...)
	if len(unsure) > 0 {
		first, omitted := quote.First(unsure, maxStagedTold)
		findings = append(findings, rule.Finding{
			Rule: rule.GitHistory, Severity: rule.Note,
			Message: "while this agent was at work the repository changed, and nothing shows that it was this agent: " + strings.Join(first, "; ") + quote.AndMore(omitted),
		})
	}
	return findings
}

// accuse is the evidence of a change that the agent made.
func (m Changes) accuse(ch charge, why string) string {
	text := ch.what + ch.log + why + "."
	if ch.severity != rule.Halt {
		return text
	}
	text += " Only a person may decide what becomes of it"
	if ch.undo == "" {
		return text + "."
	}
	return text + "; nobody has run it, but " + quote.String(ch.undo, quote.MaxReason) + " would take that back."
}

// verifyStaged tells of what was put into the index. The agent can take it out again.
func (m Changes) verifyStaged(declined bool, names []string) []rule.Finding {
	if len(names) == 0 {
		return nil
	}
	mine, why := m.attribute(charge{rule: rule.GitStaged, reach: ofWorktree})
	first, omitted := quote.First(names, maxStagedTold)
	what := fmt.Sprintf("%s in %s since the agent began: %s", wasStaged(len(names)), quote.String(m.Worktree, quote.MaxPath), quote.List(first, omitted))
	switch {
	case !mine:
		return []rule.Finding{{Rule: rule.GitStaged, Severity: rule.Note, Message: what + "; nothing shows that it was this agent" + why}}
	case declined: // it is not sent back for a report that it does not owe
		return []rule.Finding{{Rule: rule.GitStaged, Severity: rule.Note, Message: what + why}}
	}
	return []rule.Finding{{
		Rule: rule.GitStaged, Severity: rule.Block,
		Message: what + why + "; only the branch-manager stages, when the gates have passed; take it out with git restore --staged, which leaves the files as they are",
	}}
}

func wasStaged(n int) string {
	if n == 1 {
		return "1 file was staged"
	}
	return quote.Plural(n, "file") + " were staged"
}

// attribute tells whether the agent made a change, and what says so; or what says that it was somebody else, "" for nothing.
func (m Changes) attribute(ch charge) (mine bool, why string) {
	names := func(h trace.Command) bool {
		return ch.reach != ofOthers || ch.about != "" && strings.Contains(h.Text, ch.about)
	}
	for _, h := range m.Own {
		if h.Breaks(ch.rule) && names(h) && (len(ch.times) == 0 || h.Spans(ch.times) || h.From.IsZero()) {
			return true, fmt.Sprintf("; the agent ran %s (line %d of its transcript)", quote.String(h.Text, quote.MaxPath), h.Line)
		}
	}
	others := m.Others
	if ch.reach == ofWorktree {
		others = slices.DeleteFunc(slices.Clone(others), func(h trace.Command) bool { return !h.AimsAt(m.Worktree) || m.worksElsewhere(h.AgentID) })
	}
	for _, h := range others {
		if h.Breaks(ch.rule) && (len(ch.times) == 0 || h.Spans(ch.times)) {
			return false, fmt.Sprintf("; meanwhile %s ran %s", h.Who(), quote.String(h.Text, quote.MaxPath))
		}
	}
	if ch.reach == ofOthers {
		return false, ""
	}
	spans := func(h trace.Command) bool { return h.Spans(ch.times) }
	own, other := slices.IndexFunc(m.Own, spans), slices.IndexFunc(others, spans)
	switch {
	case own >= 0 && other < 0:
		return true, fmt.Sprintf("; the agent was running %s then (line %d of its transcript)", quote.String(m.Own[own].Text, quote.MaxPath), m.Own[own].Line)
	case own < 0 && other >= 0:
		return false, fmt.Sprintf("; %s was running %s then", others[other].Who(), quote.String(others[other].Text, quote.MaxPath))
	case m.Traced && m.idle(ch.times):
		return false, "; the agent had run no command by then"
	}
	return m.alone(ch.reach)
}

// alone tells whether nobody else of whom stopgate knows was there to make such a change.
func (m Changes) alone(r reach) (yes bool, why string) {
	candidates := m.Here
	if r == ofRepository {
		candidates = slices.Concat(m.Here, m.Elsewhere)
	}
	if len(candidates) > 0 {
		names := make([]string, len(candidates))
		for i, c := range candidates {
			names[i] = fmt.Sprintf("%s (agent %s)", quote.String(c.AgentType, quote.MaxName), quote.String(c.AgentID, quote.MaxName))
		}
		return false, "; " + strings.Join(names, " and ") + " worked there too"
	}
	if r == ofRepository && m.Sessions {
		return false, "; another session worked in this repository too"
	}
	return true, "; no other agent was at work there"
}

// worksElsewhere tells whether an agent was given another worktree.
func (m Changes) worksElsewhere(agentID string) bool {
	return slices.ContainsFunc(m.Elsewhere, func(r trace.OtherAgent) bool { return r.AgentID == agentID })
}

// idle tells whether the agent had begun no command by any of the times, so that nothing it left behind can have acted then. Where no
// time is known, it is a matter of whether it ran one at all.
func (m Changes) idle(times []time.Time) bool {
	return !slices.ContainsFunc(m.Own, func(h trace.Command) bool {
		return len(times) == 0 || h.From.IsZero() || slices.ContainsFunc(times, func(at time.Time) bool { return !h.From.After(at.Add(trace.ReflogStep)) })
	})
}

// charge is what a change amounts to; false where it amounts to nothing.
func (m Changes) charge(c worktree.MarkChange) (charge, bool) {
	ch := charge{rule: rule.GitHistory, severity: rule.Halt, times: times(c.Log), log: reflog(c.Log)}
	name := quote.String(string(c.Name), quote.MaxPath)
	if c.Many {
		ch.reach, ch.severity = ofRepository, rule.Note
		ch.what = fmt.Sprintf("more than can be told one by one has changed below %s: there were %s, and there are %s", name, c.From, c.To)
		return ch, true
	}
	git := "git -C " + shell.Quote(m.Worktree) + " "
	switch c.Kind {
	case worktree.HeadMoved:
		ch.what, ch.undo = fmt.Sprintf("HEAD of %s moved from %s to %s", quote.String(m.Worktree, quote.MaxPath), object(c.From), object(c.To)), git+"reset "+c.From
		if c.From == "" {
			ch.undo = ""
		}
	case worktree.HeadSwitched:
		ch.what, ch.undo = fmt.Sprintf("HEAD of %s was switched from %s to %s", quote.String(m.Worktree, quote.MaxPath), branch(c.From), branch(c.To)), git+"switch "+shell.Quote(strings.TrimPrefix(c.From, "refs/heads/"))
		if c.From == "" {
			ch.undo = ""
		}
	case worktree.HeadReturned:
		ch.severity = rule.Note
		ch.what = fmt.Sprintf("HEAD of %s was moved and is back at %s", quote.String(m.Worktree, quote.MaxPath), object(c.To))
	case worktree.BranchCreated, worktree.BranchMoved, worktree.BranchDeleted:
		return m.chargeBranch(ch, c)
	case worktree.TagCreated, worktree.TagMoved, worktree.TagDeleted:
		ch.reach = ofRepository
		ch.what, ch.undo = refMoved("tag", c), undoTag(c)
		if c.Kind == worktree.TagCreated && m.fetched() { // they come along
			return ch, false
		}
	case worktree.RemoteCreated, worktree.RemoteMoved, worktree.RemoteDeleted:
		return m.chargeRemote(ch, c)
	case worktree.RefCreated, worktree.RefMoved, worktree.RefDeleted:
		ch.reach, ch.what = ofRepository, refMoved("ref", c)
		if !slices.ContainsFunc([]string{"refs/notes/", "refs/replace/", "refs/original/", "refs/bisect/", "refs/rewritten/"}, func(p string) bool { return strings.HasPrefix(string(c.Name), p) }) {
			ch.severity = rule.Note // some other program's
		}
	case worktree.StashGrown, worktree.StashShrunk, worktree.StashReplaced:
		return m.chargeStash(ch, c, git)
	case worktree.Unstaged:
		ch.rule, ch.severity = rule.GitStaged, rule.Note
		ch.what = fmt.Sprintf("%s was staged and is not any more", name)
		if m.moved() { // it was committed, or reset
			return ch, false
		}
	case worktree.FileHidden:
		ch.rule, ch.what, ch.undo = rule.GitTampered, fmt.Sprintf("git was told not to look at %s (%s)", name, c.To), git+"update-index --no-"+c.To+" -- "+shell.Quote(string(c.Name))
	case worktree.FileUnhidden:
		return ch, false
	case worktree.OperationStarted:
		ch.what, ch.undo = fmt.Sprintf("a %s is in progress in %s", quote.Line(string(c.Name)), quote.String(m.Worktree, quote.MaxPath)), git+string(c.Name)+" --abort"
		if c.Name == "bisect" {
			ch.undo = git + "bisect reset"
		}
	case worktree.OperationEnded:
		ch.what = fmt.Sprintf("the %s that was in progress in %s has ended", quote.Line(string(c.Name)), quote.String(m.Worktree, quote.MaxPath))
	case worktree.ConfigChanged, worktree.HookChanged, worktree.InfoChanged:
		return m.chargeTampering(ch, c)
	case worktree.WorktreeAdded:
		return ch, false // the orchestrator makes them
	case worktree.WorktreeRemoved:
		ch.reach, ch.about = ofOthers, path.Base(string(c.Name))
		ch.what = fmt.Sprintf("the worktree %s was removed, with HEAD at %s", name, quote.String(c.From, quote.MaxPath))
	case worktree.WorktreeHeadMoved:
		ch.reach, ch.about = ofOthers, path.Base(string(c.Name))
		ch.what = fmt.Sprintf("HEAD of the worktree %s was %s and is %s", name, quote.String(c.From, quote.MaxPath), quote.String(c.To, quote.MaxPath))
	case worktree.Staged, worktree.IntentToAdd:
		return ch, false // told together
	}
	return ch, ch.what != ""
}

// moved tells whether HEAD is another commit or branch than it was.
func (m Changes) moved() bool {
	return slices.ContainsFunc(m.Changes, func(c worktree.MarkChange) bool {
		return c.Kind == worktree.HeadMoved || c.Kind == worktree.HeadSwitched
	})
}

// fetched tells whether remote-tracking branches moved otherwise than by a push, which brings tags, too.
func (m Changes) fetched() bool {
	return slices.ContainsFunc(m.Changes, func(c worktree.MarkChange) bool {
		return (c.Kind == worktree.RemoteCreated || c.Kind == worktree.RemoteMoved) && c.By != "push"
	})
}

func (m Changes) chargeBranch(ch charge, c worktree.MarkChange) (charge, bool) {
	short := strings.TrimPrefix(string(c.Name), "refs/heads/")
	ch.what, ch.about = refMoved("branch", c), short
	switch {
	case c.Worktree != "" && c.Kind == worktree.BranchMoved, c.Worktree != "" && c.Kind == worktree.BranchCreated:
		return ch, false // that worktree's HEAD tells, or it was made with the worktree
	case c.Worktree != "":
		ch.reach = ofOthers
	case string(c.Name) == m.Branch && c.Kind == worktree.BranchMoved:
		return ch, false // HEAD tells
	case string(c.Name) == m.Branch:
		ch.reach = ofWorktree
	default:
		ch.reach = ofRepository
	}
	switch c.Kind {
	case worktree.BranchCreated:
		ch.undo = "git branch -D " + shell.Quote(short)
	case worktree.BranchMoved:
		ch.undo = "git branch -f " + shell.Quote(short) + " " + c.From
	default:
		ch.undo = "git branch " + shell.Quote(short) + " " + c.From
	}
	return ch, true
}

func undoTag(c worktree.MarkChange) string {
	short := shell.Quote(strings.TrimPrefix(string(c.Name), "refs/tags/"))
	if c.Kind == worktree.TagCreated {
		return "git tag -d " + short
	}
	return "git tag -f " + short + " " + c.From
}

// chargeRemote tells a push from a fetch, which is nobody's offence.
func (m Changes) chargeRemote(ch charge, c worktree.MarkChange) (charge, bool) {
	remote, short, _ := strings.Cut(strings.TrimPrefix(string(c.Name), "refs/remotes/"), "/")
	ch.rule, ch.reach, ch.about = rule.GitPushed, ofRepository, short
	ch.what = refMoved("remote-tracking branch", c)
	switch {
	case c.Kind == worktree.RemoteDeleted:
		ch.severity = rule.Note // pruned by a fetch, or deleted by a push
		return ch, m.anyBreaks(rule.GitPushed)
	case c.By != "push":
		return ch, false
	case "refs/heads/"+short == m.Branch:
		ch.reach = ofWorktree
	case slices.ContainsFunc(m.Changes, func(o worktree.MarkChange) bool {
		return o.Worktree != "" && string(o.Name) == "refs/heads/"+short
	}):
		ch.reach = ofOthers
	}
	if ch.undo = "git push " + shell.Quote(remote) + " --delete " + shell.Quote(short); c.From != "" {
		ch.undo = fmt.Sprintf("git push --force-with-lease=%s:%s %s %s:refs/heads/%s", shell.Quote(short), c.To, shell.Quote(remote), c.From, shell.Quote(short))
	}
	return ch, true
}

// anyBreaks tells whether somebody ran a command that breaks the rule.
func (m Changes) anyBreaks(rule rule.Name) bool {
	return slices.ContainsFunc(slices.Concat(m.Own, m.Others), func(h trace.Command) bool { return h.Breaks(rule) })
}

// chargeStash reads whose branch was put away from what git writes into the stash's reflog: "WIP on BRANCH: …" or "On BRANCH: …".
func (m Changes) chargeStash(ch charge, c worktree.MarkChange, git string) (charge, bool) {
	ch.reach, ch.about = ofRepository, "stash"
	switch c.Kind {
	case worktree.StashGrown:
		ch.what, ch.undo = fmt.Sprintf("the stash has grown, its newest entry is %s", object(c.To)), git+"stash pop"
	case worktree.StashShrunk:
		ch.what, ch.undo = fmt.Sprintf("an entry of the stash is gone, the newest was %s", object(c.From)), "git stash store "+c.From
	default:
		ch.what = fmt.Sprintf("the newest entry of the stash was %s and is %s", object(c.From), object(c.To))
	}
	if len(c.Log) == 0 {
		return ch, true
	}
	message, wip := strings.CutPrefix(c.Log[0].Message, "WIP on ")
	message, on := strings.CutPrefix(message, "On ")
	if name, _, named := strings.Cut(message, ":"); named && (wip || on) {
		if ch.reach = ofOthers; "refs/heads/"+name == m.Branch {
			ch.reach = ofWorktree
		}
	}
	return ch, true
}

// chargeTampering tells what decides how git behaves from what tools set without a thought.
func (m Changes) chargeTampering(ch charge, c worktree.MarkChange) (charge, bool) {
	ch.rule, ch.reach = rule.GitTampered, ofRepository
	name := quote.String(string(c.Name), quote.MaxPath)
	value := func(v, without string) string { return cmp.Or(quoted(v), without) }
	switch c.Kind {
	case worktree.ConfigChanged:
		ch.what = fmt.Sprintf("git's configuration %s was %s and is %s", name, value(c.From, "not set"), value(c.To, "not set"))
		key := string(c.Name)
		switch {
		case strings.HasPrefix(key, "branch."), strings.HasPrefix(key, "lfs."): // written along with a branch, or a transfer
			return ch, false
		case key == "core.hookspath" && (c.To == ".husky" || c.To == ".husky/_"):
			ch.severity = rule.Note // an install of dependencies does that
		case c.From == "":
			ch.undo = "git config --unset-all " + shell.Quote(key)
		case !strings.Contains(c.From, "digest ") && !strings.Contains(c.From, "***") && !strings.Contains(c.From, "\n"): // it is kept whole
			ch.undo = "git config " + shell.Quote(key) + " " + shell.Quote(c.From)
		}
	case worktree.HookChanged:
		ch.what = fmt.Sprintf("git's hook %s was %s and is %s", name, value(c.From, "not there"), value(c.To, "not there"))
		if strings.HasPrefix(string(c.Name), "core.hooksPath/") && m.HooksInside {
			return ch, false // files of the worktree, which the gates look at
		}
	default:
		ch.what = fmt.Sprintf("git's file %s was %s and is %s", name, value(c.From, "not there"), value(c.To, "not there"))
	}
	return ch, true
}

func quoted(v string) string {
	if v == "" {
		return ""
	}
	return quote.String(v, quote.MaxPath)
}

// refMoved is a change of a ref in words.
func refMoved(sort string, c worktree.MarkChange) string {
	name := quote.String(string(c.Name), quote.MaxPath)
	switch {
	case c.From == "":
		return fmt.Sprintf("the %s %s was created at %s", sort, name, object(c.To))
	case c.To == "":
		return fmt.Sprintf("the %s %s, which was at %s, was deleted", sort, name, object(c.From))
	}
	return fmt.Sprintf("the %s %s moved from %s to %s", sort, name, object(c.From), object(c.To))
}

// object is the name of an object as people read it.
func object(id string) string { return cmp.Or(quote.Line(quote.Clip(id, quote.MaxPath)), "no commit") }

func branch(name string) string {
	if name == "" {
		return "no branch"
	}
	return quote.String(strings.TrimPrefix(name, "refs/heads/"), quote.MaxPath)
}

// reflog is what the reflog tells, the newest first.
func reflog(entries []worktree.LogEntry) string {
	if len(entries) == 0 {
		return ""
	}
	first, omitted := quote.First(entries, maxLogTold)
	lines := make([]string, len(first))
	for i, e := range first {
		lines[i] = quote.String(e.Message, quote.MaxPath) + " by " + quote.String(e.Who, quote.MaxName)
		if !e.When.IsZero() {
			lines[i] += " at " + e.When.UTC().Format(time.RFC3339)
		}
	}
	return "; its reflog: " + strings.Join(lines, ", ") + quote.AndMore(omitted)
}

func times(entries []worktree.LogEntry) []time.Time {
	var list []time.Time
	for _, e := range entries {
		if !e.When.IsZero() {
			list = append(list, e.When)
		}
	}
	return list
}
