package host

import (
	"regexp"
	"sync"
)

// envelope is the tag in which the host hands the orchestrator what others say, and itself: <agent-message from="…"> is what any agent
// sends to "main", for one (2.1.330). Of its tags only channel has no hyphen.
var envelope = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^[\s\p{C}]*<(?:[a-z]+(?:[-_][a-z]+)+|channel)[\s>]`)
})

// ByPerson reports whether the prompt of a UserPromptSubmit comes from the person. A prompt that begins with such a tag does not count,
// even if the person typed it: they can repeat it, and nobody else can approve in their name.
func ByPerson(ev Event) bool {
	switch ev.Source {
	case "", "user", "sdk":
		return !envelope().MatchString(ev.Prompt)
	}
	return false
}
