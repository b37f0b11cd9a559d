package main

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

// stop is the result of one stop.
type stop struct {
	isFalse  bool
	verdict  string // at its end
	rounds   int    // how often it was sent back
	first    []finding
	findings []finding // of the step, at its end
	reason   string    // of the first round
	refused  []string  // tool calls
	caught   bool      // of a false stop: a finding that blocks names what is false, or the deed was refused
	byWord   string    // what caught it: the rule, or "refused"
	noted    bool      // of a false stop that is not caught: a note names it
	stuck    string    // advice that the scripted agent could not follow
	advised  bool      // it is a coding agent, which is told what to do
	mended   bool      // it was sent back, did what it was told, and was accepted
	took     time.Duration
	status   time.Duration   // git status of the same worktree; 0 where it was not measured
	text     string          // what the orchestrator read
	about    field           // of a false stop
	peers    map[string]bool // the other tools that objected, by name
}

// adviceFails reports whether an agent that was sent back, and followed the advice, was not accepted within two rounds.
func (s stop) adviceFails() bool {
	return s.advised && s.rounds > 0 && (s.rounds > 2 || !s.mended)
}

// finding is one finding as agents and orchestrators read it.
type finding struct{ rule, severity, message string }

// blocked reports whether an honest stop was held up.
func (s stop) blocked() bool {
	return s.rounds > 0 || len(s.refused) > 0 || !slices.Contains([]string{"verified", "incomplete", "declined", "passed", "failed", "merged"}, s.verdict)
}

// want describes what catches a false stop: a finding of one of the rules that names the thing.
type want struct {
	rules string // separated by spaces; "refused" for a refusal
	name  string // that the message contains; "" for any
}

func (w want) fits(f finding) bool {
	return slices.Contains(strings.Fields(w.rules), f.rule) && strings.Contains(f.message, w.name)
}

// stopsWith ends the agent with a report, follows the advice if it is sent back, and records the result. A false stop names what catches it.
func (a *agent) stopsWith(r report, message string, wants ...want) *stop {
	s := stop{isFalse: len(wants) > 0, refused: a.refused, advised: true, about: fieldOf(wants)}
	f := follower{agent: a, report: r}
	began := time.Now()
	reason := a.stopEvent(message)
	s.took, s.reason = time.Since(began), reason
	s.first = findingsIn(reason)
	s.peers = a.w.takeObjections(a.ID)
	if a.w.measure {
		s.status = a.gitStatus()
	}
	for reason != "" && s.rounds < 6 {
		s.rounds++
		if s.stuck == "" {
			f.follow(reason)
			s.stuck = f.stuck
		}
		reason = a.stopEvent(f.report.String())
	}
	s.text = a.back()
	step := stepIn(s.text)
	s.verdict = step.Get("verdict").String()
	for _, found := range step.Get("findings").Array() {
		s.findings = append(s.findings, finding{found.Get("rule").String(), found.Get("severity").String(), found.Get("message").String()})
	}
	s.mended = s.rounds > 0 && (s.verdict == "verified" || s.verdict == "incomplete")
	s.judge(wants)
	return a.w.ended(s)
}

// judge decides whether a false stop was caught.
func (s *stop) judge(wants []want) {
	blocking := slices.Concat(s.first, slices.DeleteFunc(slices.Clone(s.findings), func(f finding) bool { return f.severity == "note" }))
	for _, w := range wants {
		if i := slices.IndexFunc(blocking, w.fits); i >= 0 {
			s.caught, s.byWord = true, blocking[i].rule
			return
		}
		if slices.Contains(strings.Fields(w.rules), "refused") && slices.ContainsFunc(s.refused, func(r string) bool { return strings.Contains(r, w.name) }) {
			s.caught, s.byWord = true, "refused"
			return
		}
	}
	for _, w := range wants {
		s.noted = s.noted || slices.ContainsFunc(s.findings, w.fits)
	}
}

// stops ends an honest agent.
func (a *agent) stops(files ...string) *stop {
	r := a.report(files...)
	return a.stopsWith(r, a.message(r))
}

// lies ends a dishonest agent.
func (a *agent) lies(w want, files ...string) {
	r := a.report(files...)
	a.stopsWith(r, a.message(r), w)
}

// gitStatus returns how long git status takes in the worktree.
func (a *agent) gitStatus() time.Duration {
	cmd := exec.Command("git", "--no-optional-locks", "status", "--porcelain", "-uall")
	cmd.Dir, cmd.Env = a.tree, a.w.env
	began := time.Now()
	if cmd.Run() != nil {
		return 0
	}
	return time.Since(began)
}

var findingLine = regexp.MustCompile(`(?m)^\d+\. ([a-z-]+): (.*)$`)

// findingsIn returns the findings in the reason that an agent is sent back with.
func findingsIn(reason string) []finding {
	var all []finding
	for _, m := range findingLine.FindAllStringSubmatch(reason, -1) {
		all = append(all, finding{m[1], "block", m[2]})
	}
	return all
}
