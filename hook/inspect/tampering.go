package inspect

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"stopgate/hook/config"
	"stopgate/hook/lazyregexp"
	"stopgate/hook/quote"
	"stopgate/hook/repochange"
	"stopgate/hook/trace"
)

// pluginParts are the parts of the plugin's folder that decide whether anything is checked: its registration, agents and program.
var pluginParts = [...]string{".claude-plugin", "plugin.json", "hook/hooks.json", "agents", "scripts", "bin"}

// PluginPrint returns a fingerprint of the plugin's files from their names, sizes, modes and times; "" for the root "".
func PluginPrint(root string) string {
	if root == "" {
		return ""
	}
	var seen []string
	for _, part := range pluginParts {
		// A file that cannot be read is left out, then and now.
		_ = filepath.WalkDir(filepath.Join(root, filepath.FromSlash(part)), func(path string, _ fs.DirEntry, _ error) error {
			if info, err := os.Lstat(path); err == nil && !info.IsDir() {
				seen = append(seen, fmt.Sprintf("%s %d %s %d", path, info.Size(), info.Mode(), info.ModTime().UnixNano()))
			}
			return nil
		})
	}
	return quote.Digest(seen...)
}

// PluginChange is a change of the plugin's files since the run began. The zero PluginChange is none.
type PluginChange struct {
	Changed bool
	// Root is the plugin's folder.
	Root string
	// Command is the agent's last command that names the folder, Line its line in the transcript; "" for none.
	Command string
	Helper  string // as in trace.Edit
	Line    int
}

// pluginChange compares the plugin's files with their state when the run began.
func pluginChange(in Inquiry, ran []trace.Command) PluginChange {
	before := in.before()
	// Claude Code 2.1.330 names no plugin to a hook in the frontmatter of a project's agent.
	if before == nil || before.Plugin == "" || in.Plugin == "" || before.Plugin == PluginPrint(in.Plugin) {
		return PluginChange{}
	}
	named := trace.LastNaming(ran, func(command string) bool { return strings.Contains(command, in.Plugin) })
	return PluginChange{Changed: true, Root: in.Plugin, Command: named.Text, Line: named.Line, Helper: named.Helper}
}

// Reconfigured is a change of what the repository configures since the agent's launch. The zero Reconfigured is none.
type Reconfigured struct {
	Changed bool
	// From and To describe the configuration then and now.
	From, To string
	// Why is the evidence that the agent changed it; "" for none.
	Why string
}

// reconfigured compares the configuration with that at the launch, and finds out whether the agent changed it. The evidence is a command of the
// agent that writes the file, or that names it and writes to git; a command that the guard saw; or that the agent moved the branch of the main
// worktree.
func reconfigured(ctx context.Context, witness Witness, in Inquiry, moves repochange.Changes) Reconfigured {
	if in.Present == nil || in.Held == nil {
		return Reconfigured{}
	}
	c := Reconfigured{Changed: true, From: sourceName(in.Held.Text), To: sourceName(in.Present.Text)}
	for _, ran := range trace.ClassifiedCommands(ctx, in.Agent, time.Time{}, in.Denied) {
		if strings.Contains(ran.Text, config.FileName) && (len(ran.Kinds) > 0 || ran.Hides != "" || commits().MatchString(ran.Text)) {
			c.Why = fmt.Sprintf("the agent ran %s (%s)", quote.String(ran.Text, quote.MaxPath), trace.Where(ran.Line, "its", ran.Helper))
			return c
		}
	}
	for _, ran := range witness.GitCommands(ctx, in.Agent.Run.Time.Add(-trace.ClockStep)) {
		if ran.Own && (strings.Contains(ran.Text, config.FileName) || in.Present.Branch != "" && strings.Contains(ran.Text, strings.TrimPrefix(in.Present.Branch, "refs/heads/"))) {
			c.Why = "the agent ran " + quote.String(ran.Text, quote.MaxPath)
			return c
		}
	}
	c.Why = moves.MovedByAgent(in.Present.Branch)
	return c
}

// sourceName describes a configuration in words.
func sourceName(text string) string {
	if text == "" {
		return "none"
	}
	return "the one with the digest " + quote.Digest(text)[:8]
}

// commits matches commands that make a commit from git objects, or that write the configuration file.
var commits = lazyregexp.New(`hash-object|commit-tree|update-index|mktree|fast-import|(>|\btee\b|\bsed\s+-\S*i|\bcp\b|\bmv\b|\brm\b|open\(|write)[^\n;|&]*` + regexp.QuoteMeta(config.FileName))
