package scope

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"stopgate/hook/lazyregexp"
)

var (
	denies = lazyregexp.New(`(?i)(?:\b(?:do not|never|must not|should not|may not|cannot|avoid|without)\b|n't\b)[^.;]{0,30}\b(?:touch|edit|chang|modif|alter)|\bno (?:change|edit|modif)|` +
		`\b(?:others?|another|else|belongs?|owns?|owned|untouched|unchanged|leave|revert\w*|undo|restore|outside|out of scope)\b`)
	refers   = lazyregexp.New(`(?i)\b(?:see|read|refer\w*|reference|based on|according|per|look|follow|like|example|existing|cf)\b`)
	toChange = lazyregexp.New(`(?i)\b(?:add|adapt|adjust|append|change|correct|create|delete|document|edit|extend|fix|implement|mend|modify|move|refactor|remove|rename|rewrite|split|update|write)\w*`)
)

// Asks reports whether a text asks for a change of a file: it names the path, in a sentence that does not forbid the change,
// is not about another agent, and does more than refer to the file.
func Asks(text, name string) bool {
	for line := range strings.Lines(text) {
		if !strings.Contains(line, name) {
			continue
		}
		for _, s := range sentences(line) {
			if namesPath(s, name) && !denies().MatchString(s) && (!refers().MatchString(s) || toChange().MatchString(s)) {
				return true
			}
		}
	}
	return false
}

// namesPath reports whether a text has the path as a word of its own, or at the end of a longer path.
func namesPath(text, name string) bool {
	for from := 0; ; from++ {
		at := strings.Index(text[from:], name)
		if at < 0 {
			return false
		}
		from += at
		before, _ := utf8.DecodeLastRuneInString(text[:from])
		after, _ := utf8.DecodeRuneInString(text[from+len(name):])
		if (from == 0 || before == '/' || !isNameRune(before)) && (from+len(name) == len(text) || !isNameRune(after) || after == '.') {
			return true
		}
	}
}

func isNameRune(c rune) bool {
	return unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("_-./", c)
}
