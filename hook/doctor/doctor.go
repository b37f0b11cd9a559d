// Package doctor finds out whether the gate is on. It looks at everything that can switch the gate off or blind it: the program, the plugin,
// the client's settings, git, the journal and the repository. The last check is a proof: a false report must be refused by the hook as it is
// installed, and an honest one must pass.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
	"stopgate/hook/shell"
	"stopgate/hook/site"
	"stopgate/hook/style"
	"stopgate/hook/view"
)

// State is the meaning of a finding for the gate.
type State string

const (
	// OK means that nothing is wrong here.
	OK State = "ok"
	// Note means that the gate works, and there is something to know.
	Note State = "note"
	// Blind means that the gate works, but does not see everything.
	Blind State = "blind"
	// Off means that the gate does not work.
	Off State = "off"
	// Unknown means that it could not be checked. It never counts as OK.
	Unknown State = "unknown"
)

// Finding is the result of one check.
type Finding struct {
	// Check is the name of the check.
	Check string `json:"check"`
	State State  `json:"state"`
	// Seen describes what was found. It has no values of variables, and no name of a home folder.
	Seen string `json:"seen"`
	// Means is the consequence for the gate; "" if nothing is wrong.
	Means string `json:"means"`
	// Mend is what fixes it: a command, or what to do; "" if nothing has to be fixed.
	Mend string `json:"mend"`
	// Fixed reports that --fix has mended it. The finding is the one from before.
	Fixed bool `json:"fixed"`

	fix func(ctx context.Context) error // nil if only a person can mend it
}

// Wrong reports whether the finding has to be mended or looked into.
func (f Finding) Wrong() bool {
	return !f.Fixed && (f.State == Blind || f.State == Off || f.State == Unknown)
}

// World is the machine that is looked at.
type World struct {
	// Env is the environment, as os.Environ returns it.
	Env []string
	// Dir is the working directory, Home the person's home folder; "" if there is none.
	Dir, Home string
	// Executable is the path of the running program; "" if it is not known.
	Executable string
	// Managed is the folder of the settings that an administrator makes; "" is the client's own on this system.
	Managed string
	// Reader reads the repository's configuration and its tasks.
	Reader view.Reader
	// StateFolder is the folder of the journals, or StateError is the reason why there is none. JournalFolder is the repository's.
	StateFolder   string
	StateError    error
	JournalFolder string
	// Damaged counts the lines of the repository's journal that cannot be read; nil if they are not counted.
	Damaged func(ctx context.Context) (int, error)
	// Private fails if others could write to the repository's journal, which is not used then. Ready fails if nothing can be recorded in it,
	// when ctx ends at the latest. nil if they are not asked.
	Private func() error
	Ready   func(ctx context.Context) error
	// Now is the clock.
	Now func() time.Time
}

// check is one question. cheap means that it starts no program and takes a few milliseconds at most, so that the start of each session asks it.
type check struct {
	name  string
	cheap bool
	look  func(ctx context.Context, w *World) []Finding
}

// checks are in the order in which one thing depends on another.
func checks() []check {
	return []check{
		{"plugin", true, pluginFolder},
		{"program", false, program},
		{"hooks", true, registration},
		{"enabled", true, enabled},
		{"settings", true, settings},
		{"environment", true, environment},
		{"client", false, client},
		{"client-running", true, runningClient},
		{"git", false, git},
		{"git-path", true, gitInPath},
		{"filters", false, filters},
		{"hidden", false, hidden},
		{"state", true, state},
		{"journal", false, journal},
		{"configuration", true, configuration},
		{"worktrees", false, worktrees},
		{"proof", false, proof},
	}
}

// Report has the findings of all checks.
type Report struct {
	Stopgate string `json:"stopgate"`
	// Platform is the operating system and the architecture, as in linux/amd64.
	Platform string    `json:"platform"`
	Findings []Finding `json:"findings"`
}

// reportVersion is the form of Report, held by schema/doctor.schema.json.
const reportVersion = "doctor/1"

// Well reports whether nothing is wrong.
func (r Report) Well() bool { return len(r.wrong()) == 0 }

// wrong returns the findings that have to be mended or looked into.
func (r Report) wrong() []Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return !f.Wrong() })
}

// checkWithin bounds one check. Only the proof starts more than a few programs.
const (
	checkWithin = 15 * time.Second
	proofWithin = 30 * time.Second
)

// Examine asks every question. A quick examination leaves out the proof.
func (w *World) Examine(ctx context.Context, quick bool) Report {
	return w.ask(ctx, func(c check) bool { return !quick || c.name != "proof" })
}

// AtStart asks the cheap questions, for the start of a session.
func (w *World) AtStart(ctx context.Context) Report {
	return w.ask(ctx, func(c check) bool { return c.cheap })
}

func (w *World) ask(ctx context.Context, chosen func(check) bool) Report {
	r := Report{Stopgate: reportVersion, Platform: runtime.GOOS + "/" + runtime.GOARCH, Findings: []Finding{}}
	for _, c := range checks() {
		if !chosen(c) {
			continue
		}
		bound := checkWithin
		if c.name == "proof" {
			bound = proofWithin
		}
		within, cancel := context.WithTimeout(ctx, bound)
		for _, f := range c.look(within, w) {
			f.Check = c.name
			r.Findings = append(r.Findings, discreet(w, f))
		}
		cancel()
	}
	return r
}

// Off reports whether the client's settings switch the gate off, as far as reading them shows it. It takes about a millisecond.
func (w *World) Off(ctx context.Context) bool {
	return w.ask(ctx, func(c check) bool { return c.name == "settings" || c.name == "enabled" }).off()
}

// Fix mends of the findings before what can be mended without a decision: a program that is missing or old is built, and the folder of the
// journals is closed to others. It returns what every check finds then, with the mended findings before them, and the errors of what could not
// be mended.
func (w *World) Fix(ctx context.Context, before Report, quick bool) (Report, error) {
	var mended []Finding
	var failed []error
	for _, f := range before.Findings {
		if f.fix == nil || !f.Wrong() {
			continue
		}
		if err := f.fix(ctx); err != nil {
			failed = append(failed, err)
			continue
		}
		f.Fixed = true
		mended = append(mended, f)
	}
	if len(mended) == 0 {
		return before, errors.Join(failed...)
	}
	after := w.Examine(ctx, quick)
	after.Findings = append(mended, after.Findings...)
	return after, errors.Join(failed...)
}

// getenv returns a variable of the environment; "" if it is not set.
func (w *World) getenv(name string) string {
	for _, kv := range slices.Backward(w.Env) {
		key, value, _ := strings.Cut(kv, "=")
		if key == name || runtime.GOOS == "windows" && strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// clientFolder returns the folder with the client's settings; "" if unknown.
func (w *World) clientFolder() string {
	if dir := w.getenv("CLAUDE_CONFIG_DIR"); dir != "" {
		return dir
	}
	if w.Home == "" {
		return ""
	}
	return filepath.Join(w.Home, ".claude")
}

// projectFolder returns the folder whose settings the client reads: the top of the worktree, or the working directory.
func (w *World) projectFolder() string {
	if dir := w.getenv("CLAUDE_PROJECT_DIR"); dir != "" {
		return dir
	}
	if w.Reader.Grounds.Repository != nil {
		return w.Reader.Grounds.Repository.Root
	}
	return w.Dir
}

// plugin returns the plugin's folder: the one that the host names, the one that contains this program, or the installed one; "" for none.
func (w *World) plugin() string {
	if dir := w.getenv("CLAUDE_PLUGIN_ROOT"); dir != "" {
		return dir
	}
	if dir := w.ownPlugin(); dir != "" {
		return dir
	}
	if installed, err := installed(w); err == nil && len(installed) > 0 {
		return installed[0].folder
	}
	return ""
}

// ownPlugin returns the plugin's folder that contains this program; "" if there is none.
func (w *World) ownPlugin() string {
	if w.Executable == "" {
		return ""
	}
	dir := filepath.Dir(filepath.Dir(site.Physical(w.Executable)))
	if _, err := os.Stat(filepath.Join(dir, ".claude-plugin", "plugin.json")); err != nil {
		return ""
	}
	return dir
}

func fine(seen string) []Finding { return []Finding{{State: OK, Seen: seen}} }

// WriteText writes the report for people, and for an issue: one line for each finding, and below it what it means and what mends it.
func (r Report) WriteText(w io.Writer, look style.Style) error {
	var b strings.Builder
	add := func(format string, args ...any) { b.WriteString(look.Wrap(fmt.Sprintf(format, args...))) }
	for _, f := range r.Findings {
		state := string(f.State)
		if f.Fixed {
			state = "fixed"
		}
		add("%s  %-14s  %s\n", look.Paint(colourOf(f), fmt.Sprintf("%-7s", state)), f.Check, f.Seen)
		if f.Means != "" {
			add("%-7s  %-14s  %s\n", "", "", f.Means)
		}
		if f.Mend != "" && !f.Fixed {
			// One line however long it is, so that a command can be copied.
			fmt.Fprintf(&b, "%-7s  %-14s  to fix it: %s\n", "", "", f.Mend)
		}
	}
	switch wrong := len(r.wrong()); {
	case r.Well():
		add("\n%s\n", look.Paint(style.Good, r.well()))
	case r.off():
		b.WriteString("\n" + look.Paint(style.Bad, "The gate is OFF: "+quote.Plural(wrong, "thing")+" to mend.") + "\n")
	default:
		b.WriteString("\n" + look.Paint(style.Caution, "The gate may be off or blind: "+quote.Plural(wrong, "thing")+" to mend.") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// well returns the last line of a report in which nothing is wrong. It claims no more than was seen.
func (r Report) well() string {
	proven := false
	for _, f := range r.Findings {
		if f.Check == "enabled" && f.Seen == notInstalled {
			return "The gate is on only where the client is started with --plugin-dir: the plugin is not installed."
		}
		proven = proven || f.Check == "proof" && f.State == OK
	}
	if !proven {
		return "Nothing was found that switches the gate off. Without --quick it is tested, too."
	}
	return "The gate is on."
}

func colourOf(f Finding) string {
	switch {
	case !f.Wrong():
		return style.Good
	case f.State == Off:
		return style.Bad
	}
	return style.Caution
}

func (r Report) off() bool {
	return slices.ContainsFunc(r.wrong(), func(f Finding) bool { return f.State == Off })
}

// maxAtStart bounds the findings that the start of a session names.
const maxAtStart = 3

// Line returns for the start of a session what is wrong, in a few lines; "" if nothing is.
func (r Report) Line() string {
	wrong := r.wrong()
	if len(wrong) == 0 {
		return ""
	}
	state := "the gate may miss something"
	if r.off() {
		state = "the gate is OFF"
	}
	lines := []string{"stopgate: " + state + "."}
	first, omitted := quote.First(wrong, maxAtStart)
	for _, f := range first {
		line := f.Seen
		if f.Means != "" {
			line += ". " + f.Means
		}
		if f.Mend != "" {
			line += ". To mend it: " + f.Mend
		}
		lines = append(lines, line)
	}
	if omitted > 0 {
		lines = append(lines, fmt.Sprintf("And %d more.", omitted))
	}
	return strings.Join(append(lines, "stopgate doctor shows everything."), "\n")
}

// homes are the folders below which the systems keep people's homes. The next part of a path there is a person's name.
var homes = lazyregexp.New(`((?:/home|/Users|/var/home|/export/home|[A-Za-z]:[\\/](?i:Users))[\\/]+)([^\\/\s"',:;)]+)`)

// discreet returns the finding without the name of a home folder and without control characters, so that it can be pasted anywhere.
func discreet(w *World, f Finding) Finding {
	hide := func(text string) string {
		text = quote.Line(text)
		for _, home := range []string{w.Home, site.Physical(w.Home)} {
			if len(home) > 1 {
				text = replaceFolder(text, home, "~")
			}
		}
		return quote.Clip(homes().ReplaceAllString(text, "${1}…"), maxSeen)
	}
	// Somebody else's home has no short name, so a command names the folder that the person is in.
	if homes().MatchString(w.Dir) && (len(w.Home) < 2 || !site.Within(site.Physical(w.Home), site.Physical(w.Dir))) {
		f.Mend = replaceFolder(f.Mend, shell.Quote(w.Dir), `"$PWD"`)
	}
	f.Seen, f.Means, f.Mend = hide(f.Seen), hide(f.Means), hide(f.Mend)
	f.Mend = strings.NewReplacer("'~/", "~/'", "'~'", "~", `"~/`, `~/"`).Replace(f.Mend) // a shell reads ~ outside of quotation marks alone
	return f
}

// maxSeen bounds one text of a finding, in characters.
const maxSeen = 400

// replaceFolder replaces the path of a folder by short, if the path ends there.
func replaceFolder(text, folder, short string) string {
	var b strings.Builder
	for {
		i := strings.Index(text, folder)
		if i < 0 {
			return b.String() + text
		}
		rest := text[i+len(folder):]
		b.WriteString(text[:i])
		if rest == "" || strings.ContainsRune(`/\ "',:;)`, rune(rest[0])) {
			b.WriteString(short)
		} else {
			b.WriteString(folder)
		}
		text = rest
	}
}
