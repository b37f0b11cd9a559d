package judge

import (
	"fmt"
	"path/filepath"

	"stopgate/hook/config"
	"stopgate/hook/inspect"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/shell"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// verifyPlugin finds a change of the plugin's files. They also change when the person builds or updates the plugin, so only a command of the
// agent that names the folder makes it a violation.
func verifyPlugin(c inspect.PluginChange) []rule.Finding {
	switch {
	case !c.Changed:
		return nil
	case c.Command == "":
		return []rule.Finding{rule.New(rule.GateTampered, rule.Note, "",
			"files of the plugin in %s have changed while this agent was at work, and nothing shows that it was this agent", quote.String(c.Root, quote.MaxPath))}
	}
	return []rule.Finding{rule.New(rule.GateTampered, rule.Halt, "",
		"files of the plugin in %s have changed, and the agent ran %s (%s); look at them before anything else, and install the plugin again if they are not what they should be",
		quote.String(c.Root, quote.MaxPath), quote.String(c.Command, quote.MaxPath), trace.Where(c.Line, "its", c.Helper))}
}

// verifyReconfigured finds a change of the configuration during the run. The person may change it at any time, so it is a violation only if there
// is evidence that the agent did it. It is pure.
func verifyReconfigured(c inspect.Reconfigured) []rule.Finding {
	if !c.Changed {
		return nil
	}
	message := fmt.Sprintf("the main worktree's committed %s has changed since this agent was launched: it was %s and is %s; this stop is judged by the former", config.FileName, c.From, c.To)
	if c.Why == "" {
		return []rule.Finding{{Rule: rule.GateTampered, Severity: rule.Note, Path: config.FileName, Message: message + ", and nothing shows that this agent changed it"}}
	}
	return []rule.Finding{rule.New(rule.GateTampered, rule.Halt, config.FileName,
		"%s; %s; a person must decide whether to keep it, and revert the commit otherwise", message, c.Why)}
}

// verifyConfig finds a change of the configuration in the agent's worktree. The change takes effect only when it is committed in the main worktree,
// but an agent must not write the rules that apply to it.
func verifyConfig(seen inspect.Evidence) []rule.Finding {
	for _, f := range seen.Files {
		if f.Path == config.FileName && f.Proof == inspect.ByGit && (f.Claimed || seen.Base == inspect.BaseLaunch && len(seen.Others) == 0 || seen.Wrote(f.Path)) {
			undo := "git -C " + shell.Quote(seen.Site.Place.Root) + " checkout -- " + config.FileName
			if f.Change == worktree.Added {
				undo = "rm " + shell.Quote(filepath.Join(seen.Site.Place.Root, config.FileName))
			}
			return []rule.Finding{rule.New(rule.GateTampered, rule.Halt, f.Path,
				"git shows %s as %s in the agent's worktree: that file has the rules for agents, and only the person may change it; to undo: %s", quote.String(f.Path, quote.MaxPath), f.Change.Words(), undo)}
		}
	}
	return nil
}
