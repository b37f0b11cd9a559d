package schema

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Violation is one place where a value departs from its schema.
type Violation struct {
	// Pointer is the place: a JSON pointer (RFC 6901) into the value, "" for the value itself. The pointer of a missing property is
	// the one it would have. It has the property names of the value and is neither bounded nor escaped for display.
	Pointer string
	// Got is the value there, on one line of at most some 100 characters, strings in quotes.
	Got string
	// Want is the expected value, in words.
	Want string
	// Keyword is the violated keyword of JSON Schema.
	Keyword string
	// Known are the names of the properties that the schema has there, in order; nil unless Keyword is additionalProperties.
	Known []string
}

// Tokens returns the elements of Pointer; none for the value itself.
func (v Violation) Tokens() []string {
	if v.Pointer == "" {
		return nil
	}
	tokens := strings.Split(v.Pointer[1:], "/")
	for i, t := range tokens {
		tokens[i] = unescaper.Replace(t)
	}
	return tokens
}

// Validate checks doc against the schema of that name. doc is a value that encoding/json decodes into an any: nil, bool, float64,
// string, []any and map[string]any. Any other type, json.Number included, is an error, and so is an unknown name. It returns every
// violation, in the order of their pointers, and none if doc is valid.
func Validate(name string, doc any) ([]Violation, error) {
	if err := plain(doc); err != nil {
		return nil, fmt.Errorf("validating under the %s schema: %w", name, err)
	}
	s, err := compile(name)
	if err != nil {
		return nil, err
	}
	err = s.compiled.Validate(doc)
	if err == nil {
		return nil, nil
	}
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return nil, fmt.Errorf("validating under the %s schema: %w", name, err)
	}
	var violations []Violation
	eachLeaf(invalid, func(leaf *jsonschema.ValidationError) {
		violations = append(violations, s.describe(leaf, doc)...)
	})
	slices.SortStableFunc(violations, func(a, b Violation) int {
		return cmp.Or(comparePointers(a.Pointer, b.Pointer), cmp.Compare(a.Keyword, b.Keyword))
	})
	return slices.CompactFunc(violations, func(a, b Violation) bool {
		return a.Pointer == b.Pointer && a.Got == b.Got && a.Want == b.Want
	}), nil
}

// plain refuses values that are not plain JSON. Numbers must be float64 because the validator calculates exactly: a json.Number of
// 1e999999999 would exhaust the memory.
func plain(doc any) error {
	switch v := doc.(type) {
	case nil, bool, float64, string:
		return nil
	case []any:
		for _, item := range v {
			if err := plain(item); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		for _, value := range v {
			if err := plain(value); err != nil {
				return err
			}
		}
		return nil
	default:
		return fmt.Errorf("a %T is no plain JSON value", v)
	}
}

// ruleset is a schema ready for use.
type ruleset struct {
	compiled *jsonschema.Schema
	// sources are the decoded schemas that it is made of, by $id: its own and those it refers to.
	sources map[string]any
}

// compile prepares a schema at its first use and keeps it. Most runs of the program need no schema, and the others need one.
func compile(name string) (*ruleset, error) {
	if once, ok := rulesets[name]; ok {
		return once()
	}
	_, err := Source(name)
	return nil, err
}

var rulesets = func() map[string]func() (*ruleset, error) {
	all := map[string]func() (*ruleset, error){}
	for _, name := range Names() {
		all[name] = sync.OnceValues(func() (*ruleset, error) { return newRuleset(name) })
	}
	return all
}()

func newRuleset(name string) (*ruleset, error) {
	s := &ruleset{sources: map[string]any{}}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat = true
	compiler.LoadURL = s.load
	var err error
	if s.compiled, err = compiler.Compile(prefix + name); err != nil {
		return nil, fmt.Errorf("compiling the %s schema: %w", name, err)
	}
	return s, nil
}

// load gives the compiler the embedded schemas only. It opens no file and no connection.
func (s *ruleset) load(id string) (io.ReadCloser, error) {
	name, ours := strings.CutPrefix(id, prefix)
	if !ours {
		return nil, fmt.Errorf("a schema refers to %q, which is not one of stopgate's", id)
	}
	source, err := Source(name)
	if err != nil {
		return nil, err
	}
	var decoded any
	if err := json.Unmarshal(source, &decoded); err != nil {
		return nil, fmt.Errorf("decoding the %s schema: %w", name, err)
	}
	s.sources[id] = decoded
	return io.NopCloser(bytes.NewReader(source)), nil
}

// eachLeaf calls visit with each violated keyword, but not with the keywords around it that fail in consequence.
func eachLeaf(v *jsonschema.ValidationError, visit func(*jsonschema.ValidationError)) {
	if len(v.Causes) == 0 {
		visit(v)
	}
	for _, cause := range v.Causes {
		eachLeaf(cause, visit)
	}
}

// violated returns the subschema of a leaf, and the keyword.
func (s *ruleset) violated(leaf *jsonschema.ValidationError) (subschema map[string]any, keyword string) {
	id, fragment, _ := strings.Cut(leaf.AbsoluteKeywordLocation, "#")
	tokens := splitLocation(fragment)
	if len(tokens) == 0 {
		return nil, ""
	}
	parent, keyword := tokens[:len(tokens)-1], tokens[len(tokens)-1]
	subschema, _ = at(s.sources[id], parent).(map[string]any)
	return subschema, keyword
}

// splitLocation splits a location of the validator's: a JSON pointer whose tokens are percent-encoded too.
func splitLocation(location string) []string {
	if location == "" {
		return nil
	}
	tokens := strings.Split(strings.TrimPrefix(location, "/"), "/")
	for i, t := range tokens {
		if plain, err := url.PathUnescape(t); err == nil {
			t = plain
		}
		tokens[i] = unescaper.Replace(t)
	}
	return tokens
}

// RFC 6901, section 3.
var (
	escaper   = strings.NewReplacer("~", "~0", "/", "~1")
	unescaper = strings.NewReplacer("~1", "/", "~0", "~")
)

func joinPointer(tokens ...string) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteByte('/')
		b.WriteString(escaper.Replace(t))
	}
	return b.String()
}

// at returns the value in doc at the pointer of those tokens; nil if there is none.
func at(doc any, tokens []string) any {
	for _, t := range tokens {
		switch v := doc.(type) {
		case map[string]any:
			doc = v[t]
		case []any:
			i, err := strconv.Atoi(t)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			doc = v[i]
		default:
			return nil
		}
	}
	return doc
}

// comparePointers orders JSON pointers by token, indexes by their number, a value before what is in it.
func comparePointers(a, b string) int {
	for {
		x, restA, moreA := strings.Cut(a, "/")
		y, restB, moreB := strings.Cut(b, "/")
		switch {
		case x != y:
			return compareTokens(x, y)
		case !moreA && !moreB:
			return 0
		case !moreA:
			return -1
		case !moreB:
			return 1
		}
		a, b = restA, restB
	}
}

func compareTokens(x, y string) int {
	i, errX := strconv.Atoi(x)
	j, errY := strconv.Atoi(y)
	if errX == nil && errY == nil && i != j {
		return cmp.Compare(i, j)
	}
	return cmp.Compare(x, y)
}
