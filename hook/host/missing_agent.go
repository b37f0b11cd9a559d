package host

import (
	"slices"
	"strings"

	"stopgate/hook/lazyregexp"
)

// notFound matches the client's error for the launch of an agent of a type that does not exist (2.1.330, 2.1.332).
var notFound = lazyregexp.New(`(?is)^\W*(?:error\W+)?agent type\b.*\bnot found\b`)

// plausibleType matches an agent's type in the client's form: the agent's name, after the names of its plugin.
var plausibleType = lazyregexp.New(`^[\p{L}\p{N}][\p{L}\p{N}._-]{0,79}(?::[\p{L}\p{N}][\p{L}\p{N}._-]{0,79}){0,3}$`)

// maxErrorRead and maxTypes bound what is read from the client's list of types.
const (
	maxErrorRead = 64 << 10 // bytes
	maxTypes     = 500
)

// AgentMissing reports whether the error of a launch says that no agent of that type exists. available has the existing types that the error lists;
// nil for none.
func AgentMissing(message string) (available []string, missing bool) {
	message = message[:min(len(message), maxErrorRead)]
	if !notFound().MatchString(message) {
		return nil, false
	}
	const list = "Available agents:"
	at := strings.LastIndex(message, list) // the requested type stands before it
	if at < 0 {
		return nil, true
	}
	return AgentTypes(strings.Split(message[at+len(list):], ",")), true
}

// AgentTypes returns the names that can be types of agents, without duplicates, at most maxTypes.
func AgentTypes(names []string) []string {
	var types []string
	for _, name := range names {
		name = strings.TrimRight(strings.TrimSpace(name), ".")
		if plausibleType().MatchString(name) && !slices.Contains(types, name) && len(types) < maxTypes {
			types = append(types, name)
		}
	}
	return types
}
