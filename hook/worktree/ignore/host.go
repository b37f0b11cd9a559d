package ignore

import "strings"

// OfHost reports whether a line of info/exclude is one of those that Claude Code (2.1.330) adds itself. Their patterns are for .claude. It returns
// false for comments and empty lines.
func OfHost(line string) bool {
	pattern := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(line), "**"), "/")
	return pattern == ".claude" || strings.HasPrefix(pattern, ".claude/") && !strings.Contains(pattern, "..")
}
