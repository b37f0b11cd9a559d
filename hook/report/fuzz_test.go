package report

import (
	"encoding/json"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"stopgate/hook/report/document"
)

// seeds returns the messages and texts of the tables.
func seeds() []string {
	var list []string
	for _, m := range messages {
		list = append(list, strings.NewReplacer("«", "", "»", "").Replace(m.message))
	}
	for _, w := range wrong {
		text, _ := unmark(w.text)
		list = append(list, text)
	}
	return list
}

func TestSeeds(t *testing.T) {
	if n := len(seeds()); n < 100 {
		t.Errorf("only %d seeds", n)
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, message string) {
		found := Find(message)
		if found.Kind == KindNone {
			if found != (Found{}) {
				t.Fatalf("nothing at %+v", found)
			}
			return
		}
		if found.Kind == KindError {
			if found.Text == "" || utf8.RuneCountInString(found.Text) > maxExit+1 || strings.ContainsFunc(found.Text, func(c rune) bool { return !unicode.IsPrint(c) }) {
				t.Errorf("an error %q", found.Text)
			}
			return
		}
		if !strings.Contains(message, found.Text) || !strings.HasPrefix(found.Text, "{") {
			t.Fatalf("a report %q", found.Text)
		}
		_, problems := Parse(found.Text)
		checkProblems(t, problems)
		if again := Find(found.Text); len(problems) == 0 && again.Text != found.Text {
			t.Errorf("alone, the report is %d, %q", again.Kind, again.Text)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	surrogate := regexp.MustCompile(`\\u[dD][89a-fA-F]`)
	bound := regexp.MustCompile(`nested more than|more than \d+ (values|arrays)|out of range`)
	f.Fuzz(func(t *testing.T, text string) {
		r, problems := Parse(text)
		checkProblems(t, problems)
		if again, twice := Parse(text); !reflect.DeepEqual(r, again) || !reflect.DeepEqual(problems, twice) {
			t.Errorf("not the same twice: %+v, %+v", problems, twice)
		}
		malformed := len(problems) > 0 && problems[0].Rule == Malformed
		var doc any
		err := json.Unmarshal([]byte(text), &doc)
		strict := err == nil && utf8.ValidString(text) && !repeats(t, text)
		if malformed && strict && !surrogate.MatchString(text) && !bound.MatchString(problems[0].Message) {
			t.Errorf("%q is refused: %+v", text, problems)
		}
		if malformed {
			if r.Raw != nil {
				t.Errorf("what is malformed is handed on: %+v", r)
			}
			return
		}
		if !strict {
			t.Fatalf("%q passes for strict", text)
		}
		if got := document.Read(text); !got.Whole || !reflect.DeepEqual(got.Value, doc) {
			t.Errorf("read %#v, want %#v", got, doc)
		}
		if _, isObject := doc.(map[string]any); isObject != (r.Raw != nil) {
			t.Errorf("raw: %q", r.Raw)
		}
		if len(problems) == 0 {
			var want struct {
				TaskID        string   `json:"task_id"`
				WorktreePath  string   `json:"worktree_path"`
				WorkCompleted string   `json:"work_completed"`
				FilesModified []string `json:"files_modified"`
				Unfinished    []string `json:"unfinished"`
			}
			if err := json.Unmarshal([]byte(text), &want); err != nil {
				t.Fatal(err)
			}
			if r.TaskID != want.TaskID || r.WorktreePath != want.WorktreePath || r.WorkCompleted != want.WorkCompleted ||
				!reflect.DeepEqual(r.FilesModified, want.FilesModified) || !reflect.DeepEqual(r.Unfinished, want.Unfinished) {
				t.Errorf("got %+v, want %+v", r, want)
			}
		}
	})
}

// repeats tells whether an object of a valid JSON text has a name twice.
func repeats(t *testing.T, text string) bool {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	type level struct {
		object, value bool // value: what comes next is no name
		names         map[string]bool
	}
	levels := []*level{{}}
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return false
		}
		if err != nil {
			t.Fatal(err)
		}
		top := levels[len(levels)-1]
		switch token {
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
			continue
		}
		if name, ok := token.(string); ok && top.object && !top.value {
			if top.names[name] {
				return true
			}
			top.names[name], top.value = true, true
			continue
		}
		top.value = false
		switch token {
		case json.Delim('{'):
			levels = append(levels, &level{object: true, names: map[string]bool{}})
		case json.Delim('['):
			levels = append(levels, &level{})
		}
	}
}
