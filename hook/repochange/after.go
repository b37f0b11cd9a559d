package repochange

import (
	"slices"

	"stopgate/hook/launch"
	"stopgate/hook/rule"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/marks"
)

// VerifyAfter judges changes made after the agent had stopped. Only something that the agent left running can have made them, so Own must have no
// other commands. A change is a finding if such a command or the guard's record shows that it is the agent's. notes describe the other changes.
// Changes by the session itself or a branch-manager, changes in another worktree, and a commit of the work as it is are left out. VerifyAfter is pure.
func VerifyAfter(m Changes) (findings []rule.Finding, notes []string) {
	m.Own = slices.DeleteFunc(slices.Clone(m.Own), func(c trace.Command) bool { return !c.Left })
	for _, c := range m.Changes {
		change, ok := describe(m, c)
		if c.Kind == marks.Staged || c.Kind == marks.IntentToAdd {
			change, ok = staged(c), true
		}
		if !ok {
			continue
		}
		mine, why, decided := attributeAfter(m, change)
		switch {
		case mine && change.severity != rule.Note:
			findings = append(findings, rule.Finding{Rule: change.rule, Severity: rule.Halt, Message: change.message(why)})
		case decided && !mine && trusted(m, change), !decided && change.scope == otherWorktree:
		case !decided && why == "" && c.Kind == marks.HeadMoved && c.To == m.Kept: // the log says so, and no file is another one
		default:
			notes = append(notes, change.text+change.log+because(why))
		}
	}
	return findings[:min(len(findings), maxFindings)], notes
}

// attributeAfter is attribute for a change made after the stop. decided is false if nothing shows who made it; then why may name who can have made
// it.
func attributeAfter(m Changes, c change) (mine bool, why string, decided bool) {
	named := withoutOther(m, c)
	for _, p := range []proof{guardSaw, ownCommand, othersCommand, hidden} {
		if mine, why, decided := p(named, c); decided {
			return mine, why, true
		}
	}
	if left := listed(m.Own, func(trace.Command) bool { return true }); left != "" {
		why = "the agent may have left something running with " + left + ", and nothing shows that this command did it; was it you?"
	}
	return false, why, false
}

// withoutOther removes the agent's commands that visibly do something else: a change to what all worktrees share must be named in the text of a
// command.
func withoutOther(m Changes, c change) Changes {
	if c.scope != ownWorktree && c.name != "" {
		m.Own = slices.DeleteFunc(slices.Clone(m.Own), func(ran trace.Command) bool {
			return len(ran.Kinds) > 0 && !mentions(ran.Text, c.name)
		})
	}
	return m
}

// trusted reports whether the change was made by the session itself or a branch-manager.
func trusted(m Changes, c change) bool {
	for _, ran := range slices.Backward(m.Guarded) {
		if ran.Known && !ran.Own && ran.Breaks(c.rule) && fits(c, m, ran) {
			return mayWrite(ran.AgentID, ran.AgentType)
		}
	}
	for _, ran := range othersWithin(m, c.scope) {
		if ran.Breaks(c.rule) && (len(c.times) == 0 || ran.RanAt(c.times)) {
			return mayWrite(ran.AgentID, ran.AgentType)
		}
	}
	return false
}

// mayWrite reports whether an agent may write to the repository: the session itself may, and a branch-manager.
func mayWrite(id, agentType string) bool {
	role, _ := launch.RoleOf(launch.Defaults(), agentType, "")
	return id == "" || role == launch.MergeRole
}

func staged(c worktree.MarkChange) change {
	return change{rule: rule.GitStaged, severity: rule.Halt, scope: ownWorktree, text: quoted(string(c.Name)) + " was staged", name: string(c.Name)}
}
