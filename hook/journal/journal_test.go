package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
)

const testKey = "/home/user/project/.git"

// at is any moment with nanoseconds.
var at = time.Date(2026, 3, 1, 9, 30, 0, 123456789, time.UTC)

func open(t testing.TB, dir string) *Journal {
	t.Helper()
	j, err := Open(dir, testKey)
	if err != nil {
		t.Fatal(err)
	}
	j.within = time.Hour // how fast the machine is decides no test
	return j
}

func appendAll(t testing.TB, j *Journal, recs ...Record) {
	t.Helper()
	if err := j.Append(context.Background(), recs...); err != nil {
		t.Fatal(err)
	}
}

// read returns what the filter selects, and fails if a line was skipped.
func read(t testing.TB, j *Journal, f Filter) []Record {
	t.Helper()
	recs, skipped, err := j.Read(context.Background(), f)
	if err != nil {
		t.Fatal(err)
	}
	if skipped != (Skipped{}) {
		t.Fatalf("skipped %+v", skipped)
	}
	return recs
}

// growing returns the path of the segment that is written to.
func growing(t testing.TB, j *Journal) string {
	t.Helper()
	segs, err := segments(j)
	if err != nil || len(segs) == 0 {
		t.Fatalf("segments: %v, %v", segs, err)
	}
	return segs[len(segs)-1].path
}

func TestReadReturnsWhatWasAppended(t *testing.T) {
	j := open(t, t.TempDir())
	want := []Record{
		{V: 1, Kind: "start", At: at, Session: "s1", Agent: "a1", AgentType: "p:dev"},
		{V: 1, Kind: "stop", At: at.Add(-time.Hour), Session: "s1", Agent: "a1", AgentType: "p:dev", Task: "T-1", Data: json.RawMessage(`{"html":"<a>&</a>","data":[1,2]}`)},
		{V: 1, Kind: "later-kind", At: at, Session: "s2", Agent: `","data":{"session":"s1"`, Data: json.RawMessage(`null`)},
		{V: 1, Kind: "stop", At: at, Session: "s\"\n\u2028<", Task: "T-1", Data: json.RawMessage(`"x"`)},
		{V: 1, Kind: "stop", At: at, Session: `back\slash`, Task: "T-2"},
	}
	appendAll(t, j, want[0])
	appendAll(t, j, want[1:]...)
	appendAll(t, j) // nothing
	for _, tc := range []struct {
		filter Filter
		want   []Record
	}{
		{Filter{}, want},
		{Filter{Session: "s1"}, want[:2]},
		{Filter{Agent: "a1", Kinds: []string{"stop"}}, want[1:2]},
		{Filter{Kinds: []string{"none", "start", "later-kind"}}, []Record{want[0], want[2]}},
		{Filter{Kinds: []string{"\"", "start"}}, want[:1]},
		{Filter{Agent: want[2].Agent}, want[2:3]},
		{Filter{Session: want[3].Session}, want[3:4]},
		{Filter{Session: want[4].Session}, want[4:]},
		{Filter{Task: "T-1"}, []Record{want[1], want[3]}},
		{Filter{Task: "T-1", Session: "s2"}, nil},
		{Filter{Session: "s"}, nil},
	} {
		if got := read(t, j, tc.filter); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("Read(%+v)\n got %+v\nwant %+v", tc.filter, got, tc.want)
		}
	}
}

func TestNothingIsCreatedBeforeTheFirstAppend(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "stopgate")
	j := open(t, dir)
	if recs := read(t, j, Filter{}); recs != nil {
		t.Errorf("read %v", recs)
	}
	if _, err := os.Lstat(filepath.Dir(dir)); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("reading created the folder: %v", err)
	}
	appendAll(t, j, Record{Kind: "k"})
	if runtime.GOOS == "windows" {
		return // access is by inherited lists there, not by mode
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, not %o", path, info.Mode().Perm(), want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEachKeyHasItsOwnJournal(t *testing.T) {
	dir := t.TempDir()
	seen := map[string]string{}
	for key, prefix := range map[string]string{
		"/home/user/project/.git":                "project-",
		"/home/other/project/.git":               "project-",
		"/srv/bare.git":                          "bare-",
		"/home/user/with space\n/é":              "_-",
		"/home/user/" + strings.Repeat("x", 300): strings.Repeat("x", 40) + "-",
		"/":                                      "_-",
		"/.git":                                  "_-",
		"/h/.dotted":                             "dotted-",
		"/h/...":                                 "-",
		"/h/\xff":                                "_-",
		"/h/PROJECT":                             "PROJECT-",
		"/h/project2":                            "project2-",
	} {
		if runtime.GOOS == "windows" {
			prefix = ""
		}
		j, err := Open(dir, key)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(j.Folder())
		if !strings.HasPrefix(name, prefix) || filepath.Dir(j.Folder()) != dir {
			t.Errorf("key %q has the folder %q", key, j.Folder())
		}
		if other, ok := seen[name]; ok {
			t.Errorf("keys %q and %q share the folder %q", key, other, name)
		}
		seen[name] = key
		appendAll(t, j, Record{Kind: "k", Task: fmt.Sprintf("%x", key)})
		if recs := read(t, j, Filter{}); len(recs) != 1 {
			t.Errorf("key %q has %d records", key, len(recs))
		}
	}
	for _, bad := range [][2]string{{"relative", "/k"}, {"", "/k"}, {dir, ""}} {
		if _, err := Open(bad[0], bad[1]); err == nil {
			t.Errorf("Open(%q, %q) did not fail", bad[0], bad[1])
		}
	}
}

func TestDamagedLinesAreSkippedAndCounted(t *testing.T) {
	j := open(t, t.TempDir())
	j.limit = 64 << 20
	appendAll(t, j, Record{Kind: "first"})
	path := growing(t, j)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{
		"", "\n", // blank lines are no damage
		"\x00\x00\x00\n", "{}\n", "[]\n", "null\n", "\"x\"\n", `{"v":1,"kind":3}` + "\n", `{"v":0,"kind":"x"}` + "\n",
		`{"v":1,"kind":"x","at":"yesterday"}` + "\n",
		`{"v":1,"kind":"x","data":` + strings.Repeat("[", 1<<20) + "\n",
		`{"v":1,"kind":"x","data":"` + strings.Repeat("y", MaxAppend) + "\"}\n",
		`{"v":99,"kind":"newer","at":"2026-03-01T10:30:00+01:00","more":{"a":1},"session":"s"}` + "\n", // no damage either
		` {"kind":"odd order","v":1,"at":"2026-03-01T09:30:00Z","session":"s"}` + "\r\n",
		`{"v":1,"kind":"torn","ses`,
	}
	if _, err := f.WriteString(strings.Join(lines, "")); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	appendAll(t, j, Record{Kind: "last", Session: "s"})
	recs, skipped, err := j.Read(context.Background(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, r := range recs {
		kinds = append(kinds, fmt.Sprint(r.V, r.Kind))
	}
	if got, want := strings.Join(kinds, ","), "1first,99newer,1odd order,1last"; got != want {
		t.Errorf("read %q, not %q", got, want)
	}
	if want := (Skipped{Lines: 11}); skipped != want {
		t.Errorf("skipped %+v, not %+v", skipped, want)
	}
	recs, _, err = j.Read(context.Background(), Filter{Session: "s"})
	if err != nil || len(recs) != 3 {
		t.Errorf("read %d records of the session, not 3: %v", len(recs), err)
	}
	// A search counts the damaged records that it might have selected: all but the two that are whole and belong to no session.
	_, skipped, err = j.Read(context.Background(), Filter{Session: "nobody"})
	if err != nil || skipped.Lines != 9 {
		t.Errorf("a search for nothing skipped %+v, %v", skipped, err)
	}
}

// TestWhatCannotBeReadIsRefused: a record that is appended and then skipped would be lost in silence.
func TestWhatCannotBeReadIsRefused(t *testing.T) {
	j := open(t, t.TempDir())
	for depth := range 4 {
		depth += 9_997 // encoding/json allows 10,000
		data := strings.Repeat("[", depth) + strings.Repeat("]", depth)
		err := j.Append(context.Background(), Record{Kind: "k", Data: json.RawMessage(data)})
		recs := read(t, j, Filter{})
		if (err == nil) != (len(recs) > 0 && string(recs[len(recs)-1].Data) == data) {
			t.Errorf("depth %d: %v, but %d records", depth, err, len(recs))
		}
		if err != nil && !strings.Contains(err.Error(), "nested too deeply") && !strings.Contains(err.Error(), "max depth") {
			t.Errorf("depth %d: %v", depth, err)
		}
	}
	for name, rec := range map[string]Record{
		"no kind":       {},
		"no JSON":       {Kind: "k", Data: json.RawMessage(`{"a":`)},
		"two values":    {Kind: "k", Data: json.RawMessage(`1 2`)},
		"an odd year":   {Kind: "k", At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"an early year": {Kind: "k", At: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		before := len(read(t, j, Filter{}))
		if err := j.Append(context.Background(), Record{Kind: "k"}, rec); err == nil {
			t.Errorf("%s: no error", name)
		}
		if after := len(read(t, j, Filter{})); after != before {
			t.Errorf("%s: %d records, not %d", name, after, before)
		}
	}
}
