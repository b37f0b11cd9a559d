package schema

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/tidwall/gjson"
)

// Each printed schema is whole: a validator that knows no other document can compile it.
func TestStandalone(t *testing.T) {
	for _, name := range Names() {
		whole, err := Standalone(name)
		if err != nil {
			t.Fatal(err)
		}
		if id := gjson.GetBytes(whole, "$id").String(); id != prefix+name {
			t.Errorf("%s: $id is %q", name, id)
		}
		alone := jsonschema.NewCompiler()
		alone.LoadURL = nil
		if err := alone.AddResource("mem:/"+name, bytes.NewReader(whole)); err != nil {
			t.Fatal(err)
		}
		if _, err := alone.Compile("mem:/" + name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Standalone("nonsense"); err == nil || !strings.Contains(err.Error(), "report") {
		t.Errorf("an unknown name: %v", err)
	}
}

// Patterns have to mean the same in every regular expression engine: no classes of Unicode properties, no escapes that one of them lacks.
func TestPatternsArePortable(t *testing.T) {
	checked := 0
	for _, name := range Names() {
		source, err := Source(name)
		if err != nil {
			t.Fatal(err)
		}
		var walk func(at gjson.Result)
		walk = func(at gjson.Result) {
			at.ForEach(func(key, value gjson.Result) bool {
				if key.String() == "pattern" && value.Type == gjson.String {
					checked++
					for _, escape := range []string{`\p`, `\P`, `\x`, `\u`, `\h`, `\Q`, `\A`, `\z`, `(?`, `[:`, `\d`, `\w`, `\s`} {
						if strings.Contains(value.String(), escape) {
							t.Errorf("%s: the pattern %q has %s", name, value.String(), escape)
						}
					}
				}
				if value.IsObject() || value.IsArray() {
					walk(value)
				}
				return true
			})
		}
		walk(gjson.ParseBytes(source))
	}
	if checked < 10 {
		t.Errorf("only %d patterns were found", checked)
	}
}

// A text that only has characters that nobody sees is none, whichever they are, and any letter is a text.
func TestVisible(t *testing.T) {
	report := func(text string) bool {
		content, err := json.Marshal(map[string]any{
			"task_id": text, "worktree_path": "./trees/T1", "work_completed": "x", "files_modified": []string{}, "unfinished": []string{},
		})
		if err != nil {
			t.Fatal(err)
		}
		var value any
		if err := json.Unmarshal(content, &value); err != nil {
			t.Fatal(err)
		}
		violations, err := Validate("report", value)
		if err != nil {
			t.Fatal(err)
		}
		return len(violations) == 0
	}
	var visible, hidden []rune
	for r := rune(0); r <= unicode.MaxRune; r++ {
		switch {
		case unicode.In(r, unicode.L, unicode.N, unicode.S, unicode.P) && r%97 == 0:
			visible = append(visible, r)
		case unicode.In(r, unicode.Z, unicode.Cc, unicode.Cf):
			hidden = append(hidden, r)
		}
	}
	if report(string(hidden)) {
		t.Error("characters that nobody sees are a text")
	}
	for _, r := range visible {
		if !report(string(r)) {
			t.Errorf("%U is no text", r)
		}
	}
	if len(visible) < 1000 || len(hidden) < 100 {
		t.Errorf("%d and %d characters were tried", len(visible), len(hidden))
	}
}

// foreign compiles every schema with Python's jsonschema and validates a report with it.
const foreign = `
import json, pathlib, sys
from jsonschema import Draft202012Validator
folder = pathlib.Path(sys.argv[1])
for file in sorted(folder.glob("*.schema.json")):
    schema = json.loads(file.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for value in ({}, [], {"task_id": "T1"}, {"agents": {"coding": ["x:bug-*"]}}, {"stopgate": "step/1"}):
        list(validator.iter_errors(value))
    if file.name == "report.schema.json":
        good = {"task_id": "T1", "worktree_path": "./trees/T1", "work_completed": "x", "files_modified": ["a"], "unfinished": []}
        assert validator.is_valid(good)
        assert not validator.is_valid(dict(good, task_id="\u200b \u00a0"))
    if file.name == "config.schema.json":
        assert validator.is_valid({"agents": {"coding": ["x:bug-*", "größe"]}})
        assert not validator.is_valid({"agents": {"coding": ["a b"]}})
    print(file.name)
`

func TestForeignValidator(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err == nil {
		err = exec.Command(python, "-c", "import jsonschema").Run()
	}
	if err != nil {
		if os.Getenv("STOPGATE_NO_SKIP") == "1" {
			t.Fatal("Python's jsonschema is not installed, and STOPGATE_NO_SKIP=1")
		}
		t.Skip("Python's jsonschema is not installed")
	}
	folder := t.TempDir()
	for _, name := range Names() {
		whole, err := Standalone(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name+suffix), whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(python, "-c", foreign, folder).CombinedOutput()
	if err != nil || strings.Count(string(out), suffix) != len(Names()) {
		t.Errorf("%v\n%s", err, out)
	}
}
