package host

import (
	"strings"

	"stopgate/hook/lazyregexp"
)

// envelope is the tag in which the host hands the orchestrator what others say, and itself: <agent-message from="…"> is what any agent
// sends to "main", for one (2.1.330). Of its tags only channel has no hyphen.
var envelope = lazyregexp.New(`(?i)^[\s\p{C}]*<(?:[a-z]+(?:[-_][a-z]+)+|channel)[\s>]`)

// ByPerson reports whether the prompt of a UserPromptSubmit comes from the person. A prompt that begins with such a tag does not count,
// even if the person typed it: they can repeat it, and nobody else can approve in their name.
func ByPerson(ev Event) bool {
	switch ev.Source {
	case "", "user", "sdk":
		return !envelope().MatchString(ev.Prompt)
	}
	return false
}

// ownCommand is a prompt that is a command of this plugin, as the person types it: the event has it unexpanded (2.1.200 to 2.1.332).
var ownCommand = lazyregexp.New(`^\s*/stopgate:([a-z]+)(?:[ \t]+([^\n]*))?\s*$`)

// PluginCommand is the command of this plugin that a prompt is, and what stands behind its name; ok is false for any other prompt.
func PluginCommand(prompt string) (name, arguments string, ok bool) {
	m := ownCommand().FindStringSubmatch(prompt)
	if m == nil {
		return "", "", false
	}
	return m[1], strings.Trim(strings.TrimSpace(m[2]), "\"'`"), true
}
