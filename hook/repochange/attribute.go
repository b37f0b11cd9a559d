package repochange

import (
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/trace"
)

// proof decides whether the agent made a change and says what shows that. decided is false where it cannot.
type proof func(m Changes, c change) (mine bool, why string, decided bool)

// attribute decides whether the agent made a change: by the first proof that decides. why is "" where nothing is known.
func (m Changes) attribute(c change) (mine bool, why string) {
	for _, p := range []proof{ownCommand, othersCommand, elsewhere, runningAlone, neverRan, othersPresent, othersSession} {
		if mine, why, decided := p(m, c); decided {
			return mine, why
		}
	}
	return true, "no other agent was at work there"
}

// ownCommand: a command of the agent breaks the rule by its text.
func ownCommand(m Changes, c change) (mine bool, why string, decided bool) {
	for _, ran := range m.Own {
		named := c.scope != otherWorktree || c.name != "" && strings.Contains(ran.Text, c.name)
		if ran.Breaks(c.rule) && named && (len(c.times) == 0 || ran.RanAt(c.times) || ran.From.IsZero()) {
			return true, fmt.Sprintf("the agent ran %s (%s)", quoted(ran.Text), trace.Where(ran.Line, "its", ran.Hand)), true
		}
	}
	return false, "", false
}

// othersCommand: a command of another agent, or of the session, breaks the rule by its text.
func othersCommand(m Changes, c change) (mine bool, why string, decided bool) {
	for _, ran := range m.othersWithin(c.scope) {
		if ran.Breaks(c.rule) && (len(c.times) == 0 || ran.RanAt(c.times)) {
			return false, fmt.Sprintf("meanwhile %s ran %s", ran.Who(), quoted(ran.Text)), true
		}
	}
	return false, "", false
}

// elsewhere: a change in another worktree, without such a command, does not point to the agent.
func elsewhere(_ Changes, c change) (mine bool, why string, decided bool) {
	return false, "", c.scope == otherWorktree
}

// runningAlone: at the time of the change a command was running, of the agent or of others but not of both.
func runningAlone(m Changes, c change) (mine bool, why string, decided bool) {
	others := m.othersWithin(c.scope)
	running := func(ran trace.Command) bool { return ran.RanAt(c.times) }
	own, other := slices.IndexFunc(m.Own, running), slices.IndexFunc(others, running)
	switch {
	case own >= 0 && other < 0:
		return true, fmt.Sprintf("the agent was running %s then (%s)", quoted(m.Own[own].Text), trace.Where(m.Own[own].Line, "its", m.Own[own].Hand)), true
	case own < 0 && other >= 0:
		return false, fmt.Sprintf("%s was running %s then", others[other].Who(), quoted(others[other].Text)), true
	}
	return false, "", false
}

// neverRan: the agent had started no command by then, so not even one that it left in the background can have made the change. Where the
// time of the change is not known, it is enough that the agent ran any command.
func neverRan(m Changes, c change) (mine bool, why string, decided bool) {
	started := func(ran trace.Command) bool { return len(c.times) == 0 || ran.StartedBy(c.times) }
	return false, "the agent had run no command by then", m.Traced && !slices.ContainsFunc(m.Own, started)
}

// othersPresent: other agents worked where the change can have been made.
func othersPresent(m Changes, c change) (mine bool, why string, decided bool) {
	present := m.Here
	if c.scope == anyWorktree {
		present = slices.Concat(m.Here, m.Elsewhere)
	}
	return false, strings.Join(trace.Names(present), " and ") + " worked there too", len(present) > 0
}

// othersSession: another session worked in the repository.
func othersSession(m Changes, c change) (mine bool, why string, decided bool) {
	return false, "another session worked in this repository too", c.scope == anyWorktree && m.Sessions
}

// othersWithin are the commands of others that could have made a change of that scope.
func (m Changes) othersWithin(s scope) []trace.Command {
	if s != ownWorktree {
		return m.Others
	}
	return slices.DeleteFunc(slices.Clone(m.Others), func(ran trace.Command) bool {
		return !ran.MayConcern(m.Worktree) || m.WorksElsewhere(ran.AgentID)
	})
}
