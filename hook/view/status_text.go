package view

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/quote"
)

// Bounds on the columns of a status, in characters.
const (
	maxTaskColumn = 24
	maxTreeColumn = 48
	maxGateColumn = 28
	maxPathColumn = 100
)

// clock is how people read a time.
const clock = "2006-01-02 15:04:05Z"

// WriteJSON writes the status as one JSON object.
func (s Status) WriteJSON(w io.Writer) error {
	_, err := io.WriteString(w, quote.JSON(s)+"\n")
	return err
}

// WriteText writes the status for people: for each task a line, what its gates say, and what it waits for.
func (s Status) WriteText(w io.Writer) error {
	var b strings.Builder
	width := 0
	for _, t := range s.Tasks {
		width = max(width, utf8.RuneCountInString(shown(t.Task, maxTaskColumn)))
	}
	for _, t := range s.Tasks {
		fmt.Fprintf(&b, "%s  %-14s  %s\n", padded(shown(t.Task, maxTaskColumn), width), t.Phase, t.where())
		indent := strings.Repeat(" ", width)
		line := func(label, text string) {
			if text != "" {
				fmt.Fprintf(&b, "%s  %-5s %s\n", indent, label, text)
			}
		}
		line("gates", t.gateLine())
		line("tree", t.Tree.caveat(t.passed()))
		line("owed", t.owedLine(s.At))
	}
	b.WriteString(s.remark())
	if s.Mode == config.Observe {
		b.WriteString("mode observe: what is owed holds nobody\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// remark is what stands below the tasks, or in place of them.
func (s Status) remark() string {
	switch done := quote.Plural(s.DoneOmitted, "task") + " done (--all lists them)\n"; {
	case s.DoneOmitted > 0 && len(s.Tasks) == 0:
		return "no task is under way; " + done
	case s.DoneOmitted > 0:
		return "\nand " + done
	case len(s.Tasks) == 0:
		return "no task is known for " + shown(s.Repository, maxPathColumn) + "\n"
	}
	return ""
}

// WriteGates writes for people why each gate of the tasks is or is not owed: which files ask for it, and where it stands.
func (s Status) WriteGates(w io.Writer) error {
	var b strings.Builder
	for _, t := range s.Tasks {
		t.writeGates(&b, s.At)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (t TaskStatus) writeGates(b *strings.Builder, now time.Time) {
	fmt.Fprintf(b, "task      %s\nworktree  %s\nphase     %s%s\n", shown(t.Task, quote.MaxTask), t.where(), t.Phase, ago(", since ", t.Since, now))
	if t.Coder.ID != "" {
		fmt.Fprintf(b, "coder     %s %s\n", shown(t.Coder.Type, quote.MaxName), shown(t.Coder.ID, quote.MaxName))
	}
	if caveat := t.Tree.caveat(t.passed()); caveat != "" {
		fmt.Fprintf(b, "tree      %s\n", caveat)
	}
	for _, g := range t.Gates {
		fmt.Fprintf(b, "\n%s: %s\n", shown(g.Gate, quote.MaxName), g.sentence(t.Phase, t.Tree))
		for _, issue := range g.Issues {
			fmt.Fprintf(b, "  blocks   %s\n", quote.String(issue, maxPathColumn))
		}
		for _, f := range g.AskedBy {
			fmt.Fprintf(b, "  %-*s %s\n", max(maxKindColumn, len(f.Kind)), shown(f.Kind, quote.MaxName), shown(f.Path, maxPathColumn))
		}
		if len(g.AskedBy) == 0 {
			b.WriteString("  " + g.unasked(t.Phase) + "\n")
		}
	}
	if len(t.Gates) == 0 {
		b.WriteString("\nno gate: " + t.ungated() + "\n")
	}
	b.WriteString("\nowed      " + cmp.Or(t.owedLine(now), "nothing") + "\n")
}

const maxKindColumn = 14 // characters; the longest kind that is known without a configuration

// where is the worktree.
func (t TaskStatus) where() string {
	if t.Worktree == "" {
		return "(no worktree is known)"
	}
	return shown(t.Worktree, maxTreeColumn)
}

// passed tells whether a gate has passed, for this tree or another.
func (t TaskStatus) passed() bool {
	for _, g := range t.Gates {
		if g.Standing == gates.StandingPass || g.Standing == gates.StandingVoid {
			return true
		}
	}
	return false
}

// caveat says that passes were not held against the tree of this moment; "" where they were, or where there is none.
func (s TreeStatus) caveat(passed bool) string {
	if s.Now || !passed {
		return ""
	}
	return "as it was last seen: " + s.Why
}

// gateLine is what the gates say, in a line.
func (t TaskStatus) gateLine() string {
	parts := make([]string, 0, len(t.Gates))
	for _, g := range t.Gates {
		part := shown(g.Gate, maxGateColumn) + " " + g.word()
		switch {
		case g.Attempts > 1:
			part += fmt.Sprintf(" (run %d times)", g.Attempts)
		case g.Attempts == 1 && g.Standing != gates.StandingPass:
			part += " (run once)"
		}
		if !g.Needed {
			part += " (not asked for)"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// word is the standing for people.
func (g GateStatus) word() string {
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

// sentence is where the gate stands, and why it is or is not owed.
func (g GateStatus) sentence(phase gates.Phase, tree TreeStatus) string {
	text := g.word() + map[gates.Standing]string{
		gates.StandingPass:     ": it passed on the present tree",
		gates.StandingRunning:  ": it is at work",
		gates.StandingNoResult: ", so that it is owed again: it ended without one, or the worktree changed while it ran",
		gates.StandingVoid:     ", so that it is owed again: it passed, and the worktree has changed since",
		gates.StandingFail:     ": the work goes back to the coding agent",
		gates.StandingNotRun:   ", and owed",
	}[g.Standing]
	switch {
	case g.Standing == gates.StandingPass && !tree.Now:
		text = g.word() + ": it passed on the tree that was last seen"
	case g.Standing == gates.StandingVoid && tree.Fingerprint == "":
		text = g.word() + ", so that it is owed again: it passed, and nobody knows the worktree now"
	case !g.Needed:
		text = g.word() + ", and not owed"
	case g.Standing == gates.StandingNotRun && phase == gates.Gate1 && !g.Blocking:
		text = g.word() + ": it is owed when the blocking gates have passed"
	case g.Standing == gates.StandingNotRun && phase != gates.Gate1 && phase != gates.Gate2:
		text = g.word() + ": it is owed when the work is with the gates again"
	}
	if g.Needed && g.Blocking {
		text += " (blocking)"
	}
	if g.Attempts > 0 {
		text += "; " + quote.Plural(g.Attempts, "result")
	}
	return text
}

// unasked says why no file asks for a gate.
func (g GateStatus) unasked(phase gates.Phase) string {
	switch {
	case !g.Needed && phase == gates.Done:
		return "the task is done"
	case !g.Needed:
		return "no file asks for it: it was launched all the same"
	}
	return "no file that is recorded asks for it: an earlier report did, or the files were not known"
}

// ungated says why a task has no gates.
func (t TaskStatus) ungated() string {
	if t.Phase == gates.Coding || t.Phase == gates.Blocked || t.Phase == gates.Escalated {
		return "no report of its coding agent has been verified yet"
	}
	return "no file of this change asks for one"
}

// owedLine is what the task waits for, and how long it has; "" for nothing.
func (t TaskStatus) owedLine(now time.Time) string {
	if t.Owed == nil {
		if t.Phase == gates.Coding {
			return "nothing: the person has taken it in hand"
		}
		return ""
	}
	by := string(t.Owed.By)
	if t.Owed.By == ByPerson {
		by = "you"
	}
	text := by + ": " + t.Owed.Text
	if t.Owed.By == ByAgents {
		text = t.Owed.Text
	}
	return text + ago(", since ", t.Owed.Since, now)
}

// ago is a moment behind a word, and how long it is gone; "" where it is not known.
func ago(word string, at *time.Time, now time.Time) string {
	if at == nil || at.IsZero() {
		return ""
	}
	text := word + at.UTC().Format(clock)
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

// shown is a value that came from others, in text for people: as it is where it is one word that can be taken for nothing else, else
// quoted. It has at most limit characters, and its quotes.
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
