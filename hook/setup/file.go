package setup

import (
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/config"
	"stopgate/hook/lazyregexp"
	"stopgate/hook/manifest"
	"stopgate/hook/quote"
)

// File returns a configuration with the settings that differ from the defaults, and comments with their sources. needed is false if the defaults
// fit: then the file has only comments. An error means that the file would not be valid, which is a mistake of this program.
func (f Found) File() (text []byte, needed bool, err error) {
	var b strings.Builder
	b.WriteString("# Configuration of stopgate, made by stopgate init. It takes effect once it is committed.\n")
	b.WriteString("# Settings that are not here have their default values: stopgate config shows them.\n")
	sections := slices.Concat(coding(f), profiles(f), trees(f), authorise(f), ran(f), coverage(f))
	for _, s := range sections {
		b.WriteString("\n" + s)
	}
	b.WriteString(remarks(f))
	if _, problems := config.Parse(config.FileName, []byte(b.String())); len(problems) > 0 {
		return nil, false, fmt.Errorf("the file would not be valid: %s", problems[0])
	}
	return []byte(b.String()), len(sections) > 0, nil
}

// coding returns the list of coding agents, if some were found that the default list does not have. The list replaces the default one, so it has
// those too.
func coding(f Found) []string {
	defaults := config.Default()
	var names, from []string
	for _, a := range f.Agents {
		if a.Codes && !a.Commits && !defaults.IsCoding(a.Name) && !defaults.IsOps(a.Name) && !(f.Reaper != "" && a.Plugin == "reaper") {
			names, from = append(names, a.Name), append(from, comment(a.From))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("# Their reports are verified. The first %d are the default ones. Also found: %s.\n# Remove agents that do not write code.\nagents:\n  coding: %s\n",
		len(defaults.Agents.Coding), strings.Join(from, ", "), flow(slices.Concat(defaults.Agents.Coding, names)))}
}

// profiles names the reviewers of a pipeline that has no code-reviewer.
func profiles(f Found) []string {
	has := func(name string) bool {
		return slices.ContainsFunc(f.Agents, func(a Agent) bool { return a.Name == name })
	}
	if has("code-reviewer") {
		return nil
	}
	if f.Reaper != "" {
		// Its page "Quality Gates" has the reviewer of each kind of work.
		return []string{"# Reaper (" + comment(f.Reaper) + ") has these agents review such changes.\nprofiles:\n" +
			"  - kind: architecture-review\n    files: [\"docs/{adr,arch}/**/*.md\", \"design/**/*.md\", \"**/*.architecture.*\", \"**/*system-design*\", \"**/adr-*\"]\n" +
			"    tests: none\n    reviewers: [principal-engineer]\n    security: false\n" +
			"  - kind: tool-configuration\n    files: [\"**/*.config.*\"]\n    tests: none\n    reviewers: [principal-engineer]\n" + noAudit(f) +
			"  - kind: migration\n    tests: none\n" +
			"  - kind: application\n    reviewers: [feature-developer]\n" + noAudit(f) +
			"  - kind: test\n    reviewers: [principal-engineer]\n" +
			"  - kind: configuration\n    reviewers: [principal-engineer]\n" + noAudit(f)}
	}
	at := slices.IndexFunc(f.Agents, func(a Agent) bool { return a.Reviews })
	if at < 0 {
		return nil
	}
	r := f.Agents[at]
	text := "# There is no code-reviewer; " + comment(r.From) + " reviews.\nprofiles:\n"
	for _, kind := range []string{"application", "test", "configuration"} {
		text += fmt.Sprintf("  - kind: %s\n    reviewers: %s\n", kind, flow([]string{r.Name}))
	}
	return []string{text}
}

func noAudit(f Found) string {
	if f.NoAudit == "" {
		return ""
	}
	return "    security: false   # " + comment(f.NoAudit) + ": workflow.require_security_gate\n"
}

// trees returns the folders of linked worktrees, if they are not the default ones.
func trees(f Found) []string {
	defaults := config.Default().Worktrees.Roots
	roots := slices.Clone(defaults)
	var added []string
	for _, root := range f.Roots {
		if !slices.ContainsFunc(roots, func(r string) bool { return root == r || strings.HasPrefix(root, r+"/") }) {
			roots, added = append(roots, root), append(added, comment(root))
		}
	}
	if len(added) == 0 && len(f.Outside) == 0 && f.Reaper == "" {
		return nil
	}
	var b strings.Builder
	if len(added) > 0 {
		fmt.Fprintf(&b, "# Linked worktrees were found in %s.\n", strings.Join(added, ", "))
	}
	if len(f.Outside) > 0 {
		outside := quote.Each(f.Outside, comment)
		fmt.Fprintf(&b, "# Linked worktrees stand outside of the repository too: in %s. What other\n# programs change there looks like the agent's work.\n", quote.Some(outside, quote.MaxList, ", "))
	}
	if f.Reaper != "" {
		b.WriteString("# Reaper's smallest strategy works in the main worktree. You work there yourself, so a change\n# that no transcript shows is a note there, and its gates run on your changes as well.\n")
	}
	b.WriteString("worktrees:\n")
	if len(added) > 0 {
		fmt.Fprintf(&b, "  roots: %s\n", flow(roots))
	}
	if len(f.Outside) > 0 {
		b.WriteString("  anywhere: true\n")
	}
	if f.Reaper != "" {
		b.WriteString("  main: true\n")
	}
	return []string{b.String()}
}

// authorise returns whose word a known pipeline waits for.
func authorise(f Found) []string {
	if f.Reaper == "" {
		return nil
	}
	return []string{"# Reaper (" + comment(f.Reaper) + ") commits on the feature branch once the gates have passed, and asks you before the merge.\nauthorise:\n  commit: gates\n"}
}

// ran returns the commands for the gates. A command that the configuration does not accept is a comment.
func ran(f Found) []string {
	var lines, odd string
	for _, c := range []struct {
		key string
		manifest.Command
	}{{"test", f.Test}, {"lint", f.Lint}} {
		switch {
		case c.Text == "":
		case !config.IsCommand(c.Text):
			odd += "# The command for " + c.key + " in " + comment(c.From) + " is left out: it is not one line of at most 300 characters.\n"
		default:
			lines += "  " + c.key + ": " + scalar(c.Text) + "   # " + comment(c.From) + "\n"
		}
	}
	if lines != "" {
		lines = "# What the gates are told to run, in the worktree.\ncommands:\n" + lines
	}
	if odd+lines == "" {
		return nil
	}
	return []string{odd + lines}
}

// coverage returns the share of lines that a pipeline asks for.
func coverage(f Found) []string {
	if f.Coverage < 1 || f.Coverage > 100 {
		return nil
	}
	return []string{fmt.Sprintf("# The share of lines in percent that the tests have to cover.\ncoverage: %d   # %s\n", f.Coverage, comment(f.Reaper))}
}

// remarks are comments at the end: what was found and needs no setting.
func remarks(f Found) string {
	defaults := config.Default()
	var known, committing []string
	for _, a := range f.Agents {
		if a.Commits {
			committing = append(committing, a.Name)
		}
		if defaults.IsCoding(a.Name) || defaults.IsGate(a.Name) || defaults.IsOps(a.Name) {
			known = append(known, a.Name)
		}
	}
	var b strings.Builder
	if len(committing) > 0 {
		b.WriteString("\n# Not among the coding agents, because their definitions have them commit, which is refused to those: " + comment(quote.Some(committing, quote.MaxList, ", ")) + "\n")
	}
	if len(known) > 0 {
		b.WriteString("\n# Found as well, and nothing has to be set for it:\n#   agents with their default roles: " + comment(quote.Some(known, quote.MaxList, ", ")) + "\n")
	}
	return b.String()
}

// comment returns a text on one line of a comment.
func comment(text string) string { return quote.Clip(quote.Line(text), quote.MaxPath) }

// flow returns a list in YAML's flow style. JSON is a part of YAML.
func flow(values []string) string {
	return "[" + strings.Join(quote.Each(values, scalar), ", ") + "]"
}

// scalar returns a text in YAML: as it is if YAML reads that as the same text, else in quotes.
func scalar(text string) string {
	switch strings.ToLower(text) {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		return quote.JSON(text)
	}
	if plain().MatchString(text) {
		return text
	}
	return quote.JSON(text)
}

// plain is a word, or some with single spaces between them, that YAML reads as text without quotes.
var plain = lazyregexp.New(`^(\.?[A-Za-z][A-Za-z0-9]*)([-_./][A-Za-z0-9]+)*( [A-Za-z0-9./_:-]*[A-Za-z0-9])*$`)
