package repochange

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/trace"
	"stopgate/hook/worktree/marks"
)

// proof decides whether the agent made a change, and names the evidence. decided is false if it cannot tell.
type proof func(m Changes, c change) (mine bool, why string, decided bool)

// attribute decides whether the agent made a change: by the first proof that decides. why is "" if there is no evidence.
func attribute(m Changes, c change) (mine bool, why string) {
	for _, p := range []proof{guardSaw, ownCommand, othersCommand, hidden, plumbed, wroteThere, elsewhere, shared, runningAlone, neverRan, othersPresent} {
		if mine, why, decided := p(m, c); decided {
			return mine, why
		}
	}
	return true, "no other agent was at work there"
}

// How long before a change the git command that made it may have begun: if the command names what changed, and if it does not.
const (
	namingWithin = 10 * time.Minute
	anyWithin    = 5 * time.Second
)

// guardSaw decides if the guard saw the git command that made the change.
func guardSaw(m Changes, c change) (mine bool, why string, decided bool) {
	for _, ran := range slices.Backward(m.Guarded) {
		if !ran.Known || !ran.Breaks(c.rule) || !fits(c, m, ran) {
			continue
		}
		if ran.Own {
			return true, "the agent ran " + quoted(ran.Text), true
		}
		return false, fmt.Sprintf("meanwhile %s ran %s", ran.Who(), quoted(ran.Text)), true
	}
	return false, "", false
}

// fits reports whether a git command can have made the change, by its place, its time and the names in it.
func fits(c change, m Changes, ran trace.GitCommand) bool {
	named := mentions(ran.Text+" "+ran.Worktree, c.name)
	switch {
	case c.scope == ownWorktree && ran.Worktree != m.Worktree && !named:
		return false
	case c.scope == otherWorktree && !named:
		return false
	case len(c.times) == 0:
		return named || c.scope == ownWorktree
	case named || c.scope == ownWorktree:
		return ran.RanAt(c.times, namingWithin)
	}
	return ran.RanAt(c.times, anyWithin)
}

// mentions reports whether a text has the name as a separate word, or as a part of a path: trees/T-20 does not mention T-2. It ignores case.
func mentions(text, name string) bool {
	text, name = strings.ToLower(text), strings.ToLower(name)
	inName := func(b byte) bool {
		return b == '-' || b == '_' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || b >= 0x80
	}
	for name != "" {
		at := strings.Index(text, name)
		if at < 0 {
			return false
		}
		end := at + len(name)
		if (at == 0 || !inName(text[at-1])) && (end == len(text) || !inName(text[end])) {
			return true
		}
		text = text[at+1:]
	}
	return false
}

// ownCommand decides if the text of a command of the agent breaks the rule.
func ownCommand(m Changes, c change) (mine bool, why string, decided bool) {
	for _, ran := range m.Own {
		named := c.scope != otherWorktree || mentions(ran.Text, c.name)
		breaks := ran.Breaks(c.rule) || c.rule == rule.GitHistory && ran.Breaks(rule.GitTampered) && mentions(ran.Text, c.name) // echo … > .git/refs/heads/x
		if breaks && named && (len(c.times) == 0 || ran.RanAt(c.times) || ran.From.IsZero()) {
			return true, fmt.Sprintf("the agent ran %s (%s)", quoted(ran.Text), trace.Where(ran.Line, "its", ran.Helper)), true
		}
	}
	return false, "", false
}

// othersCommand decides if the text of a command of another agent, or of the session, breaks the rule.
func othersCommand(m Changes, c change) (mine bool, why string, decided bool) {
	for _, ran := range othersWithin(m, c.scope) {
		if ran.Breaks(c.rule) && (len(c.times) == 0 || ran.RanAt(c.times)) {
			return false, fmt.Sprintf("meanwhile %s ran %s", ran.Who(), quoted(ran.Text)), true
		}
	}
	return false, "", false
}

// hidden decides if, at the time of the change, the agent was running a command that hides what it does or bypasses the guard, and nobody else was.
// The time is from the reflog, or else from the file. If the time is unknown, the command must at least name git.
func hidden(m Changes, c change) (mine bool, why string, decided bool) {
	hides := func(ran trace.Command) bool { return ran.Hides != "" && runBy(c, ran) }
	if c.scope == otherWorktree && len(c.times) == 0 || slices.ContainsFunc(othersWithin(m, c.scope), hides) {
		return false, "", false
	}
	at := c.times
	if len(at) == 0 {
		at = c.written
	}
	for _, ran := range m.Guarded {
		if ran.Own && ran.Starts != "" && (len(at) == 0 || ran.RanAt(at, namingWithin)) {
			return true, fmt.Sprintf("the agent ran %s then, which makes git start %s, and the guard does not see what that does", quoted(ran.Text), quoted(ran.Starts)), true
		}
	}
	for _, ran := range m.Own {
		if hides(ran) {
			return true, fmt.Sprintf("the agent was running %s then, which %s (%s)", quoted(ran.Text), ran.Hides, trace.Where(ran.Line, "its", ran.Helper)), true
		}
	}
	return false, "", false
}

// runBy reports whether a command that hides what it does can have made the change, by its time or else by its text.
func runBy(c change, ran trace.Command) bool {
	switch {
	case len(c.times) > 0:
		return ran.RanAt(c.times)
	case len(c.written) > 0 && !ran.From.IsZero():
		return ran.RanAt(c.written)
	}
	return c.scope == ownWorktree || mentions(ran.Text, "git")
}

// plumbed decides about a branch that moved although the worktree that has it checked out did not move it: the reflog of that worktree's HEAD has
// no such move. So the branch was moved from elsewhere. It is charged to the agent if only the agent was running a command then.
func plumbed(m Changes, c change) (mine bool, why string, decided bool) {
	if !c.plumbed {
		return false, "", false
	}
	running := func(ran trace.Command) bool { return ran.RanAt(c.times) }
	own := listed(m.Own, running)
	if own == "" || slices.ContainsFunc(m.Others, running) {
		return false, "", false
	}
	return true, "the reflog of that worktree has no such move, so it was made from elsewhere, and the agent was running " + own + " then", true
}

// wroteThere decides about a change in another worktree. It is charged to the agent if a command of the agent was running then whose text writes
// files there, and nobody else was running one. A command that only ran there is not enough, since people commit in the main worktree while agents
// read in it.
func wroteThere(m Changes, c change) (mine bool, why string, decided bool) {
	running := func(ran trace.Command) bool { return ran.RanAt(c.times) }
	if c.scope != otherWorktree || c.root == "" || m.Sessions || slices.ContainsFunc(m.Others, running) {
		return false, "", false
	}
	own := listed(m.Own, func(ran trace.Command) bool { return running(ran) && ran.WritesIn(c.root, m.Root) })
	return own != "", "the agent was running " + own + " then, which writes files there", own != ""
}

// wasThere lists the commands of the agent that were running in the other worktree that changed, so that a person can judge; "" for none.
func wasThere(m Changes, c change) string {
	if c.scope != otherWorktree || c.root == "" {
		return ""
	}
	own := listed(m.Own, func(ran trace.Command) bool { return ran.RanAt(c.times) && ran.RunsIn(c.root, m.Root) })
	if own == "" {
		return ""
	}
	return "the agent was running " + own + " there then, and nothing shows that this command did it; was it you?"
}

// elsewhere decides that a change in another worktree is not charged to the agent without such a command.
func elsewhere(_ Changes, c change) (mine bool, why string, decided bool) {
	return false, "", c.scope == otherWorktree
}

// shared decides about what all worktrees share. Everyone who works in the repository changes it: people, the host, hook managers. An ordinary
// command that was running then is no evidence, but it is listed so that the person can judge.
func shared(m Changes, c change) (mine bool, why string, decided bool) {
	if c.scope != anyWorktree {
		return false, "", false
	}
	running := func(ran trace.Command) bool { return ran.RanAt(c.times) }
	if own := listed(m.Own, running); own != "" {
		why = "the agent was running " + own + " then, and nothing shows that this command did it; was it you?"
	} else if own := listed(m.Own, func(ran trace.Command) bool { return ran.Hides != "" && len(c.times) == 0 }); own != "" {
		why = "the agent ran " + own + ", which may have done anything, and nothing shows that this command did it; was it you?"
	}
	reasons := []string{why}
	if others := slices.IndexFunc(m.Others, running); others >= 0 {
		reasons = append(reasons, fmt.Sprintf("%s was running %s then", m.Others[others].Who(), quoted(m.Others[others].Text)))
	} else if present := slices.Concat(m.Here, m.Elsewhere); len(present) > 0 {
		reasons = append(reasons, strings.Join(trace.Names(present), " and ")+" worked there too")
	}
	if m.Sessions {
		reasons = append(reasons, "another session worked in this repository too")
	}
	return false, strings.Join(slices.DeleteFunc(reasons, func(r string) bool { return r == "" }), "; "), true
}

// listed lists the commands for which fit is true; "" for none.
func listed(commands []trace.Command, fit func(trace.Command) bool) string {
	var words []string
	for _, ran := range commands {
		if fit(ran) {
			words = append(words, fmt.Sprintf("%s (%s)", quoted(ran.Text), trace.Where(ran.Line, "its", ran.Helper)))
		}
	}
	return quote.Some(words, maxLogged, ", ")
}

// runningAlone decides if, at the time of the change, either the agent or others were running a command, but not both.
func runningAlone(m Changes, c change) (mine bool, why string, decided bool) {
	others := othersWithin(m, c.scope)
	running := func(ran trace.Command) bool { return ran.RanAt(c.times) }
	own, other := listed(m.Own, running), slices.IndexFunc(others, running)
	switch {
	case own != "" && other < 0:
		return true, "the agent was running " + own + " then", true
	case own == "" && other >= 0:
		return false, fmt.Sprintf("%s was running %s then", others[other].Who(), quoted(others[other].Text)), true
	}
	return false, "", false
}

// neverRan decides if the agent had not started any command by then, so that none left in the background can have made the change either. If the
// time of the change is unknown, it decides only if the agent ran no command at all.
func neverRan(m Changes, c change) (mine bool, why string, decided bool) {
	at := slices.Concat(c.times, c.written)
	started := func(ran trace.Command) bool { return len(c.times) == 0 || ran.StartedBy(at) }
	return false, "the agent had run no command by then", m.Traced && !slices.ContainsFunc(m.Own, started)
}

// othersPresent decides if other agents worked where the change can have been made.
func othersPresent(m Changes, _ change) (mine bool, why string, decided bool) {
	return false, strings.Join(trace.Names(m.Here), " and ") + " worked there too", len(m.Here) > 0
}

// othersWithin returns the commands of others that could have made a change of that scope.
func othersWithin(m Changes, s scope) []trace.Command {
	if s != ownWorktree {
		return m.Others
	}
	return slices.DeleteFunc(slices.Clone(m.Others), func(ran trace.Command) bool {
		return !ran.MayConcern(m.Worktree) || m.WorksElsewhere(ran.AgentID)
	})
}

// MovedByAgent returns the evidence that the agent moved the branch with that full name, or HEAD of the main worktree; "" if there is none.
func (m Changes) MovedByAgent(branch string) string {
	for _, c := range m.Changes {
		head := c.Kind == marks.WorktreeHeadMoved && m.Main != "" && string(c.Name) == m.Main
		if !head && (branch == "" || string(c.Name) != branch) {
			continue
		}
		if change, ok := describe(m, c); ok {
			if mine, why := attribute(m, change); mine {
				return change.text + change.log + because(why)
			}
		}
	}
	return ""
}
