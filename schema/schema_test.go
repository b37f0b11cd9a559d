package schema

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

func decode(t *testing.T, text string) any {
	t.Helper()
	var doc any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return doc
}

func TestNames(t *testing.T) {
	for _, name := range []string{"cleanup", "config", "journal", "report", "result", "status", "step"} {
		if !slices.Contains(Names(), name) {
			t.Errorf("no schema %s among %v", name, Names())
		}
	}
	if !slices.IsSorted(Names()) {
		t.Errorf("%v are not in order", Names())
	}
}

// Every schema is valid draft 2020-12, states its purpose, and holds its own examples.
func TestSchemas(t *testing.T) {
	draft, err := jsonschema.Compile("https://json-schema.org/draft/2020-12/schema")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			source, err := Source(name)
			if err != nil {
				t.Fatal(err)
			}
			doc, ok := decode(t, string(source)).(map[string]any)
			if !ok {
				t.Fatal("not an object")
			}
			if err := draft.Validate(doc); err != nil {
				t.Errorf("not valid draft 2020-12: %#v", err)
			}
			for key, want := range map[string]any{
				"$schema": "https://json-schema.org/draft/2020-12/schema",
				"$id":     prefix + name,
				"type":    "object",
			} {
				if doc[key] != want {
					t.Errorf("%s is %v, want %v", key, doc[key], want)
				}
			}
			for _, key := range []string{"title", "description"} {
				if s, _ := doc[key].(string); s == "" {
					t.Errorf("no %s", key)
				}
			}
			if open := name == "gate"; doc["additionalProperties"] != open { // what gates tell beside their result differs
				t.Errorf("unknown fields are let through: %v", doc["additionalProperties"])
			}
			examples, _ := doc["examples"].([]any)
			if len(examples) == 0 {
				t.Error("no examples")
			}
			for i, example := range examples {
				violations, err := Validate(name, example)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range violations {
					t.Errorf("example %d: %s", i, inWords(v))
				}
			}
		})
	}
}

// The schemas use no keyword that a violation cannot put into words.
func TestKeywords(t *testing.T) {
	known := strings.Fields(`$schema $id $ref $defs $comment title description examples
		type const enum properties required additionalProperties items uniqueItems minLength maxLength pattern format minimum maximum minItems
		allOf if then else`)
	var walk func(t *testing.T, at string, schema any)
	walk = func(t *testing.T, at string, schema any) {
		rule, ok := schema.(map[string]any)
		if !ok {
			return
		}
		for keyword, value := range rule {
			if !slices.Contains(known, keyword) {
				t.Errorf("%s/%s: describe has no words for it", at, keyword)
			}
			switch keyword {
			case "properties", "$defs":
				for name, sub := range value.(map[string]any) {
					walk(t, at+"/"+keyword+"/"+name, sub)
				}
			case "allOf":
				for _, sub := range value.([]any) {
					walk(t, at+"/"+keyword, sub)
				}
			case "items", "if", "then", "else":
				walk(t, at+"/"+keyword, value)
			case "pattern":
				if rule["$comment"] == nil {
					t.Errorf("%s: a pattern without a $comment that says what it is after", at)
				}
			}
		}
	}
	for _, name := range Names() {
		source, err := Source(name)
		if err != nil {
			t.Fatal(err)
		}
		walk(t, name, decode(t, string(source)))
	}
}

func TestUnknownName(t *testing.T) {
	const want = `no schema "../report": the schemas are cleanup, config, doctor, event, figures, gate, journal, report, result, status, step`
	if _, err := Source("../report"); err == nil || err.Error() != want {
		t.Errorf("Source: %v, want %s", err, want)
	}
	if _, err := Validate("../report", nil); err == nil || err.Error() != want {
		t.Errorf("Validate: %v, want %s", err, want)
	}
}

func TestNothingIsFetched(t *testing.T) {
	s := &ruleset{sources: map[string]any{}}
	for _, id := range []string{"https://json-schema.org/schema", "http://127.0.0.1/x", "file:///etc/passwd", "urn:other:schema:report", prefix + "absent"} {
		if r, err := s.load(id); err == nil {
			_ = r.Close()
			t.Errorf("%s was loaded", id)
		}
	}
}

func TestPlainValuesOnly(t *testing.T) {
	for _, doc := range []any{json.Number("1e999999999"), 1, []any{json.Number("1")}, map[string]any{"task_id": json.RawMessage(`"x"`)}, struct{}{}} {
		if _, err := Validate("report", doc); err == nil {
			t.Errorf("a %T was validated", doc)
		}
	}
}
