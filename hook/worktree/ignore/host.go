package ignore

import "strings"

// OfHost reports whether a line of info/exclude is one that Claude Code (2.1.330) adds itself: it is about .claude. Comments and empty lines
// are not.
func OfHost(line string) bool {
	pattern := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(line), "**"), "/")
	return pattern == ".claude" || strings.HasPrefix(pattern, ".claude/") && !strings.Contains(pattern, "..")
}
