package config

import (
	"fmt"
	"strconv"
	"strings"

	"stopgate/schema"
)

// Problem is one mistake in a configuration file.
type Problem struct {
	// File is the name that Parse was given.
	File string
	// Line and Column are its position, in characters, from 1; both 0 for the file as a whole.
	Line, Column int
	// Message is one line in lower case: the mistake, and what to write instead. Values in it are quoted and bounded.
	Message string
}

// String has the form of a compiler's errors: ".stopgate.yml:3:7: …".
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// describe turns a violation of the schema into a flaw, in YAML's terms.
func describe(v schema.Violation, root *place) flaw {
	tokens := v.Tokens()
	at := root.find(tokens)
	name := display(tokens)
	switch v.Keyword {
	case "additionalProperties":
		key := tokens[len(tokens)-1]
		if instead := renamed[name]; instead != "" {
			return flaw{at.key, fmt.Sprintf("the key %s has another name now; write %s", schema.Quote(key), instead)}
		}
		instead := "one of " + strings.Join(v.Known, ", ")
		if near := schema.Nearest(key, v.Known); near != "" {
			instead = schema.Quote(near)
		}
		return flaw{at.key, fmt.Sprintf("unknown key %s; write %s", schema.Quote(key), instead)}
	case "required":
		return flaw{at.value, fmt.Sprintf("%s is missing; write it", name)}
	case "uniqueItems":
		return flaw{at.value, fmt.Sprintf("%s is in its list already; write it once", name)}
	}
	got, want := v.Got, inYAML.Replace(v.Want)
	if !strings.HasPrefix(got, `"`) {
		got = inYAML.Replace(got)
	}
	if name == "" {
		name = "the file"
	}
	return flaw{at.value, fmt.Sprintf("%s is %s; write %s", name, got, want)}
}

// renamed has what to write in place of a key of an earlier version.
var renamed = map[string]string{"worktree_root": "worktrees: {roots: [trees]}, with your own folder"}

// inYAML replaces JSON's terms by YAML's.
var inYAML = strings.NewReplacer("an array", "a list", "an object", "keys with values", " fields", " keys", " field", " key", "null", "empty")

// display writes the tokens of a pointer in the usual form: "profiles[0].files".
func display(tokens []string) string {
	var b strings.Builder
	for _, t := range tokens {
		if _, ok := index(t); ok {
			fmt.Fprintf(&b, "[%s]", t)
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(t)
	}
	return b.String()
}

func index(token string) (int, bool) {
	i, err := strconv.Atoi(token)
	return i, err == nil && i >= 0
}
