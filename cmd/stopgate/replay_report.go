package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"stopgate/hook"
	"stopgate/hook/transcript"
)

// replayReport writes what a replay comes to, as it comes.
type replayReport struct {
	w        io.Writer
	o        replayOptions
	colour   bool
	progress *progress

	stops, files, foreign int
	verdicts              map[hook.Verdict]int
	rejectedFor           map[hook.Rule]int
	skipped               transcript.Skipped
	fromNow               bool // some claims were checked against a worktree as it stands now
	problems              []error
	err                   error
}

func newReplayReport(w io.Writer, o replayOptions, colour bool, p *progress) *replayReport {
	r := &replayReport{w: w, o: o, colour: colour, progress: p, verdicts: map[hook.Verdict]int{}, rejectedFor: map[hook.Rule]int{}}
	if o.format == "json" {
		r.print("[")
	}
	return r
}

func (r *replayReport) problem(err error) { r.problems = append(r.problems, err) }

func (r *replayReport) print(text string) {
	if r.err == nil {
		_, r.err = io.WriteString(r.w, text)
	}
}

// add writes one transcript's stops.
func (r *replayReport) add(one replayed) {
	r.files++
	r.foreign += one.foreign
	r.skipped.Add(one.skipped)
	if one.err != nil {
		r.problem(one.err)
	}
	if len(one.results) > 0 {
		r.progress.clear()
	}
	for _, result := range one.results {
		r.count(result)
		switch r.o.format {
		case "json":
			if r.stops > 1 {
				r.print(",")
			}
			r.print("\n" + result.JSON())
		case "jsonl":
			r.print(result.JSON() + "\n")
		default:
			r.print(r.text(result))
		}
	}
}

func (r *replayReport) count(result hook.Result) {
	r.stops++
	r.verdicts[result.Verdict]++
	r.fromNow = r.fromNow || result.Origin.Checked == hook.AgainstWorktree
	if result.Verdict != hook.Rejected && result.Verdict != hook.Capped {
		return
	}
	rules := map[hook.Rule]bool{}
	for _, f := range result.Findings {
		if f.Severity == hook.Block {
			rules[f.Rule] = true
		}
	}
	for rule := range rules {
		r.rejectedFor[rule]++
	}
}

// text is one stop for people: a line, its findings below it.
func (r *replayReport) text(result hook.Result) string {
	var b strings.Builder
	line := result.Line()
	if r.colour {
		line = strings.Replace(line, string(result.Verdict), paint(result.Verdict), 1)
	}
	b.WriteString(line + "\n")
	for i, f := range result.Findings {
		fmt.Fprintf(&b, "    %-5s %s: %s\n", f.Severity, f.Rule, f.Message)
		if i < len(result.Evidence) {
			g := result.Evidence[i]
			fmt.Fprintf(&b, "          claim: %s; base: %s; seen: %s; transcript lines %s\n", g.Claim, g.Base, g.Seen, numbers(g.Lines))
		}
	}
	return b.String()
}

func paint(v hook.Verdict) string {
	colour := "31" // red
	switch v {
	case hook.Verified:
		colour = "32" // green
	case hook.Incomplete, hook.Declined, hook.Unknown:
		colour = "33" // yellow
	}
	return "\x1b[" + colour + "m" + string(v) + "\x1b[0m"
}

func numbers(lines []int) string {
	if len(lines) == 0 {
		return "none"
	}
	words := make([]string, len(lines))
	for i, n := range lines {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words, ", ")
}

// end writes what stands at the end.
func (r *replayReport) end() error {
	switch r.o.format {
	case "json":
		r.print("\n]\n")
	case "text":
		r.print(r.summary())
	}
	return r.err
}

func (r *replayReport) summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d stops in %d transcripts:", r.stops, r.files)
	for _, v := range []hook.Verdict{hook.Verified, hook.Rejected, hook.Capped, hook.Incomplete, hook.Declined, hook.Violation, hook.Unknown} {
		if n := r.verdicts[v]; n > 0 {
			fmt.Fprintf(&b, " %d %s", n, v)
		}
	}
	b.WriteByte('\n')
	for _, rule := range slices.Sorted(maps.Keys(r.rejectedFor)) {
		fmt.Fprintf(&b, "  %4d sent back for %s\n", r.rejectedFor[rule], rule)
	}
	if r.fromNow {
		b.WriteString("Claims were checked against the worktrees as they stand now, not as they stood then.\n")
	}
	if r.foreign > 0 {
		fmt.Fprintf(&b, "Passed over: %d stops of other agents.\n", r.foreign)
	}
	if n := r.skipped.Total(); n > 0 {
		fmt.Fprintf(&b, "Skipped: %d lines (%s).\n", n, r.skipped)
	}
	return b.String()
}

// status says the same as the report: all verified, some not, or nothing could be judged.
func (r *replayReport) status() int {
	switch {
	case r.stops == 0 && len(r.problems) > 0:
		return exitCannotRun
	case r.verdicts[hook.Verified] < r.stops:
		return exitNot
	default:
		return exitOK
	}
}
