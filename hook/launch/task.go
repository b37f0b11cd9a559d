package launch

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"stopgate/hook/gates"
	"stopgate/hook/quote"
)

// TaskKey returns the key under which a task is stored and looked up. It ignores case and surrounding space. It accepts names of any length, and
// their short forms.
func TaskKey(name string) string { return gates.Key(ShortTask(name)) }

// ShortTask returns the name of a task in the protocol and the journal. Up to quote.MaxTask characters that is name itself. A longer name is cut
// and gets a hash of the whole, so that two tasks never share a name. ShortTask of a short form is that short form.
func ShortTask(name string) string {
	if utf8.RuneCountInString(name) <= quote.MaxTask {
		return name
	}
	return quote.Clip(name, quote.MaxTask/2) + " " + quote.Digest(gates.Key(name))
}

// SameTask reports whether two identifiers can mean the same task. Names with one TaskKey do. So do different spellings of one ticket: "#456",
// "456" and "issue #456", or "PROJ-1" and "PROJ-1: retry". Use it to judge an agent, which must not be accused because of a spelling. It is not an
// equivalence: "PROJ-1" matches two titles that do not match each other.
func SameTask(a, b string) bool {
	if TaskKey(a) == TaskKey(b) {
		return true
	}
	x, y := taskWords(a), taskWords(b)
	return beginsOrNames(x, y) || beginsOrNames(y, x)
}

// taskWords returns the words of an identifier, in lower case and without marks.
func taskWords(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("#:,;()[]\"'`", r) })
}

// beginsOrNames reports whether long begins with short, or has it as one of its words.
func beginsOrNames(short, long []string) bool {
	return len(short) > 0 && len(short) <= len(long) && slices.Equal(short, long[:len(short)]) ||
		len(short) == 1 && slices.Contains(long, short[0])
}

// Names reports whether a text names a task: its identifier stands in the text as words of its own, in any case.
func Names(text, task string) bool {
	words, name := taskWords(text), taskWords(task)
	for i := range words {
		if len(name) > 0 && i+len(name) <= len(words) && slices.EqualFunc(words[i:i+len(name)], name, func(a, b string) bool {
			return strings.Trim(a, ".!?") == strings.Trim(b, ".!?")
		}) {
			return true
		}
	}
	return false
}
