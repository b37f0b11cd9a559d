package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"stopgate/hook/quote"
	"stopgate/hook/report/document"
)

// upTo repeats a piece up to a size.
func upTo(size int, piece string) string { return strings.Repeat(piece, size/len(piece)) }

// A message of 20 MiB is the largest that is tried. Work that grows with the square of the size would not end at a fraction of it.
const (
	largest = 20 << 20
	large   = 1 << 20
)

// hostile are pieces from which messages are made, each with its expected finds.
var hostile = []struct {
	name, piece string
	kind        Kind
	largest     bool
}{
	{"letters", "a", KindNone, false},
	{"blanks", " ", KindNone, false},
	{"blank lines", "\n", KindNone, false},
	{"open braces", "{", KindNone, true},
	{"closed braces", "}", KindNone, false},
	{"pairs of braces", "{}", KindNone, false},
	{"brackets", "[", KindNone, false},
	{"colons in a brace", "{:", KindNone, false},
	{"quotes in a brace", `{"`, KindNone, false},
	{"backslashes in a string", `{"\`, KindNone, false},
	{"nested objects", `{"a":`, KindNone, true},
	{"nested reports", `{"task_id":1,"unfinished":`, KindReport, false},
	{"nearly reports", `{"taskjd":{"unfinishhed":`, KindNone, false},
	{"blanks before colons", `{` + strings.Repeat(" ", 100) + `:`, KindNone, false},
	{"fences", "```\n", KindNone, false},
	{"fences with braces", "```\n{", KindNone, true},
	{"fences with lines of braces", "```\n{\n", KindNone, false},
	{"growing fences", "````", KindNone, false},
	{"fences with reports", "```\n{\"task_id\":1,\"unfinished\":[]}\n```\n", KindReport, false},
	{"items", "- ", KindNone, false},
	{"numbers", "1", KindNone, false},
	{"ERROR lines of nothing", "ERROR:\n\n", KindError, false},
	{"ERROR", "ERROR", KindNone, false},
	{"emphasis", "*", KindNone, false},
	{"blanks within an object", "{" + strings.Repeat(" ", 1000), KindNone, false},
	{"reports in a line", `{"task_id":1,"unfinished":[]} `, KindReport, false},
	{"reports behind blanks", strings.Repeat(" ", 500) + `{"task_id":1,"unfinished":[]}`, KindReport, false},
	{"bytes that are not UTF-8", "\xff{\xfe", KindNone, false},
}

func TestFindInHostileMessages(t *testing.T) {
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			size := large
			if tt.largest {
				size = largest
			}
			message := upTo(size, tt.piece)
			if got := Find(message); got.Kind != tt.kind {
				t.Errorf("found %d, want %d: %.80q", got.Kind, tt.kind, got.Text)
			}
			if tt.largest {
				return
			}
			if got := Find(message + "\n```\n\n" + pretty + "\n"); got.Kind != KindReport || tt.kind == KindNone && got.Text != pretty {
				t.Errorf("the report behind it: found %d: %.80q", got.Kind, got.Text)
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	for _, tt := range hostile {
		message := upTo(largest, tt.piece)
		b.Run(strings.ReplaceAll(tt.name, " ", "-"), func(b *testing.B) {
			b.SetBytes(int64(len(message)))
			b.ReportAllocs()
			for b.Loop() {
				Find(message)
			}
		})
	}
}

func claims(n int) string {
	files := make([]string, n)
	for i := range files {
		files[i] = fmt.Sprintf("src/package_%03d/file_%06d.go", i/500, i)
	}
	text, err := json.MarshalIndent(map[string]any{
		"task_id": "X", "worktree_path": "./trees/X-y", "work_completed": "z", "files_modified": files, "unfinished": []string{},
	}, "", "  ")
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestManyClaims(t *testing.T) {
	const n = 10_000
	text := claims(n)
	if found := Find("Done:\n\n" + text); found.Text != text {
		t.Fatalf("found %d", found.Kind)
	}
	r, problems := Parse(text)
	if len(problems) > 0 || len(r.FilesModified) != n {
		t.Fatalf("%d files, problems %v", len(r.FilesModified), problems)
	}
	if last := r.FilesModified[n-1]; last != "src/package_019/file_009999.go" {
		t.Errorf("the last is %s", last)
	}
}

func BenchmarkParse(b *testing.B) {
	for name, text := range map[string]string{"one-claim": good, "10000-claims": claims(10_000)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, problems := Parse(text); len(problems) > 0 {
					b.Fatal(problems)
				}
			}
		})
	}
}

// The reading is bounded, and so are the messages about it.
func TestParseHostileTexts(t *testing.T) {
	in := func(value string) string {
		return strings.Replace(good, `["a.go"]`, value, 1)
	}
	nested := func(n int) string { return in(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	tests := []struct {
		name, text string
		first      string // how the first problem begins; "" for none
		count      int
		last       string
	}{
		{"too many bytes", upTo(MaxSize, " ") + " ", "the report has 8388609 bytes; at most 8388608 are read: send a shorter one", 1, ""},
		{"as many bytes as may be", good + upTo(MaxSize-len(good), " "), "", 0, ""},
		{"as deep as may be", strings.Replace(good, "}", `,"narrative_report":{"a":`+strings.Repeat("[", document.MaxDepth-2)+strings.Repeat("]", document.MaxDepth-2)+"}}", 1), "", 0, ""},
		{"too deep", nested(document.MaxDepth), "line 1, column 162: the report is nested more than 64 deep; send a flat one", 1, ""},
		{"objects too deep", upTo(5*document.MaxDepth, `{"a":`) + "{", "line 1, column 321: the report is nested more than 64 deep", 1, ""},
		{"much too deep", upTo(MaxSize, "["), "line 1, column 65: the report is nested more than 64 deep; send a flat one", 1, ""},
		{"too many values", in("[" + upTo(MaxSize/2, "1,") + "1]"), "line 1, column 24090: the report has more than 12000 values; send a shorter one", 1, ""},
		{"too many containers", in("[" + strings.Repeat("[],", 2000) + "1]"), "line 1, column 3094: the report has more than 1000 arrays and objects; send a simpler one", 1, ""},
		{
			"many wrong claims", in("[" + strings.Repeat("1,", 9_999) + "1]"), "/files_modified/0: got 1, want a string", MaxProblems + 1,
			"and 9950 more problems in the report, from line 1, column 200 on",
		},
		{"many equal claims", in("[" + strings.Repeat(`"a",`, 9_999) + `"a"]`), "", 0, ""},
		{
			"many comments", strings.Repeat("#\n", 10_000) + good, "line 1, column 1: a comment; JSON has none: remove it", MaxProblems + 1,
			"and 9950 more problems in the report, from line 51, column 1 on",
		},
		{"many unknown fields", manyFields(10_000), "/files_modified: got nothing", MaxProblems + 1, "and 9956 more problems"},
		{"many equal names", "{" + strings.Repeat(`"a":1,`, 10_000) + `"a":1}`, `line 1, column 8: the name "a" is twice`, MaxProblems + 1, "and 9956 more problems"},
		{"a very long name", `{"` + upTo(MaxSize/2, "a") + `":1}`, "/files_modified: got nothing", 6, `"/aaaaaaaa`},
		{"a very long string", strings.Replace(good, `"PROJ-1"`, `"`+upTo(MaxSize/2, "x")+`"`, 1), "/task_id: got ", 1, "/task_id: got a string of 4194304 characters, want at most 200 characters"},
		{"a very long word", upTo(MaxSize, "a"), `line 1, column 1: "aaaa`, 1, ""},
		{"a very long number", upTo(MaxSize, "1"), `line 1, column 1: "1111`, 2, "got 0, want an object"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := Parse(tt.text)
			if len(problems) != tt.count {
				t.Fatalf("%d problems, want %d: %.1000v", len(problems), tt.count, problems)
			}
			if tt.count == 0 {
				return
			}
			if got := problems[0].Message; !strings.HasPrefix(got, tt.first) {
				t.Errorf("first: %s\nwant %s", got, tt.first)
			}
			if got := problems[len(problems)-1].Message; !strings.HasPrefix(got, tt.last) {
				t.Errorf("last: %s\nwant %s", got, tt.last)
			}
			checkProblems(t, problems)
		})
	}
}

func manyFields(n int) string {
	var b bytes.Buffer
	b.WriteByte('{')
	for i := range n {
		fmt.Fprintf(&b, `"x%d":1,`, i)
	}
	b.WriteString(`"y":1}`)
	return b.String()
}

// maxMessage bounds the bytes of a problem's message: a pointer, a value and two hundred characters around them, each
// character of at most ten bytes when it is escaped.
const maxMessage = 10*(2*quote.MaxName) + 400

// checkProblems checks the promises of Problem.
func checkProblems(t *testing.T, problems []Problem) {
	t.Helper()
	if len(problems) > MaxProblems+1 {
		t.Errorf("%d problems", len(problems))
	}
	for _, p := range problems {
		switch p.Rule {
		case Malformed, Schema, ForbiddenField:
		default:
			t.Errorf("rule %q", p.Rule)
		}
		if m := p.Message; m == "" || len(m) > maxMessage || !utf8.ValidString(m) || strings.ContainsFunc(m, func(c rune) bool { return !unicode.IsPrint(c) }) {
			t.Errorf("unfit to be shown: %q", m)
		}
	}
}
