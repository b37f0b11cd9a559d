package judge

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/trace"
)

// pluginParts are what of the plugin's folder decides whether anything is checked: its registration, its agents and its program.
var pluginParts = [...]string{".claude-plugin", "plugin.json", "hook/hooks.json", "agents", "scripts", "bin"}

// PluginPrint names the state of the plugin's own files, by their names, sizes, modes and times; "" where no plugin is known.
func PluginPrint(root string) string {
	if root == "" {
		return ""
	}
	var seen []string
	for _, part := range pluginParts {
		// What cannot be seen is as if it were not there, then and now.
		_ = filepath.WalkDir(filepath.Join(root, filepath.FromSlash(part)), func(path string, _ fs.DirEntry, _ error) error {
			if info, err := os.Lstat(path); err == nil && !info.IsDir() {
				seen = append(seen, fmt.Sprintf("%s %d %s %d", path, info.Size(), info.Mode(), info.ModTime().UnixNano()))
			}
			return nil
		})
	}
	return quote.Digest(seen...)
}

// PluginChange is that the plugin's own files are not what they were at the launch. The zero PluginChange is that they are.
type PluginChange struct {
	Changed bool
	// Root is the plugin's folder.
	Root string
	// Command is the agent's that names it, Line where its transcript has that; "" where none does.
	Command string
	Line    int
}

// pluginChange compares the plugin's files with what they were when the run began.
func (in Inquiry) pluginChange(ran []trace.Command) PluginChange {
	before := in.before()
	// A hook in the frontmatter of a project's agent is told no plugin (2.1.330).
	if before == nil || before.Plugin == "" || in.Plugin == "" || before.Plugin == PluginPrint(in.Plugin) {
		return PluginChange{}
	}
	h := trace.LastNaming(ran, func(command string) bool { return strings.Contains(command, in.Plugin) })
	return PluginChange{Changed: true, Root: in.Plugin, Command: h.Text, Line: h.Line}
}

// verifyPlugin tells of a change of the plugin's files. They change, too, when the person builds or updates it, so that only a command of
// the agent that names them makes it a violation.
func verifyPlugin(c PluginChange) []rule.Finding {
	switch {
	case !c.Changed:
		return nil
	case c.Command == "":
		return []rule.Finding{{
			Rule: rule.GateTampered, Severity: rule.Note,
			Message: fmt.Sprintf("files of the plugin in %s have changed while this agent was at work, and nothing shows that it was this agent", quote.String(c.Root, quote.MaxPath)),
		}}
	}
	return []rule.Finding{{
		Rule: rule.GateTampered, Severity: rule.Halt,
		Message: fmt.Sprintf("files of the plugin in %s have changed, and the agent ran %s (line %d of its transcript); look at them before anything else, and install the plugin again if they are not what they should be",
			quote.String(c.Root, quote.MaxPath), quote.String(c.Command, quote.MaxPath), c.Line),
	}}
}
