package doctor

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
	"stopgate/hook/shell"
	"stopgate/hook/site"
	"stopgate/hook/style"
)

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
