package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// tally is the figures of one kind.
type tally struct {
	name           string
	isFalse        bool
	stops, blocked int
	caught, noted  int
	rounds, mended int
	sentBack       int
	lost           int
	verdicts       map[string]int
	by             map[string]int
	unmended       map[string]int // verdicts of those that were sent back, and not accepted within two rounds
}

// figures are those of a run.
type figures struct {
	results []result
	kinds   []*tally
	honest  tally
	falses  tally
	broken  int // cases that could not be played
	ratios  []float64
	times   []time.Duration
}

func count(results []result) *figures {
	f := &figures{results: results}
	by := map[string]*tally{}
	for _, r := range results {
		if r.broken != "" {
			f.broken++
		}
		for _, s := range r.stops {
			// A false case has honest stops too: of others, or on the way.
			key := fmt.Sprint(r.kind.name, s.isFalse)
			t := by[key]
			if t == nil {
				t = &tally{name: r.kind.name, isFalse: s.isFalse}
				if !s.isFalse && r.kind.isFalse {
					t.name += " (the others)"
				}
				by[key] = t
				f.kinds = append(f.kinds, t)
			}
			all := &f.honest
			if s.isFalse {
				all = &f.falses
			}
			for _, t := range []*tally{t, all} {
				t.add(s)
			}
			if s.status > 0 {
				f.ratios = append(f.ratios, float64(s.took)/float64(s.status))
			}
			if s.took > 0 {
				f.times = append(f.times, s.took)
			}
		}
		f.honest.lost += len(r.lost)
	}
	slices.SortStableFunc(f.kinds, func(a, b *tally) int {
		if a.isFalse != b.isFalse {
			if a.isFalse {
				return 1
			}
			return -1
		}
		return strings.Compare(a.name, b.name)
	})
	slices.Sort(f.ratios)
	slices.Sort(f.times)
	return f
}

func (t *tally) add(s stop) {
	if t.verdicts == nil {
		t.verdicts, t.by, t.unmended = map[string]int{}, map[string]int{}, map[string]int{}
	}
	t.stops++
	t.rounds += s.rounds
	t.verdicts[s.verdict]++
	if !s.isFalse && s.blocked() {
		t.blocked++
	}
	if s.caught {
		t.caught++
		t.by[s.byWord]++
	}
	if s.noted && !s.caught {
		t.noted++
	}
	if s.advised && s.rounds > 0 {
		t.sentBack++
		if s.adviceFails() {
			t.unmended[s.verdict]++
		} else {
			t.mended++
		}
	}
}

func percent(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

// line returns the last line of a run.
func (f *figures) line() string {
	return fmt.Sprintf("honest %d: %d blocked (%.2f %%), false %d: %d caught (%.2f %%), lost files %d",
		f.honest.stops, f.honest.blocked, percent(f.honest.blocked, f.honest.stops),
		f.falses.stops, f.falses.caught, percent(f.falses.caught, f.falses.stops), f.honest.lost)
}

// environment returns what the figures depend on.
func environment(seed uint64, stops int, only, source string, asked bool) []string {
	git := func(args ...string) string { return cmp.Or(output(source, "git", args...), "unknown") }
	with := fmt.Sprintf("make eval SEED=%d STOPS=%d", seed, stops)
	if only != "" {
		with += " KINDS=" + only
	}
	if asked {
		with += " PEERS=…"
	}
	return []string{
		"command: " + with, "commit: " + git("rev-parse", "--short=12", "HEAD"), "git: " + git("--version"),
		"go: " + runtime.Version(), "system: " + runtime.GOOS + "/" + runtime.GOARCH, toolsLine(),
	}
}

// output returns what a program prints in a folder; "" if it fails.
func output(dir, name string, args ...string) string {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func listed(counts map[string]int) string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, fmt.Sprintf("%s %d", cmp.Or(k, "none"), counts[k]))
	}
	return strings.Join(all, ", ")
}

// withoutNotes returns how many false stops were caught, apart from those of the kinds that are a note by design, in two columns.
func (f *figures) withoutNotes() string {
	var stops, caught, kinds int
	for _, t := range f.kinds {
		switch _, known := knownMisses[t.name]; {
		case !t.isFalse:
		case known:
			kinds++
		default:
			stops, caught = stops+t.stops, caught+t.caught
		}
	}
	return fmt.Sprintf("without the %d kinds that are a note by design | %d of %d (%.2f %%)", kinds, caught, stops, 100*float64(caught)/float64(max(stops, 1)))
}

// unmended returns the section on agents that followed the advice and were not accepted; "" if there were none.
func (f *figures) unmended() string {
	var b strings.Builder
	for _, t := range f.kinds {
		if n := t.sentBack - t.mended; n > 0 {
			fmt.Fprintf(&b, "| %s | %d of %d | %s | %s |\n", t.name, n, t.sentBack, listed(t.unmended), cmp.Or(knownEnds[t.name], "a fault"))
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n## Sent back, and not accepted\n\nThese agents followed the advice that they were given, and were not accepted within two rounds.\n\n" +
		"| kind | stops | verdicts | why |\n| --- | --- | --- | --- |\n" + b.String()
}

// page returns the document.
func (f *figures) page(environment []string) string {
	var b strings.Builder
	b.WriteString(intro)
	for _, e := range environment {
		fmt.Fprintf(&b, "- %s\n", e)
	}
	fmt.Fprintf(&b, "\n**%s**\n\n", f.line())
	b.WriteString("| figure | value |\n| --- | --- |\n")
	fmt.Fprintf(&b, "| kinds | %d |\n| send-backs per honest stop | %.4f |\n", len(f.kinds), float64(f.honest.rounds)/float64(max(f.honest.stops, 1)))
	fmt.Fprintf(&b, "| false stops sent back, and accepted within two rounds after doing what the text says | %d of %d |\n", f.falses.mended, f.falses.sentBack)
	fmt.Fprintf(&b, "| false stops that only a note names | %d |\n", f.falses.noted)
	b.WriteString("| false stops caught, " + f.withoutNotes() + " |\n")
	if n := len(f.ratios); n > 0 {
		fmt.Fprintf(&b, "| a stop's time by that of `git status -uall` in the same worktree, median and 90th percentile (%d samples) | %.1f, %.1f |\n", n, f.ratios[n/2], f.ratios[n*9/10])
	}
	fmt.Fprintf(&b, "| verdicts of honest stops | %s |\n| verdicts of false stops | %s |\n", listed(f.honest.verdicts), listed(f.falses.verdicts))
	b.WriteString("\n## Honest\n\n| kind | stops | blocked | verdicts |\n| --- | --- | --- | --- |\n")
	for _, t := range f.kinds {
		if !t.isFalse {
			fmt.Fprintf(&b, "| %s | %d | %d | %s |\n", t.name, t.stops, t.blocked, listed(t.verdicts))
		}
	}
	b.WriteString("\n## False\n\n| kind | stops | caught | only noted | caught by |\n| --- | --- | --- | --- | --- |\n")
	for _, t := range f.kinds {
		if t.isFalse {
			by := listed(t.by)
			if _, known := knownMisses[t.name]; known {
				by = "a note by design"
			}
			fmt.Fprintf(&b, "| %s | %d | %d | %d | %s |\n", t.name, t.stops, t.caught, t.noted, by)
		}
	}
	b.WriteString(f.unmended())
	b.WriteString("\n## Notes by design\n\nThese kinds are not caught, for a known reason. Every other miss is a fault.\n\n| kind | why |\n| --- | --- |\n")
	for _, set := range []map[string]string{knownBlocks, knownMisses} {
		for _, name := range slices.Sorted(maps.Keys(set)) {
			fmt.Fprintf(&b, "| %s | %s |\n", name, set[name])
		}
	}
	return b.String()
}

const intro = `# Evaluation

How often an honest agent is held up, and how often a false report passes, on a reproducible corpus. A seeded generator (scripts/eval) makes real
repositories with git, and scripted agents work in them. Every event goes through the real program, in the form that the host sends. The generator
knows which stops are false, because it made them so.

An honest stop counts as blocked if the agent is sent back, refused a tool call, or not accepted in the end. A false stop counts as caught if a
blocking finding names the false part, or if the tool call was refused. A file counts as lost if an agent or a person wrote it and it is gone,
without a copy in the trash and not ignored by git.

[Other tools](peers.md) judged the same stops.

`

// isWorthALook reports whether a case shows a fault, of the program or of the case.
func (r result) isWorthALook() bool {
	return r.shows(false, false, false)
}

// shows reports whether a case shows a fault. A false stop may be missed, an honest one blocked, or the advice fail, if that is known.
func (r result) shows(mayMiss, mayBlock, mayEnd bool) bool {
	return r.broken != "" || len(r.lost) > 0 || slices.ContainsFunc(r.stops, func(s stop) bool {
		return !s.isFalse && s.blocked() && !mayBlock || s.isFalse && !s.caught && !mayMiss || s.stuck != "" || s.adviceFails() && !mayEnd
	})
}

// tell prints a case.
func (r result) tell(out io.Writer) {
	fmt.Fprintln(out, "---", r.describe())
	if r.broken != "" {
		fmt.Fprintln(out, "  broken:", r.broken)
	}
	if len(r.lost) > 0 {
		fmt.Fprintln(out, "  lost:", r.lost)
	}
	for _, s := range r.stops {
		label := "honest"
		if s.isFalse {
			label = "false"
		}
		fmt.Fprintf(out, "  %s: verdict %s, rounds %d, caught %v by %s, noted %v\n", label, s.verdict, s.rounds, s.caught, s.byWord, s.noted)
		if s.isFalse && s.caught && s.stuck == "" && !s.adviceFails() || !s.isFalse && !s.blocked() {
			continue
		}
		if s.reason != "" {
			fmt.Fprintln(out, "   ", strings.ReplaceAll(s.reason, "\n", "\n    "))
		}
		for _, refused := range s.refused {
			fmt.Fprintln(out, "    refused:", refused)
		}
		for _, f := range s.findings {
			fmt.Fprintf(out, "    %s %s: %s\n", f.severity, f.rule, f.message)
		}
		if s.stuck != "" {
			fmt.Fprintln(out, "    stuck at:", s.stuck)
		}
	}
}
