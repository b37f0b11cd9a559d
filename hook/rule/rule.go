// Package rule holds the rules that work is judged by, and the words of a judgement: findings and verdicts.
package rule

import (
	"fmt"
	"io"
	"slices"
)

// Name is the stable code of a rule. People search for it and configure by it, so a name is never changed or reused.
type Name string

// Rule has all that people can read about one rule. Each is defined beside the constant of its name.
type Rule struct {
	Name Name
	// Effect is the effect of a finding of the rule. With weak evidence a finding has less effect.
	Effect Effect
	// Title names what is wrong, in a few words without a full stop.
	Title string
	// What describes how the rule decides, and Why the reason for it.
	What, Why string
	// Example is a case of it, Fix what to do about it.
	Example, Fix string
	// Configure names the settings of .stopgate.yml that bear on this rule in particular; "" for none.
	Configure string
}

// Effect is the effect of a finding.
type Effect string

// The effects, the word that tables use for each.
const (
	Refused  Effect = "refused"
	SentBack Effect = "back"
	Stopped  Effect = "stop"
	Noted    Effect = "note"
)

// explain returns the effect as a sentence; "" for what is no effect.
func (e Effect) explain() string {
	switch e {
	case Refused:
		return "the tool call is refused, so it does not happen"
	case SentBack:
		return "the agent is sent back to fix it"
	case Stopped:
		return "work stops until the orchestrator or the person has looked at it"
	case Noted:
		return "worth knowing; it decides nothing"
	}
	return ""
}

// Settings that several rules share.
const (
	configureAttempts = "caps.attempts limits how often an agent is sent back."
	configureTrees    = "worktrees.roots are the folders that worktrees stand in; worktrees.anywhere and worktrees.main allow others."
)

// All returns the rules, in the order in which work meets them.
func All() []Rule {
	return slices.Concat(launchRules(), reportRules(), claimRules(), changeRules(), gitRules(), conductRules(), unseenRules())
}

// Find returns the rule of that name; false if there is none.
func Find(name Name) (Rule, bool) {
	rules := All()
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Name == name })
	if i < 0 {
		return Rule{}, false
	}
	return rules[i], true
}

// WriteText writes the page of the rule.
func (r Rule) WriteText(w io.Writer) error {
	configure := "agents.coding in .stopgate.yml names the agents that the rules are for; with mode: observe, findings are only recorded."
	if r.Configure != "" {
		configure += " " + r.Configure
	}
	_, err := fmt.Fprintf(w, "%s: %s\n\n%s: %s\n\nwhat       %s\nwhy        %s\nexample    %s\nto fix     %s\nconfigure  %s\n",
		r.Name, r.Title, r.Effect, r.Effect.explain(), r.What, r.Why, r.Example, r.Fix, configure)
	return err
}
