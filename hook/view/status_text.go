package view

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/quote"
	"stopgate/hook/step"
	"stopgate/hook/style"
)

// Bounds on the columns of a status, in characters.
const (
	maxTaskColumn = 24
	maxTreeColumn = 48
	maxGateColumn = 28
	maxPathColumn = 100
)

// WriteText writes the status for people: for each task a line, what its gates say, and what it waits for.
func (s Status) WriteText(w io.Writer) error {
	var b strings.Builder
	width := 0
	for _, t := range s.Tasks {
		width = max(width, utf8.RuneCountInString(shown(t.Task, maxTaskColumn)))
	}
	for _, t := range s.Tasks {
		line := fmt.Sprintf("%s  %s  %s", s.style.Paint(style.Strong, padded(shown(t.Task, maxTaskColumn), width)), paintedPhase(t, s.style), where(t))
		b.WriteString(s.style.Fit(line) + "\n")
		indent := strings.Repeat(" ", width)
		detail := func(label, text string) {
			if text != "" {
				fmt.Fprintf(&b, "%s  %-5s %s\n", indent, label, text)
			}
		}
		detail("gates", gateLine(t))
		if len(t.Override) > 0 {
			detail("merge", "allowed by you, with this open: "+strings.Join(step.OpenWords(t.Override), "; "))
		}
		detail("tree", caveat(t.Tree, passed(t)))
		if waits := waiting(t, s.At, s.style); waits != "" {
			fmt.Fprintf(&b, "%s  %s\n", indent, waits)
		}
	}
	b.WriteString(remark(s))
	if len(s.Gone) > 0 {
		first, omitted := quote.First(s.Gone, maxSuggested)
		fmt.Fprintf(&b, "left out, because the worktree is gone: %s%s (--all lists them; stopgate close ends a task)\n", shownAll(first), quote.AndMore(omitted))
	}
	if s.Mode == config.Observe {
		b.WriteString("mode observe: nothing is blocked\n")
	}
	_, err := io.WriteString(w, s.style.Wrap(b.String()))
	return err
}

// remark returns the text below the tasks, or instead of them.
func remark(s Status) string {
	switch done := quote.Plural(s.DoneOmitted, "task") + " done (--all lists them)\n"; {
	case s.DoneOmitted > 0 && len(s.Tasks) == 0:
		return "no open task; " + done
	case s.DoneOmitted > 0:
		return "\nand " + done
	case len(s.Tasks) == 0 && len(s.Gone) > 0:
		return "no open task with a worktree\n"
	case len(s.Tasks) == 0:
		return "no task is recorded for " + shown(s.Repository, maxPathColumn) + "\n"
	}
	return ""
}

// WriteGates writes for people why each gate of the tasks must or need not run: which files need it, and its state.
func (s Status) WriteGates(w io.Writer) error {
	var b strings.Builder
	for _, t := range s.Tasks {
		writeGates(t, &b, s.At, s.style)
	}
	_, err := io.WriteString(w, s.style.Wrap(b.String()))
	return err
}

func writeGates(t TaskStatus, b *strings.Builder, now time.Time, look style.Style) {
	fmt.Fprintf(b, "%s\nworktree  %s\nphase     %s%s\n", look.Paint(style.Strong, "task      "+shown(t.Task, quote.MaxTask)), where(t), t.Phase, ago(", since ", t.Since, now, look))
	if t.Coder.ID != "" {
		fmt.Fprintf(b, "coder     %s %s\n", shown(t.Coder.Type, quote.MaxName), shown(t.Coder.ID, quote.MaxName))
	}
	if caveat := caveat(t.Tree, passed(t)); caveat != "" {
		fmt.Fprintf(b, "tree      %s\n", caveat)
	}
	for _, g := range t.Gates {
		fmt.Fprintf(b, "\n%s: %s\n", shown(g.Gate, quote.MaxName), sentence(g, t.Phase, t.Tree))
		for _, issue := range g.Issues {
			fmt.Fprintf(b, "  blocks   %s\n", quote.String(issue, maxPathColumn))
		}
		for _, f := range g.AskedBy {
			fmt.Fprintf(b, "  %-*s %s\n", max(maxKindColumn, len(f.Kind)), shown(f.Kind, quote.MaxName), shown(f.Path, maxPathColumn))
		}
		if len(g.AskedBy) == 0 {
			b.WriteString("  " + unasked(g, t.Phase) + "\n")
		}
	}
	if len(t.Gates) == 0 {
		b.WriteString("\nno gate: " + ungated(t) + "\n")
	}
	b.WriteString("\n" + cmp.Or(waiting(t, now, look), "waiting for nothing") + "\n")
}

const maxKindColumn = 14 // characters; the longest kind that is known without a configuration

func where(t TaskStatus) string {
	if t.Worktree == "" {
		return "(worktree unknown)"
	}
	return shown(t.Worktree, maxTreeColumn)
}

// passed reports whether a gate has passed, for this tree or another.
func passed(t TaskStatus) bool {
	return slices.ContainsFunc(t.Gates, func(g GateStatus) bool { return g.Standing == gates.StandingPass || g.Standing == gates.StandingVoid })
}

// caveat says that passes were not compared with the present tree; "" if they were, or if there are none.
func caveat(s TreeStatus, passed bool) string {
	if s.Now || !passed {
		return ""
	}
	return "not checked now: " + s.Why
}

// gateLine describes the gates in one line.
func gateLine(t TaskStatus) string {
	parts := make([]string, 0, len(t.Gates))
	for _, g := range t.Gates {
		part := shown(g.Gate, maxGateColumn) + " " + word(g)
		switch {
		case g.Attempts > 1:
			part += fmt.Sprintf(" (run %d times)", g.Attempts)
		case g.Attempts == 1 && g.Standing != gates.StandingPass:
			part += " (run once)"
		}
		if !g.Needed {
			part += " (not needed)"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// word returns the standing for people.
func word(g GateStatus) string {
	switch {
	case g.Standing == gates.StandingNotRun && g.Attempts > 0:
		return "not run again"
	case g.Standing == gates.StandingNotRun:
		return "not run"
	case g.Standing == gates.StandingNoResult:
		return "no result"
	}
	return string(g.Standing)
}

// sentence returns the state of the gate, and whether it must run.
func sentence(g GateStatus, phase gates.Phase, tree TreeStatus) string {
	text := word(g) + map[gates.Standing]string{
		gates.StandingPass:     " on the current tree",
		gates.StandingRunning:  "",
		gates.StandingNoResult: ": it must run again, because it ended without one or the worktree changed while it ran",
		gates.StandingVoid:     ": it must run again, because the worktree changed after it passed",
		gates.StandingFail:     ": the work goes back to the coding agent",
		gates.StandingNotRun:   ": it must run now",
	}[g.Standing]
	switch {
	case g.Standing == gates.StandingPass && !tree.Now:
		text = word(g) + " on the tree that was last seen"
	case g.Standing == gates.StandingVoid && tree.Fingerprint == "":
		text = word(g) + ": it must run again, because the worktree could not be compared with the one that passed"
	case !g.Needed:
		text = word(g) + ": not needed"
	case g.Standing == gates.StandingNotRun && phase == gates.Gate1 && !g.Blocking:
		text = word(g) + ": it runs after the blocking gates"
	case g.Standing == gates.StandingNotRun && phase != gates.Gate1 && phase != gates.Gate2:
		text = word(g) + ": it runs when the work is back with the gates"
	}
	if g.Needed && g.Blocking {
		text += " (blocking)"
	}
	if g.Attempts > 0 {
		text += "; " + quote.Plural(g.Attempts, "result")
	}
	return text
}

// unasked returns the reason why no file needs a gate.
func unasked(g GateStatus, phase gates.Phase) string {
	switch {
	case !g.Needed && phase == gates.Done:
		return "the task is done"
	case !g.Needed:
		return "no file needs it; it was launched anyway"
	}
	return "no recorded file needs it: one of an earlier report did, or the files were not known"
}

// ungated returns the reason why a task has no gates.
func ungated(t TaskStatus) string {
	if t.Phase == gates.Coding || t.Phase == gates.Blocked || t.Phase == gates.Escalated {
		return "no report of its coding agent has been verified yet"
	}
	return "no changed file needs one"
}

// waiting describes for whom the task waits, since when and for what; "" if it waits for nothing.
func waiting(t TaskStatus, now time.Time, look style.Style) string {
	if t.Owed == nil {
		if t.Phase == gates.Coding {
			return "waiting for nothing: the person has taken over"
		}
		return ""
	}
	who := map[gates.Party]string{gates.Person: " for you", gates.Orchestrator: " for the orchestrator"}[t.Owed.By]
	text := "waiting" + who
	if t.Owed.By == gates.Person {
		text = look.Paint(style.Caution, text)
	}
	return text + ago(" since ", t.Owed.Since, now, look) + ": " + t.Owed.Text
}

// paintedPhase returns the phase as a column, in the colour of what it means.
func paintedPhase(t TaskStatus, look style.Style) string {
	text := fmt.Sprintf("%-14s", t.Phase)
	switch t.Phase {
	case gates.Done:
		return look.Paint(style.Good, text)
	case gates.Blocked, gates.Escalated:
		return look.Paint(style.Bad, text)
	default:
		return text
	}
}

// ago returns a time after a word, and how long ago it was; "" if unknown.
func ago(word string, at *time.Time, now time.Time, look style.Style) string {
	if at == nil || at.IsZero() {
		return ""
	}
	text := word + look.Time(*at)
	switch d := now.Sub(*at); {
	case d < 0: // the clock was set back
	case d < time.Minute:
		text += fmt.Sprintf(" (%ds)", int(d.Seconds()))
	case d < time.Hour:
		text += fmt.Sprintf(" (%dm)", int(d.Minutes()))
	case d < 48*time.Hour:
		text += fmt.Sprintf(" (%dh)", int(d.Hours()))
	default:
		text += fmt.Sprintf(" (%dd)", int(d.Hours()/24))
	}
	return text
}

// shown returns an untrusted value for text for people: unchanged if it is one unambiguous word, else quoted. It has at most limit characters, plus
// the quotes.
func shown(s string, limit int) string {
	odd := func(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune(" \"\\…", r) }
	if s == "" || !utf8.ValidString(s) || strings.ContainsFunc(s, odd) {
		return quote.String(s, limit)
	}
	if utf8.RuneCountInString(s) > limit {
		return quote.Clip(s, limit-1)
	}
	return s
}

// padded is text filled up with spaces to a width.
func padded(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}
