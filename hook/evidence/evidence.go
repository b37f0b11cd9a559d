// Package evidence compares what a gate reports with what its transcript shows: which commands ran, where, how they ended, which counts
// their output has, and which files were read. It is pure but for Place.Read.
package evidence

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stopgate/hook/shell"
)

// Counts are counts of tests. An unknown count is -1.
type Counts struct{ Passed, Failed, Skipped, Total int }

// unknown has no known count.
var unknown = Counts{-1, -1, -1, -1}

// Claim is what a gate's result says about its own work.
type Claim struct {
	// Commands are the commands that it says it ran.
	Commands []string
	Counts   Counts
	// Reviewed are the files that it says it read.
	Reviewed []string
}

// Kind is what a finding is about.
type Kind int

const (
	// Contradicted means that the transcript contradicts the result.
	Contradicted Kind = iota
	// NotShown means that the transcript does not show it.
	NotShown
	// Noted is worth knowing, and the pass counts.
	Noted
)

// Finding is one part of a gate's result that its transcript does not show. Text says what was reported, what was seen and what to do; it quotes
// values from agents.
type Finding struct {
	Kind Kind
	Text string
}

// maxShown is the maximum length of a command or path in a finding, in characters.
const maxShown = 160

func show(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > maxShown {
		return strconv.Quote(string(runes[:maxShown])) + "…"
	}
	return strconv.Quote(text)
}

// NewFinding returns a finding with a text in the form of fmt.Sprintf.
func NewFinding(kind Kind, format string, args ...any) Finding {
	return Finding{kind, fmt.Sprintf(format, args...)}
}

// Tests checks the pass of a gate that runs tests.
func Tests(c Claim, calls []Call, at Place) []Finding {
	calls = slices.DeleteFunc(slices.Clone(calls), func(u Call) bool { return u.Time.Before(at.Since) && !u.Time.IsZero() })
	var claims []shell.Run
	var findings []Finding
	for _, text := range c.Commands {
		claimed := commands(trimmed(text))
		ran := slices.ContainsFunc(calls, func(u Call) bool { return matches(claimed, u.Script) || announces(u, trimmed(text)) })
		if !ran && !isCommand(text) {
			continue
		}
		claims = append(claims, claimed...)
		if !ran {
			findings = append(findings, NewFinding(Contradicted, "you report that you ran %s, but your transcript has no such command since the work stopped; run it, or report what you did run", show(text)))
		}
	}
	if len(findings) > 0 {
		return findings
	}
	if f, part := partial(claims, calls, at); part {
		return []Finding{f}
	}
	runs := testRuns(calls, claims, at)
	if len(runs) == 0 {
		if own := ownScript(calls, claims); own != "" {
			return []Finding{NewFinding(Contradicted, "%s runs no tests: you wrote what it runs, and that runs none; run the project's own tests and report what they say", show(own))}
		}
		return []Finding{NewFinding(NotShown, "your transcript shows no test command since the work stopped; run the tests in the worktree and report what they say; if the project has none, run the usual command for them once and report 0 passed")}
	}
	all := runs
	runs = latest(runs, at)
	for _, r := range runs {
		if f, bad := r.check(at); bad {
			findings = append(findings, f)
		}
	}
	if len(findings) > 0 {
		return findings
	}
	if f, none := ranNone(c.Counts, runs, at); none {
		return []Finding{f}
	}
	if findings = disagree(c.Counts, runs); len(findings) > 0 {
		return findings
	}
	if f, part := selected(runs, at); part {
		findings = append(findings, f)
	}
	if f, none := unshown(c.Counts, runs); none {
		findings = append(findings, f)
	}
	return append(findings, flaky(all, at)...)
}

// announces reports whether a tool use that runs tests printed a command in a line of its own, as make and npm print what they run.
func announces(u Call, command string) bool {
	if !slices.ContainsFunc(u.Script, isTest) {
		return false
	}
	for line := range strings.Lines(u.Output) {
		if strings.TrimLeft(strings.TrimSpace(line), "$> ") == command {
			return true
		}
	}
	return false
}

// flaky returns a note if a run failed that a later one of the same commands replaces, or if a command runs the tests until they pass: the tests fail
// sometimes, or the first run lacked something.
func flaky(runs []run, at Place) []Finding {
	for i, r := range runs {
		_, elsewhere := elsewhere(r, at)
		if r.failed && !elsewhere && slices.ContainsFunc(runs[i+1:], func(later run) bool { return r.replacedBy(later, at) && !later.failed }) {
			return []Finding{NewFinding(Noted, "%s failed before it passed, and the gate may not say why; the tests may be flaky", show(r.Command))}
		}
	}
	for _, r := range runs {
		if r.repeats() {
			return []Finding{NewFinding(Noted, "%s runs the tests until they pass, so they may have failed before; the tests may be flaky", show(r.Command))}
		}
	}
	return nil
}

// ranNone returns a finding if the outputs of all runs say that no test ran, or if none of them is more than a build that nobody asked for; false if a
// test ran, or if the result says that none did.
func ranNone(claimed Counts, runs []run, at Place) (Finding, bool) {
	if claimed.Passed == 0 || claimed.Total == 0 {
		return Finding{}, false
	}
	for _, r := range runs {
		if slices.ContainsFunc(r.results, result.ran) || !r.ranNone() && !slices.ContainsFunc(r.results, result.skipped) && !r.empty() && !r.builds(at) {
			return Finding{}, false
		}
	}
	last := runs[len(runs)-1]
	says := "the output of %s says that no test ran"
	if last.builds(at) {
		says = "%s only builds or checks"
	}
	return NewFinding(NotShown, says+"; run the tests of the project, or report 0 passed if it has none", show(last.Command)), true
}

// unshown returns a note if no test ran, as the result says itself, or if it counts tests and no run shows one.
func unshown(claimed Counts, runs []run) (Finding, bool) {
	if slices.ContainsFunc(runs, run.shows) {
		return Finding{}, false
	}
	switch last := show(runs[len(runs)-1].Command); {
	case claimed.Passed == 0 || claimed.Total == 0:
		return NewFinding(Noted, "no test ran: the gate reports %s, and ran %s", claimed, last), true
	case claimed.Passed > 0 || claimed.Total > 0:
		return NewFinding(Noted, "the gate reports %s, and what %s printed shows no test", claimed, last), true
	}
	return Finding{}, false
}

// disagree compares reported counts with those in the output. The report may be about one run or about all of them.
func disagree(claimed Counts, runs []run) []Finding {
	sum, all, found, exact := Counts{}, Counts{}, "", true
	var each []Counts
	for _, r := range runs {
		for _, res := range lastOf(r.results) {
			exact = exact && res.exact
			found = res.runner
			each = append(append(each, res.each...), res.counts)
			sum.add(res.counts)
			all.add(res.all)
		}
	}
	if found == "" || !exact {
		return nil
	}
	if len(each) > 1 {
		each = append(each, sum)
	}
	if slices.ContainsFunc(append(each, all), claimed.agrees) {
		return nil
	}
	return []Finding{NewFinding(Contradicted, "you report %s, but the output of %s says %s; report what the last run says", claimed, found, each[len(each)-1])}
}

func (c *Counts) add(other Counts) {
	for to, n := range map[*int]int{&c.Passed: other.Passed, &c.Failed: other.Failed, &c.Skipped: other.Skipped, &c.Total: other.Total} {
		*to += max(n, 0)
	}
}

// agrees reports whether no known count differs. A count of all tests may be given with or without the skipped ones.
func (c Counts) agrees(seen Counts) bool {
	same := func(a, b int) bool { return a < 0 || b < 0 || a == b }
	total := c.Total < 0 || seen.Total < 0 || c.Total == seen.Total || c.Total == seen.Total-max(seen.Skipped, 0) || c.Total == seen.Total+max(seen.Skipped, 0)
	passed := same(c.Passed, seen.Passed) || c.Passed == seen.Total && seen.Passed != 0
	return passed && same(c.Failed, seen.Failed) && same(c.Skipped, seen.Skipped) && total
}

// String returns "45 passed, 0 failed, 2 skipped".
func (c Counts) String() string {
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{{c.Passed, "passed"}, {c.Failed, "failed"}, {c.Skipped, "skipped"}} {
		if p.n >= 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	if len(parts) == 0 {
		return fmt.Sprintf("%d tests", max(c.Total, 0))
	}
	return strings.Join(parts, ", ")
}
