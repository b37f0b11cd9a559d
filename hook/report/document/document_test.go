package document

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Whatever is JSON has the value that encoding/json gives it, and no mistake.
func TestReadJSON(t *testing.T) {
	for _, text := range []string{
		`{"a": [1, -2.5e3, true, null], "b": {"c": "\u00e9\ud83d\ude00\\/\/\n"}}`, `[]`, `{}`, ` "x" `, `0`, "\t[\r\n]\n", `{"": {"": []}}`,
	} {
		var want any
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if got := Read(text); !got.Whole || got.Mistakes != nil || !reflect.DeepEqual(got.Value, want) {
			t.Errorf("%s: %+v, want %v", text, got, want)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct {
		text  string
		at    int
		part  string // of the first mistake
		whole bool
	}{
		{"", 0, "is empty", false},
		{`{"a": 1, "a": 2}`, 9, `"a" is twice in one object, its first value at line 1, column 7`, true},
		{`{"a": 1,}`, 7, "a comma before the closing", true},
		{`{a: 1}`, 1, "has no quotes", false},
		{`{"a": True}`, 6, "write true", true},
		{"{\"a\": \"x\ny\"}", 8, "a line break inside a string", false},
		{`{"a": 1} x`, 9, "more text follows", false},
		{`{"a": [1`, 8, "cut off", false},
		{`{"a": 01}`, 6, "not a JSON number", true},
		{"[\"\xff\"]", 2, "not UTF-8", true},
		{"// x\n[]", 0, "a comment", true},
		{strings.Repeat("[", MaxDepth+1), MaxDepth, "nested more than", false},
	} {
		got := Read(tt.text)
		if len(got.Mistakes) == 0 || got.Mistakes[0].At != tt.at || !strings.Contains(got.Mistakes[0].Message, tt.part) || got.Whole != tt.whole {
			t.Errorf("%q: %+v, want %q at %d, whole %v", tt.text, got, tt.part, tt.at, tt.whole)
		}
	}
}

// The mistakes that are not kept are counted.
func TestManyMistakes(t *testing.T) {
	const n = 1000
	got := Read(strings.Repeat("#\n", n) + "[]")
	if len(got.Mistakes) != maxMistakes || len(got.Mistakes)+got.More != n || !got.Whole {
		t.Errorf("%d mistakes and %d more, whole %v", len(got.Mistakes), got.More, got.Whole)
	}
}

func TestPlace(t *testing.T) {
	const text = "{\n  \"b\": [10, {\"é\": 20}],\n  \"a\": 30\n}"
	root := Read(text).Root
	if names := root.Names(); !slices.Equal(names, []string{"b", "a"}) {
		t.Errorf("the names are %q", names)
	}
	for pointer, want := range map[string]string{
		"":        "line 1, column 1",
		"b":       "line 2, column 8",
		"b/0":     "line 2, column 9",
		"b/1/é":   "line 2, column 19",
		"a":       "line 3, column 8",
		"b/7":     "line 2, column 8", // the array lacks it
		"missing": "line 1, column 1",
	} {
		if got := (Spot{Text: text, At: root.Find(strings.Split(pointer, "/"))}).String(); got != want {
			t.Errorf("%q is at %s, want %s", pointer, got, want)
		}
	}
	if whole := text[root.At:root.End]; whole != text {
		t.Errorf("the whole is %q", whole)
	}
}
