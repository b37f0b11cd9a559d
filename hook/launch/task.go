package launch

import (
	"unicode/utf8"

	"stopgate/hook/gates"
	"stopgate/hook/quote"
)

// ShortTask is the name by which the protocol knows a task: one that is longer than maxTaskID keeps its head, and a hash of it all, so that
// no two tasks become one. It is its own short form.
func ShortTask(name string) string {
	if utf8.RuneCountInString(name) <= quote.MaxTask {
		return name
	}
	return quote.Clip(name, quote.MaxTask/2) + " " + quote.Digest(gates.Key(name))
}

// TaskKey is the same for every spelling of a task.
func TaskKey(name string) string { return gates.Key(ShortTask(name)) }
