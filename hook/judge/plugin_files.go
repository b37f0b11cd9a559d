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

// pluginParts are the parts of the plugin's folder that decide whether anything is checked: its registration, agents and program.
var pluginParts = [...]string{".claude-plugin", "plugin.json", "hook/hooks.json", "agents", "scripts", "bin"}

// PluginPrint identifies the state of the plugin's files by their names, sizes, modes and times; "" for the root "".
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
	Hand    string // as in trace.Edit
	Line    int
}

// pluginChange compares the plugin's files with their state when the run began.
func (in Inquiry) pluginChange(ran []trace.Command) PluginChange {
	before := in.before()
	// Claude Code 2.1.330 names no plugin to a hook in the frontmatter of a project's agent.
	if before == nil || before.Plugin == "" || in.Plugin == "" || before.Plugin == PluginPrint(in.Plugin) {
		return PluginChange{}
	}
	named := trace.LastNaming(ran, func(command string) bool { return strings.Contains(command, in.Plugin) })
	return PluginChange{Changed: true, Root: in.Plugin, Command: named.Text, Line: named.Line, Hand: named.Hand}
}

// verifyPlugin finds a change of the plugin's files. They also change when the person builds or updates the plugin, so only a command of the
// agent that names the folder makes it a violation.
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
		Message: fmt.Sprintf("files of the plugin in %s have changed, and the agent ran %s (%s); look at them before anything else, and install the plugin again if they are not what they should be",
			quote.String(c.Root, quote.MaxPath), quote.String(c.Command, quote.MaxPath), trace.Where(c.Line, "its", c.Hand)),
	}}
}
