package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// describe puts a violated keyword into words. Each missing or unknown property and each repeated item is a violation of its own.
func (s *ruleset) describe(leaf *jsonschema.ValidationError, doc any) []Violation {
	tokens := splitLocation(leaf.InstanceLocation)
	value := at(doc, tokens)
	rule, keyword := s.violated(leaf)
	pointer := joinPointer(tokens...)
	violation := func(got, want string) []Violation {
		return []Violation{{Pointer: pointer, Got: got, Want: want, Keyword: keyword}}
	}
	switch keyword {
	case "required":
		return missing(rule, value, pointer)
	case "additionalProperties":
		return unknown(rule, value, pointer)
	case "uniqueItems":
		return repeated(value, pointer)
	case "type":
		return violation(render(value), kind(rule))
	case "const":
		return violation(render(value), render(rule["const"]))
	case "enum":
		return violation(render(value), oneOf(rule["enum"]))
	case "minLength":
		return violation(render(value), orComment(rule, "a string of at least "+count(rule[keyword], "character")))
	case "maxLength":
		return violation("a string of "+count(length(value), "character"), "at most "+count(rule[keyword], "character"))
	case "pattern":
		return violation(render(value), orComment(rule, fmt.Sprintf("a string that matches %v", rule[keyword])))
	case "format":
		return violation(render(value), fmt.Sprintf("a %v", rule[keyword]))
	case "minimum":
		return violation(render(value), fmt.Sprintf("at least %v", rule[keyword]))
	case "maximum":
		return violation(render(value), fmt.Sprintf("at most %v", rule[keyword]))
	case "minItems":
		return violation(render(value), "at least "+count(rule[keyword], "item"))
	default:
		return violation(render(value), fmt.Sprintf("what %q of the schema asks for: %s", keyword, render(rule[keyword])))
	}
}

// orComment returns the $comment of a rule, which describes its pattern or length in words; without one it is the words given.
func orComment(rule map[string]any, words string) string {
	if comment, ok := rule["$comment"].(string); ok {
		return comment
	}
	return words
}

func missing(rule map[string]any, value any, pointer string) []Violation {
	object, _ := value.(map[string]any)
	required, _ := rule["required"].([]any)
	properties, _ := rule["properties"].(map[string]any)
	var violations []Violation
	for _, r := range required {
		name, _ := r.(string)
		if _, ok := object[name]; ok {
			continue
		}
		property, _ := properties[name].(map[string]any)
		violations = append(violations, Violation{
			Pointer: pointer + joinPointer(name), Got: "nothing", Want: kind(property) + " (required)", Keyword: "required",
		})
	}
	return violations
}

func unknown(rule map[string]any, value any, pointer string) []Violation {
	object, _ := value.(map[string]any)
	properties, _ := rule["properties"].(map[string]any)
	known := slices.Sorted(maps.Keys(properties))
	want := "no such field; the fields are " + strings.Join(known, ", ")
	var violations []Violation
	for name, v := range object {
		if _, ok := properties[name]; !ok {
			violations = append(violations, Violation{
				Pointer: pointer + joinPointer(name), Got: render(v), Want: want, Keyword: "additionalProperties", Known: known,
			})
		}
	}
	return violations
}

// repeated lists every item that is in the array before. The validator itself stops at the first.
func repeated(value any, pointer string) []Violation {
	items, _ := value.([]any)
	first := make(map[string]int, len(items))
	var violations []Violation
	for i, item := range items {
		key, err := json.Marshal(item)
		if err != nil {
			continue // not for a plain JSON value
		}
		if j, again := first[string(key)]; again {
			violations = append(violations, Violation{
				Pointer: pointer + joinPointer(strconv.Itoa(i)), Got: render(item) + " again",
				Want: "each item once; it stands at " + pointer + joinPointer(strconv.Itoa(j)), Keyword: "uniqueItems",
			})
			continue
		}
		first[string(key)] = i
	}
	return violations
}

// kind describes the type of value that a schema accepts.
func kind(rule map[string]any) string {
	if c, ok := rule["const"]; ok {
		return render(c)
	}
	if enum, ok := rule["enum"]; ok {
		return oneOf(enum)
	}
	var types []any
	switch t := rule["type"].(type) {
	case []any:
		types = t
	case string:
		types = []any{t}
	}
	words := make([]string, 0, len(types))
	for _, t := range types {
		words = append(words, oneKind(fmt.Sprint(t), rule))
	}
	if len(words) == 0 {
		return "a value"
	}
	return strings.Join(words, " or ")
}

func oneKind(name string, rule map[string]any) string {
	switch name {
	case "array":
		items, _ := rule["items"].(map[string]any)
		if t, ok := items["type"].(string); ok {
			return "an array of " + t + "s"
		}
		return "an array"
	case "boolean":
		return "true or false"
	case "null":
		return "null"
	case "object", "integer":
		return "an " + name
	}
	return "a " + name
}

func oneOf(enum any) string {
	values, _ := enum.([]any)
	words := make([]string, 0, len(values))
	for _, v := range values {
		words = append(words, render(v))
	}
	return "one of " + strings.Join(words, ", ")
}

// maxShown bounds the characters of a string in a violation.
const maxShown = 80

// render shows a value: scalars as they are, strings quoted and cut, of arrays and objects the size.
func render(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return Quote(v)
	case []any:
		return "an array of " + count(len(v), "item")
	case map[string]any:
		return "an object of " + count(len(v), "field")
	default:
		return fmt.Sprint(v)
	}
}

// Quote writes a string as a Go string, cut to 80 characters, so that no character in it can break the line or reorder the text around
// it.
func Quote(s string) string {
	runes := 0
	for i := range s {
		if runes == maxShown {
			return strconv.Quote(s[:i]) + "…"
		}
		runes++
	}
	return strconv.Quote(s)
}

func length(value any) int {
	s, _ := value.(string)
	return utf8.RuneCountInString(s)
}

// count is "1 character", "2 characters".
func count(n any, noun string) string {
	number := fmt.Sprint(n)
	if number != "1" {
		noun += "s"
	}
	return number + " " + noun
}
