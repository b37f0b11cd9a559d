// Package evidence compares what a gate reports with what its transcript shows: which commands ran, where, how they ended, which counts
// their output has, and which files were read. It is pure.
package evidence

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Use is one tool use of a gate's agent.
type Use struct {
	// Tool is the tool's name as the host has it. Command is what Bash was given, Path what Read, Grep or Edit was given.
	Tool, Command, Path string
	// Dir is the folder that the session was in; "" if it is not known.
	Dir string
	// Output is the result, or its beginning and its end.
	Output string
	// Failed: the result is an error, for a command an exit status other than 0. Answered: there is a result.
	Failed, Answered bool
	Time             time.Time
}

// Place is the worktree that a gate is for.
type Place struct {
	// Names are the paths by which a command can name the worktree, absolute or relative.
	Names []string
	// Since is when the work that the gate checks stopped; the zero time if it is not known.
	Since time.Time
}

// Counts are counts of tests. A count that is not known is -1.
type Counts struct{ Passed, Failed, Skipped, Total int }

// unknown are counts of which none is known.
var unknown = Counts{-1, -1, -1, -1}

// Claim is what the result of a gate says about its own work.
type Claim struct {
	// Commands are those that it says it ran.
	Commands []string
	Counts   Counts
	// Reviewed are the files that it says it read.
	Reviewed []string
}

// Kind is what a finding is about.
type Kind int

const (
	// Contradicted means that the transcript shows something else than the result says.
	Contradicted Kind = iota
	// NotShown means that the transcript does not show it.
	NotShown
)

// Finding is one thing in a gate's result that its transcript does not show. Text is what was reported, what was seen and what to do;
// values from agents are quoted.
type Finding struct {
	Kind Kind
	Text string
}

// maxShown bounds the characters of a command or path in a finding.
const maxShown = 160

func show(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > maxShown {
		return strconv.Quote(string(runes[:maxShown])) + "…"
	}
	return strconv.Quote(text)
}

func finding(kind Kind, format string, args ...any) Finding {
	return Finding{kind, fmt.Sprintf(format, args...)}
}

// Tests checks the pass of a gate that runs tests.
func Tests(c Claim, uses []Use, at Place) []Finding {
	uses = slices.DeleteFunc(slices.Clone(uses), func(u Use) bool { return u.Time.Before(at.Since) && !u.Time.IsZero() })
	runs := testRuns(uses, c)
	var findings []Finding
	for _, claimed := range c.Commands {
		if isCommand(claimed) && !slices.ContainsFunc(uses, func(u Use) bool { return u.Tool == "Bash" && matches(claimed, u.Command) }) {
			findings = append(findings, finding(Contradicted, "you report that you ran %s, but your transcript has no such command since the work stopped; run it, or report what you did run", show(claimed)))
		}
	}
	if len(findings) > 0 {
		return findings
	}
	if len(runs) == 0 {
		return []Finding{finding(NotShown, "your transcript shows no test command since the work stopped; run the tests in the worktree and report what they say")}
	}
	for _, r := range latest(runs) {
		if f, bad := r.check(at); bad {
			findings = append(findings, f)
		}
	}
	if len(findings) > 0 {
		return findings
	}
	return disagree(c.Counts, runs)
}

// run is one run of tests.
type run struct {
	Use
	// core is the command without what only changes how its output is shown. A later run of the same core replaces it.
	core string
	// results are what known runners wrote, here and in what the agent read until its next run.
	results []result
	// cd is the folder that an earlier command changed to; "" for none.
	cd string
}

// testRuns are the commands that run tests, with the results that followed each of them.
func testRuns(uses []Use, c Claim) []run {
	var runs []run
	cd := ""
	for _, u := range uses {
		if u.Tool == "Bash" && (isTest(u.Command) || slices.ContainsFunc(c.Commands, func(claimed string) bool {
			return isCommand(claimed) && !isLint(claimed) && matches(claimed, u.Command)
		})) {
			runs = append(runs, run{Use: u, core: core(u.Command), cd: cd, results: parse(u.Output)})
		} else if n := len(runs); n > 0 && showsOutput(u) {
			runs[n-1].results = append(runs[n-1].results, parse(u.Output)...)
		}
		if dir := changesDir(u.Command); dir != "" {
			cd = dir
		}
	}
	return runs
}

// showsOutput reports whether a tool use may show what a command wrote before: a log that is read, or the output of one in the background.
func showsOutput(u Use) bool {
	switch u.Tool {
	case "Read", "BashOutput", "TaskOutput", "Grep":
		return true
	case "Bash":
		return reads(u.Command)
	}
	return false
}

// latest are the last runs of each core, in order.
func latest(runs []run) []run { return lastOfEach(runs, func(r run) string { return r.core }) }

// lastOfEach are the last items with each key, in order.
func lastOfEach[T any](list []T, key func(T) string) (last []T) {
	for i, item := range list {
		if !slices.ContainsFunc(list[i+1:], func(later T) bool { return key(later) == key(item) }) {
			last = append(last, item)
		}
	}
	return last
}

// check tells what a run shows; false if it passed.
func (r run) check(at Place) (Finding, bool) {
	name := show(r.Command)
	if dir, elsewhere := r.elsewhere(at); elsewhere {
		return finding(Contradicted, "%s ran in %s; run it in the worktree %s", name, show(dir), show(at.Names[0])), true
	}
	failed, counted := 0, false
	for _, res := range lastOf(r.results) {
		counted = true
		failed += max(res.counts.Failed, 0)
		if res.failed && failed == 0 {
			failed = 1
		}
	}
	switch {
	case counted && failed > 0:
		return finding(Contradicted, "the gate is passed, but the output of %s says that %d failed; run it again or report FAIL", name, failed), true
	case !r.Answered:
		return finding(NotShown, "%s has no result in your transcript; run it again and wait for its end", name), true
	}
	masked := isMasked(r.Command) || strings.Contains(r.Output, "running in background")
	printed, statuses := r.printedStatus()
	switch {
	case printed && slices.ContainsFunc(statuses, func(n int) bool { return n != 0 }):
		return finding(Contradicted, "the gate is passed, but the exit status that %s printed is not 0; report FAIL, or run it again", name), true
	case !masked && r.Failed:
		return finding(Contradicted, "the gate is passed, but %s failed: its exit status was not 0; report FAIL, or run it again", name), true
	case counted, printed, !masked:
		return Finding{}, false
	}
	return finding(NotShown, "%s hides the exit status of the tests, and its output has no counts of a known test runner; run it without a pipe, || true or a command after it", name), true
}

// elsewhere is the folder in which a run was, if that is not the worktree. If the folder is not known, the run counts as in the worktree.
func (r run) elsewhere(at Place) (dir string, elsewhere bool) {
	if len(at.Names) == 0 || at.named(r.Command) {
		return "", false
	}
	if dir := changesDir(r.Command); path.IsAbs(dir) {
		return dir, !at.holds(dir)
	}
	if r.cd != "" {
		return r.cd, path.IsAbs(r.cd) && !at.holds(r.cd)
	}
	if r.Dir == "" || at.holds(r.Dir) {
		return "", false
	}
	return r.Dir, true
}

// named reports whether a command names the worktree, by its path or by the last part of it.
func (p Place) named(command string) bool {
	return slices.ContainsFunc(p.Names, func(name string) bool { return strings.Contains(command, path.Base(name)) })
}

func (p Place) holds(dir string) bool {
	return slices.ContainsFunc(p.Names, func(name string) bool {
		return dir == name || strings.HasPrefix(dir, strings.TrimSuffix(name, "/")+"/")
	})
}

// lastOf are the last results of each runner.
func lastOf(results []result) []result {
	return lastOfEach(results, func(r result) string { return r.runner })
}

// disagree compares reported counts with those in the output. The report may be about one run or about all of them.
func disagree(claimed Counts, runs []run) []Finding {
	sum, found, exact := Counts{}, "", true
	var each []Counts
	for _, r := range latest(runs) {
		for _, res := range lastOf(r.results) {
			exact = exact && res.exact
			found = res.runner
			each = append(each, res.counts)
			sum.add(res.counts)
		}
	}
	if found == "" || !exact {
		return nil
	}
	if len(each) > 1 {
		each = append(each, sum)
	}
	if slices.ContainsFunc(each, claimed.agrees) {
		return nil
	}
	return []Finding{finding(Contradicted, "you report %s, but the output of %s says %s; report what the last run says", claimed, found, each[len(each)-1])}
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
	passed := same(c.Passed, seen.Passed) || c.Passed == seen.Total
	return passed && same(c.Failed, seen.Failed) && same(c.Skipped, seen.Skipped) && total
}

// String is "45 passed, 0 failed, 2 skipped".
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

// maxUnread bounds the files that one finding names.
const maxUnread = 5

// Review checks the pass of a gate that reads a change. changed are the changed files that are still there, relative to the worktree.
func Review(c Claim, uses []Use, changed []string) []Finding {
	var seen []Use
	for _, u := range uses {
		if u.Answered && !u.Failed && showsContent(u) {
			seen = append(seen, u)
		}
	}
	var unread []string
	for _, name := range union(changed, c.Reviewed) {
		if !slices.ContainsFunc(seen, func(u Use) bool { return u.shows(name) }) {
			unread = append(unread, name)
		}
	}
	if len(unread) == 0 {
		return nil
	}
	var names []string
	for _, name := range unread[:min(maxUnread, len(unread))] {
		names = append(names, show(name))
	}
	more := ""
	if n := len(unread) - len(names); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return []Finding{finding(NotShown, "the transcript does not show that these files were read: %s%s", strings.Join(names, ", "), more)}
}

// union are the names of both lists, each once, as paths that compare.
func union(lists ...[]string) []string {
	var all []string
	for _, name := range slices.Concat(lists...) {
		name = path.Clean(strings.TrimSpace(name))
		known := slices.ContainsFunc(all, func(other string) bool { return other == name || strings.HasSuffix(name, "/"+other) })
		if name != "." && !known {
			all = append(all, name)
		}
	}
	return all
}

// shows reports whether a tool use shows content of the file: it was given the path, or its output names it.
func (u Use) shows(name string) bool {
	if u.Path != "" && (u.Path == name || strings.HasSuffix(u.Path, "/"+name) || strings.HasSuffix(name, "/"+u.Path)) {
		return true
	}
	return u.Tool != "Read" && (strings.Contains(u.Output, name) || strings.Contains(u.Command, name) || strings.Contains(u.Command, "/"+path.Base(name)))
}

// showsContent reports whether a tool use can show what is in files, and not only their names.
func showsContent(u Use) bool {
	switch u.Tool {
	case "Read", "NotebookRead":
		return true
	case "Grep":
		return lineInFile().MatchString(u.Output)
	case "Bash":
		return !listsNames().MatchString(u.Command) || prints().MatchString(onlyNames().ReplaceAllString(u.Command, ""))
	}
	return false
}
