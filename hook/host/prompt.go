package host

import (
	"strings"

	"stopgate/hook/lazyregexp"
)

// envelope matches the tags with which the host passes messages of others, and its own, to the orchestrator. For example, <agent-message from="…">
// is a message of an agent to "main" (2.1.330). Only the tag channel has no hyphen.
var envelope = lazyregexp.New(`(?i)^[\s\p{C}]*<(?:[a-z]+(?:[-_][a-z]+)+|channel)[\s>]`)

// ByPerson reports whether the prompt of a UserPromptSubmit may be words of the person. A prompt that begins with such a tag never counts, even if
// the person typed it. They can say it again, and nobody else can approve in their name.
func ByPerson(ev Event) bool {
	switch ev.Source {
	case "", "user", "sdk":
		return strings.TrimSpace(ev.Prompt) != "" && !envelope().MatchString(ev.Prompt)
	}
	return false
}

// ownCommand matches a prompt that is a command of this plugin, as the person types it. The event has it unexpanded (2.1.200 to 2.1.332).
var ownCommand = lazyregexp.New(`^\s*/stopgate:([a-z]+)(?:[ \t]+([^\n]*))?\s*$`)

// PluginCommand returns the name and the arguments of this plugin's command in a prompt; ok is false for any other prompt.
func PluginCommand(prompt string) (name, arguments string, ok bool) {
	m := ownCommand().FindStringSubmatch(prompt)
	if m == nil {
		return "", "", false
	}
	return m[1], strings.Trim(strings.TrimSpace(m[2]), "\"'`"), true
}
