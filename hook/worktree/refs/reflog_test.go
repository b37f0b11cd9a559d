package refs

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const (
	nullID = "0000000000000000000000000000000000000000"
	oneID  = "1111111111111111111111111111111111111111"
	twoID  = "2222222222222222222222222222222222222222"
)

func TestParseLogEntry(t *testing.T) {
	at := time.Unix(1600000000, 0).UTC()
	for _, c := range []struct {
		line string
		want LogEntry
		ok   bool
	}{
		{oneID + " " + twoID + " A B <a@b> 1600000000 +0200\tcommit: x y\tz", LogEntry{oneID, twoID, at, "A B <a@b>", "commit: x y\tz"}, true},
		{nullID + " " + twoID + " A <a@b> 1600000000 +0000", LogEntry{"", twoID, at, "A <a@b>", ""}, true},
		{oneID + " " + nullID + "  <> 1600000000 +0000\t", LogEntry{oneID, "", at, " <>", ""}, true},
		{oneID + " " + twoID + " A > <a@b> x +0000\tm\xff", LogEntry{From: oneID, To: twoID, Who: "A > <a@b>", Message: "m\uFFFD"}, true},
		{oneID + " " + twoID + " A <a@b> 99999999999999 +0000\tm", LogEntry{From: oneID, To: twoID, Who: "A <a@b>", Message: "m"}, true},
		{strings.Repeat("a", 64) + " " + strings.Repeat("b", 64) + " A <a@b> 1600000000 +0000\tm", LogEntry{strings.Repeat("a", 64), strings.Repeat("b", 64), at, "A <a@b>", "m"}, true},
		{"", LogEntry{}, false},
		{oneID + " " + twoID, LogEntry{}, false},
		{oneID + " nothing A <a@b> 1600000000 +0000\tm", LogEntry{}, false},
		{oneID + " " + twoID + " A a@b 1600000000 +0000\tm> ", LogEntry{}, false},
	} {
		if got, ok := parseLogEntry(c.line); got != c.want || ok != c.ok {
			t.Errorf("%q:\ngot  %+v %t\nwant %+v %t", c.line, got, ok, c.want, c.ok)
		}
	}
}

// logFile writes a reflog of HEAD with that content and returns a query for it.
func logFile(t testing.TB, content string) LogQuery {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "logs"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "logs", "HEAD"), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return LogQuery{Ref: "HEAD", Dir: dir}
}

func logLine(from, to, message string) string {
	return fmt.Sprintf("%s %s C <c@example.org> 1600000000 +0000\t%s\n", from, to, message)
}

func TestReadLogSince(t *testing.T) {
	first, second, third := logLine(nullID, oneID, "a"), logLine(oneID, twoID, "b"), logLine(twoID, oneID, "c")
	for name, c := range map[string]struct {
		content, since string
		after          int
		want           string
	}{
		"by the object":                     {first + second, oneID, 0, "b"},
		"since its creation":                {first + second, "", 0, "ba"},
		"since another object":              {first + second, strings.Repeat("3", 40), 0, "ba"},
		"by the size, there and back":       {first + second + third, oneID, len(first), "cb"},
		"by the size, nothing new":          {first + second, twoID, len(first + second), ""},
		"shorter than it was":               {first + second, oneID, 5000, "b"},
		"deleted and made again":            {first + second + logLine(twoID, nullID, "x") + first, strings.Repeat("3", 40), 0, "a"},
		"damaged lines":                     {first + "damaged\n\n" + second + "cut off", oneID, 0, "b"},
		"without a line feed at the end":    {first + strings.TrimSuffix(second, "\n"), oneID, 0, "b"},
		"nothing":                           {"", oneID, 0, ""},
		"the same object from the outset":   {first, oneID, 0, ""},
		"more than is told":                 {first + strings.Repeat(second+third, 30), strings.Repeat("3", 40), 0, strings.Repeat("cb", MaxLogEntries/2)},
		"more than is told, by the size":    {first + strings.Repeat(second+third, 30), oneID, len(first), strings.Repeat("cb", MaxLogEntries/2)},
		"a commit before more than is told": {first + logLine(oneID, twoID, "commit: x") + logLine(twoID, oneID, "reset: x") + strings.Repeat(third+second, 400), oneID, len(first), strings.Repeat("bc", MaxLogEntries/2-1) + "bcommit: x"},
		"one line of more than is read":     {first + logLine(oneID, twoID, strings.Repeat("x", maxLogRead)), oneID, 0, ""},
		"a long line before what is wanted": {logLine(oneID, twoID, strings.Repeat("x", maxLogRead)) + third, twoID, 0, "c"},
	} {
		t.Run(name, func(t *testing.T) {
			source := logFile(t, c.content)
			source.Since, source.After = c.since, int64(c.after)
			got := ""
			for _, e := range ReadLog(source) {
				got += e.Message
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestReadLogOfHugeFile reads a reflog of 100 MiB. Only its end is read.
func TestReadLogOfHugeFile(t *testing.T) {
	source := logFile(t, "")
	path := filepath.Join(source.Dir, "logs", "HEAD")
	if err := os.Truncate(path, 100<<20); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("\n" + logLine(nullID, oneID, "a") + logLine(oneID, twoID, "b")); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for after, want := range map[int64]int{0: 1, 1000: 2} {
		source.Since, source.After = oneID, after
		if got := ReadLog(source); len(got) != want || got[0].Message != "b" {
			t.Errorf("after %d: %+v", after, got)
		}
		if tail, err := readTail(path, after); err != nil || len(tail) > MaxLogGrowth {
			t.Errorf("%d bytes are read: %v", len(tail), err)
		}
	}
}

func logSeeds() []string {
	return []string{
		"", "\n\n", logLine(nullID, oneID, "commit (initial): a"), logLine(nullID, oneID, "a") + logLine(oneID, twoID, "b") + logLine(twoID, oneID, "c"),
		oneID + " " + twoID + " A <a@b> 9999999999999999999999 +9999\tm\n", oneID + " " + twoID + " > \t\n", "\xff\xfe" + logLine(oneID, nullID, "\xff"),
	}
}

func TestLogSeeds(t *testing.T) {
	if len(logSeeds()) < 5 {
		t.Error("there are no seeds")
	}
}

// FuzzReadLog shows that the result for any reflog is limited, comes from the reflog, and can be written as JSON and read again.
func FuzzReadLog(f *testing.F) {
	for _, seed := range logSeeds() {
		f.Add(seed, oneID, int64(0))
		f.Add(seed, "", int64(10))
	}
	f.Fuzz(func(t *testing.T, content, since string, after int64) {
		source := LogQuery{Since: since, After: after}
		entries := source.entries([]byte(content))
		if len(entries) > MaxLogEntries {
			t.Errorf("%d entries", len(entries))
		}
		text, err := json.Marshal(entries)
		if err != nil {
			t.Fatal(err)
		}
		var back []LogEntry
		if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, entries) {
			t.Errorf("%v\n%+v\n%+v", err, entries, back)
		}
		for _, e := range entries {
			if e.From != "" && !strings.Contains(content, e.From) || e.To != "" && !strings.Contains(content, e.To) {
				t.Errorf("%+v is not in the log", e)
			}
			if e.To == since && since != "" && source.After == 0 {
				t.Errorf("%+v came before", e)
			}
			if len(e.Who) > 3*maxLogText || len(e.Message) > 3*maxLogText {
				t.Errorf("%+v is too long", e)
			}
		}
	})
}

// FuzzPackedRefs shows that the refs read from packed-refs are sorted, and that the file has them.
func FuzzPackedRefs(f *testing.F) {
	for _, seed := range packedSeeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		refs, err := parsePackedRefs(text)
		if err != nil {
			return
		}
		for i, ref := range refs {
			if !IsObjectName(ref.Value) || !strings.Contains(text, ref.Value+" "+ref.Name) {
				t.Errorf("%+v is not in it", ref)
			}
			if len(ref.Name) > maxRefName {
				t.Errorf("a name of %d bytes", len(ref.Name))
			}
			if i > 0 && refs[i-1].Name > ref.Name {
				t.Errorf("%q comes after %q", ref.Name, refs[i-1].Name)
			}
		}
	})
}

func packedSeeds() []string {
	return []string{
		"", "# pack-refs with: peeled fully-peeled sorted \n" + oneID + " refs/heads/main\n" + twoID + " refs/tags/v1\n^" + oneID + "\n",
		oneID + " refs/heads/z\n" + twoID + " refs/heads/a", oneID + "\n", "what\n", oneID + " refs/heads/a\r\n",
		oneID + " refs/heads/" + strings.Repeat("a", maxRefName) + "\n",
	}
}

func TestPackedSeeds(t *testing.T) {
	if len(packedSeeds()) < 5 {
		t.Error("there are no seeds")
	}
}
