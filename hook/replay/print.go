package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"syscall"
	"time"

	"stopgate/hook/inspect"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/style"
	"stopgate/hook/transcript"
)

// Format is a form in which a Printer writes.
type Format string

// The formats.
const (
	Text  Format = "text"  // for people
	JSON  Format = "json"  // one array of results
	JSONL Format = "jsonl" // one result on a line
)

// Printer writes the outcomes of a replay and counts them for the summary. Every format has the stops in the order of time, so they are kept
// until the end.
type Printer struct {
	w        io.Writer
	format   Format
	style    style.Style
	writeErr error
	rows     []row

	sessions, agents, stops, foreign int
	verdicts                         map[rule.Verdict]int
	corrected                        int // rejected stops of agents that stopped again
	rejectedFor                      map[string]int
	checked                          map[Checked]int
	skipped                          transcript.Skipped
	first, last                      time.Time // of the stops
}

// row is one stop as it is written.
type row struct {
	at   time.Time
	text string
}

// NewPrinter returns a Printer that writes to w; s is how text is written.
func NewPrinter(w io.Writer, format Format, s style.Style) *Printer {
	return &Printer{
		w: w, format: format, style: s,
		verdicts: map[rule.Verdict]int{}, rejectedFor: map[string]int{}, checked: map[Checked]int{},
	}
}

// Print replays the transcripts of those names, and gives their outcomes to the printer. It writes each problem with a transcript to stderr, and
// shows there how far it is, if that is a terminal.
func (p Replayer) Print(ctx context.Context, names []string, to *Printer, stderr io.Writer) {
	sessions, problems := findSessions(names)
	bar := startProgress(stderr, sessions)
	p.Read = bar.add
	report := func(problems []error) {
		for _, problem := range problems {
			bar.clear()
			fmt.Fprintf(stderr, "stopgate replay: %s\n", quote.Lines(problem.Error()))
		}
	}
	report(problems)
	for outcome := range p.sessions(ctx, sessions) {
		bar.session()
		report(outcome.Problems)
		to.Add(outcome)
	}
	bar.stop()
	report(p.Verdicts.unread())
}

func (r *Printer) print(text string) {
	if r.writeErr == nil {
		_, r.writeErr = io.WriteString(r.w, text)
	}
}

// Add takes the stops of one session. It does not write the session's problems.
func (r *Printer) Add(session Outcome) {
	r.agents += session.Agents
	r.foreign += session.Foreign
	r.skipped.Add(session.Skipped)
	if len(session.Results) == 0 {
		return
	}
	r.sessions++
	for _, result := range session.Results {
		r.count(result)
		switch r.format {
		case JSON:
			r.rows = append(r.rows, row{result.Origin.Time, quote.JSON(result)})
		case JSONL:
			r.rows = append(r.rows, row{result.Origin.Time, quote.JSON(result) + "\n"})
		case Text:
			r.rows = append(r.rows, row{result.Origin.Time, r.text(result)})
		}
	}
}

func (r *Printer) count(result Result) {
	r.stops++
	if r.verdicts[result.Verdict]++; result.Verdict == rule.Rejected && !result.last {
		r.corrected++
	}
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
	for _, name := range rule.Names(rule.Of(result.Findings, rule.Block)) {
		r.rejectedFor[name]++
	}
}

// Bounds on the columns of a row, in characters.
const (
	maxProject = 16
	maxAgent   = 28
)

// text is one stop for people: a line, with its findings below.
func (r *Printer) text(result Result) string {
	when := "-"
	if at := result.Origin.Time; !at.IsZero() {
		when = r.style.Time(at)
	}
	task := cmp.Or(quote.Line(quote.Clip(result.Task, quote.MaxTaskShort)), "-")
	var b strings.Builder
	line := fmt.Sprintf("%-20s  %-*s  %-8s  %-*s  %-14s  %s  %5s  %s", when, maxProject, projectText(result.Origin), sessionText(result.Origin),
		maxAgent, agentText(result.Origin), task, r.style.Verdict(result.Verdict, fmt.Sprintf("%-10s", result.Verdict)), provenText(result.Files),
		strings.Join(rule.Names(result.Findings), " "))
	line = r.style.Fit(strings.TrimRight(line, " "))
	b.WriteString(strings.TrimRight(line, " ") + "\n")
	for i, f := range result.Findings {
		fmt.Fprintf(&b, "    %-5s  %s: %s\n", f.Severity, f.Rule, f.Message)
		if i < len(result.Evidence) {
			g := result.Evidence[i]
			fmt.Fprintf(&b, "           claim  %s\n           base   %s\n           seen   %s\n           lines  %s\n", g.Claim, g.Base, g.Seen, numbers(g.Lines))
		}
	}
	if result.Origin.Checked == AgainstTranscript || result.Origin.Checked == AgainstCommits {
		for _, f := range result.Files {
			fmt.Fprintf(&b, "    %s\n", fileText(f))
		}
	}
	return r.style.Wrap(b.String())
}

// projectText returns the name of a project's folder, and sessionText the beginning of a session's id.
func projectText(o Origin) string {
	name := o.Project[strings.LastIndexAny(o.Project, `/\`)+1:]
	return cmp.Or(quote.Line(quote.Clip(name, maxProject-1)), "-")
}

func sessionText(o Origin) string { return cmp.Or(quote.Line(quote.ClipBytes(o.SessionID, 8)), "-") }

// agentText returns an agent for people: its name without a namespace, "agent" if it is not recorded, and the beginning of its id.
func agentText(o Origin) string {
	name := quote.Clip(cmp.Or(launch.BaseName(o.AgentType), "agent"), quote.MaxName)
	return quote.Line(name + " " + quote.ClipBytes(o.AgentID, quote.ShortID))
}

// provenText returns how many of the claimed files were changed: "1/2".
func provenText(files []inspect.File) string {
	var proven, claimed int
	for _, f := range files {
		if f.Claimed {
			claimed++
		}
		if f.Claimed && f.Proof != inspect.Unproven {
			proven++
		}
	}
	return fmt.Sprintf("%d/%d", proven, claimed)
}

// fileText is one claim, and what proves it.
func fileText(f inspect.File) string {
	word := "unproven"
	switch f.Proof {
	case inspect.ByGit:
		word = "proven by git"
	case inspect.ByTranscript:
		word = "proven by transcript"
	case inspect.ByCommit:
		word = "proven by commit " + f.Commit
	case inspect.ByRecord:
		word = "proven when the agent stopped"
	case inspect.Unproven:
	}
	return word + ": " + quote.String(f.Path, quote.MaxPath)
}

func numbers(lines []int) string {
	words := quote.Each(lines, func(n int) string { return fmt.Sprint(n) })
	return cmp.Or(strings.Join(words, ", "), "none")
}

// End writes what was kept, in the order of time, and the summary of a text. It returns the first error of writing, unless the reader has
// closed the pipe: then it has read enough.
func (r *Printer) End() error {
	slices.SortStableFunc(r.rows, func(a, b row) int { return a.at.Compare(b.at) })
	for i, row := range r.rows {
		if r.format == JSON {
			r.print(cmp.Or(map[bool]string{true: "[\n"}[i == 0], ",\n"))
		}
		r.print(row.text)
	}
	switch {
	case r.format == JSON && r.stops == 0:
		r.print("[]\n")
	case r.format == JSON:
		r.print("\n]\n")
	case r.format == Text && r.stops > 0:
		r.print(r.summary())
	}
	if r.writeErr != nil && !errors.Is(r.writeErr, syscall.EPIPE) {
		return fmt.Errorf("writing the result: %w", r.writeErr)
	}
	return nil
}

// NothingJudged returns the reason why no stop was judged; "" if one was.
func (r *Printer) NothingJudged() string {
	if r.stops > 0 {
		return ""
	}
	return cmp.Or(strings.Join(r.leftOut(), "; "), "no stop of a coding agent was found")
}

// AllVerified reports whether every stop that was judged is verified.
func (r *Printer) AllVerified() bool { return r.verdicts[rule.Verified] == r.stops }

// summary counts the stops: what is proven, what is suspicious, and what is only not known.
func (r *Printer) summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s of %s in %s%s\n", quote.Plural(r.stops, "stop"), quote.Plural(r.agents, "agent"), quote.Plural(r.sessions, "session"), r.period())
	final := maps.Clone(r.verdicts)
	final[rule.Rejected] -= r.corrected
	line := func(n int, v rule.Verdict, more string) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprintf("%6d  %s%s\n", n, r.style.Verdict(v, string(v)), more)
	}
	group := func(title string, verdicts ...rule.Verdict) {
		if lines := strings.Join(quote.Each(verdicts, func(v rule.Verdict) string { return line(final[v], v, "") }), ""); lines != "" {
			b.WriteString(title + "\n" + lines)
		}
	}
	b.WriteString(line(final[rule.Verified], rule.Verified, "") + line(r.corrected, rule.Rejected, ", and the agent went on"))
	group("suspicious: the report contradicts the evidence", rule.Rejected, rule.Capped, rule.Violation)
	group("unfinished, as the agent says", rule.Incomplete, rule.Declined)
	group("unknown: no evidence is left", rule.Unknown)
	if len(r.rejectedFor) > 0 {
		b.WriteString("rejected or capped for\n")
		byCount := func(a, b string) int {
			return cmp.Or(r.rejectedFor[b]-r.rejectedFor[a], cmp.Compare(a, b))
		}
		for _, rule := range slices.SortedFunc(maps.Keys(r.rejectedFor), byCount) {
			fmt.Fprintf(&b, "%6d  %s\n", r.rejectedFor[rule], rule)
		}
	}
	for _, by := range []struct {
		checked Checked
		how     string
	}{
		{AgainstJournal, "judged when the agent stopped, from the journal"},
		{AgainstCommits, "checked against what was committed since"},
		{AgainstWorktree, "checked against a worktree as it is now, not as it was then"},
		{AgainstTranscript, "checked against the transcript alone: there is no usable worktree, and no commit contains the work"},
	} {
		if n := r.checked[by.checked]; n > 0 {
			fmt.Fprintf(&b, "%s %s\n", quote.Plural(n, "stop"), by.how)
		}
	}
	for _, what := range r.leftOut() {
		b.WriteString(what + "\n")
	}
	return r.style.Wrap(b.String())
}

// leftOut lists what was found but not judged: stops of other agents, lines that could not be read.
func (r *Printer) leftOut() []string {
	var said []string
	if r.foreign > 0 {
		said = append(said, "skipped "+quote.Plural(r.foreign, "stop")+" of other agents")
	}
	if n := r.skipped.Total(); n > 0 {
		said = append(said, fmt.Sprintf("skipped %s (%s)", quote.Plural(n, "line"), r.skipped))
	}
	return said
}

// period returns ", 2026-11-02 to 2026-11-23"; "" if no stop has a time.
func (r *Printer) period() string {
	from, to := r.style.Day(r.first), r.style.Day(r.last)
	switch {
	case r.first.IsZero():
		return ""
	case from == to:
		return ", " + from
	}
	return ", " + from + " to " + to
}
