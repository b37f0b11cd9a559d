package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode"

	"stopgate/hook/replay"
	"stopgate/hook/rule"
	"stopgate/hook/transcript"
)

// replayReport writes what a replay comes to, as it comes.
type replayReport struct {
	w, errors io.Writer
	o         replayOptions
	colour    bool
	progress  *progress
	writeErr  error

	sessions, agents, stops, foreign int
	verdicts                         map[rule.Verdict]int
	rejectedFor                      map[rule.Name]int
	checked                          map[replay.Checked]int
	skipped                          transcript.Skipped
	first, last                      time.Time // of the stops
}

func newReplayReport(c command, o replayOptions, p *progress) *replayReport {
	return &replayReport{
		w: c.stdout, errors: c.stderr, o: o, colour: c.colour(), progress: p,
		verdicts: map[rule.Verdict]int{}, rejectedFor: map[rule.Name]int{}, checked: map[replay.Checked]int{},
	}
}

// problems says what could not be read.
func (r *replayReport) problems(problems []error) {
	for _, problem := range problems {
		r.progress.clear()
		fmt.Fprintf(r.errors, "stopgate replay: %s\n", printable(problem.Error()))
	}
}

// printable is text without what could move a terminal's cursor or hide what stands around it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

func (r *replayReport) print(text string) {
	if r.writeErr == nil {
		_, r.writeErr = io.WriteString(r.w, text)
	}
}

// add writes one session's stops.
func (r *replayReport) add(session replayed) {
	r.problems(session.problems)
	r.agents += session.agents
	r.foreign += session.foreign
	r.skipped.Add(session.skipped)
	if len(session.results) == 0 {
		return
	}
	r.sessions++
	r.progress.clear()
	for _, result := range session.results {
		r.count(result)
		switch r.o.format {
		case "json":
			r.print(cmp.Or(map[bool]string{true: "[\n"}[r.stops == 1], ",\n") + result.JSON())
		case "jsonl":
			r.print(result.JSON() + "\n")
		default:
			r.print(r.text(result))
		}
	}
}

func (r *replayReport) count(result replay.Result) {
	r.stops++
	r.verdicts[result.Verdict]++
	r.checked[result.Origin.Checked]++
	if at := result.Origin.Time; !at.IsZero() {
		if r.first.IsZero() || at.Before(r.first) {
			r.first = at
		}
		if at.After(r.last) {
			r.last = at
		}
	}
	if result.Verdict != rule.Rejected && result.Verdict != rule.Capped {
		return
	}
	rules := map[rule.Name]bool{}
	for _, f := range result.Findings {
		if f.Severity == rule.Block && !rules[f.Rule] {
			rules[f.Rule] = true
			r.rejectedFor[f.Rule]++
		}
	}
}

// text is one stop for people: a line, its findings below it.
func (r *replayReport) text(result replay.Result) string {
	row := result.Row()
	when := "-"
	if !row.Time.IsZero() {
		when = row.Time.Format("2006-01-02 15:04:05Z")
	}
	rules := make([]string, len(row.Rules))
	for i, rule := range row.Rules {
		rules[i] = string(rule)
	}
	var b strings.Builder
	line := fmt.Sprintf("%-20s  %-28s  %-14s  %s  %5s  %s", when, row.Agent, cmp.Or(row.Task, "-"),
		r.paint(row.Verdict, fmt.Sprintf("%-10s", row.Verdict)), fmt.Sprintf("%d/%d", row.Proven, row.Claimed), strings.Join(rules, " "))
	b.WriteString(strings.TrimRight(line, " ") + "\n")
	for i, f := range result.Findings {
		fmt.Fprintf(&b, "    %-5s  %s: %s\n", f.Severity, f.Rule, f.Message)
		if i < len(result.Evidence) {
			g := result.Evidence[i]
			fmt.Fprintf(&b, "           claim  %s\n           base   %s\n           seen   %s\n           lines  %s\n", g.Claim, g.Base, g.Seen, numbers(g.Lines))
		}
	}
	for _, f := range row.Files {
		fmt.Fprintf(&b, "    %s\n", replay.FileText(f))
	}
	return b.String()
}

// paint colours text by a verdict.
func (r *replayReport) paint(v rule.Verdict, text string) string {
	if !r.colour {
		return text
	}
	colour := "31" // red
	switch v {
	case rule.Verified:
		colour = "32" // green
	case rule.Incomplete, rule.Declined, rule.Unknown:
		colour = "33" // yellow
	case rule.Rejected, rule.Capped, rule.Violation:
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func numbers(lines []int) string {
	words := make([]string, len(lines))
	for i, n := range lines {
		words[i] = fmt.Sprint(n)
	}
	return cmp.Or(strings.Join(words, ", "), "none")
}

// end writes what stands at the end, and returns the exit status that says the same: all verified, some not, or nothing judged.
func (r *replayReport) end() int {
	switch {
	case r.o.format == "json" && r.stops == 0:
		r.print("[]\n")
	case r.o.format == "json":
		r.print("\n]\n")
	case r.o.format == "text" && r.stops > 0:
		r.print(r.summary())
	}
	switch {
	case r.writeErr != nil && !errors.Is(r.writeErr, syscall.EPIPE): // a reader that has closed the pipe has read enough
		fmt.Fprintf(r.errors, "stopgate replay: writing the result: %v\n", r.writeErr)
		return exitCannotRun
	case r.stops == 0:
		fmt.Fprintf(r.errors, "stopgate replay: nothing was judged: %s\n", cmp.Or(strings.Join(r.leftOut(), "; "), "no stop of a coding agent was found"))
		return exitCannotRun
	case r.verdicts[rule.Verified] < r.stops:
		return exitNot
	default:
		return exitOK
	}
}

// verdictOrder is the order of the summary.
var verdictOrder = [...]rule.Verdict{
	rule.Verified, rule.Rejected, rule.Capped, rule.Incomplete, rule.Declined, rule.Violation, rule.Unknown,
}

func (r *replayReport) summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s of %s in %s%s\n", count(r.stops, "stop"), count(r.agents, "agent"), count(r.sessions, "session"), r.period())
	for _, v := range verdictOrder {
		if n := r.verdicts[v]; n > 0 {
			fmt.Fprintf(&b, "%6d  %s\n", n, r.paint(v, string(v)))
		}
	}
	if len(r.rejectedFor) > 0 {
		b.WriteString("rejected or capped for\n")
		byCount := func(a, b rule.Name) int {
			return cmp.Or(r.rejectedFor[b]-r.rejectedFor[a], cmp.Compare(a, b))
		}
		for _, rule := range slices.SortedFunc(maps.Keys(r.rejectedFor), byCount) {
			fmt.Fprintf(&b, "%6d  %s\n", r.rejectedFor[rule], rule)
		}
	}
	if n := r.checked[replay.AgainstWorktree]; n > 0 {
		fmt.Fprintf(&b, "%s checked against a worktree as it stands now, not as it stood then\n", count(n, "stop"))
	}
	if n := r.checked[replay.AgainstTranscript]; n > 0 {
		fmt.Fprintf(&b, "%s checked against the transcript alone: no usable worktree is there now\n", count(n, "stop"))
	}
	for _, what := range r.leftOut() {
		b.WriteString(what + "\n")
	}
	return b.String()
}

// leftOut says what was found and not judged: stops of other agents, lines that could not be read.
func (r *replayReport) leftOut() []string {
	var said []string
	if r.foreign > 0 {
		said = append(said, "skipped "+count(r.foreign, "stop")+" of other agents")
	}
	if n := r.skipped.Total(); n > 0 {
		said = append(said, fmt.Sprintf("skipped %s (%s)", count(n, "line"), r.skipped))
	}
	return said
}

// period is ", 2026-11-02 to 2026-11-23"; "" where no stop has a time.
func (r *replayReport) period() string {
	from, to := r.first.Format(time.DateOnly), r.last.Format(time.DateOnly)
	switch {
	case r.first.IsZero():
		return ""
	case from == to:
		return ", " + from
	}
	return ", " + from + " to " + to
}

// count is "1 stop", "2 stops".
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
