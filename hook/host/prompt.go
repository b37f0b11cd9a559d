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

// ByPerson tells whether a prompt is the person's own. One that they begin with such a tag is taken for another's: they can say it again,
// and nobody can speak for them.
func ByPerson(ev Event) bool {
	switch ev.Source {
	case "", "user", "sdk":
		return !envelope().MatchString(ev.Prompt)
	}
	return false
}
