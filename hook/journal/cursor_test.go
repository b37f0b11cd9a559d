package journal

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// follow reads on until there is nothing more, as a follower does.
func follow(t *testing.T, j *Journal, c Cursor) (kinds []string, damaged int, next Cursor) {
	t.Helper()
	for range 10_000 {
		recs, bad, next, err := j.After(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range recs {
			kinds = append(kinds, r.Kind)
		}
		damaged += bad
		if next == c {
			return kinds, damaged, c
		}
		c = next
	}
	t.Fatal("After does not end")
	return nil, 0, c
}

func wantFollowed(t *testing.T, kinds []string, damaged int, wantKinds []string, wantDamaged int) {
	t.Helper()
	if !slices.Equal(kinds, wantKinds) || damaged != wantDamaged {
		t.Fatalf("read %v and %d damaged lines, want %v and %d", kinds, damaged, wantKinds, wantDamaged)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestAfter follows a journal through all that can happen to it.
func TestAfter(t *testing.T) {
	j := open(t, t.TempDir())
	kinds, damaged, c := follow(t, j, Cursor{})
	wantFollowed(t, kinds, damaged, nil, 0)

	appendAll(t, j, Record{Kind: "a", At: at}, Record{Kind: "b", At: at})
	kinds, damaged, c = follow(t, j, c)
	wantFollowed(t, kinds, damaged, []string{"a", "b"}, 0)
	kinds, damaged, c = follow(t, j, c)
	wantFollowed(t, kinds, damaged, nil, 0)

	// A writer dies over a line; the next one ends it.
	write(t, growing(t, j), `{"v":1,"kind":"torn`)
	kinds, damaged, c = follow(t, j, c)
	wantFollowed(t, kinds, damaged, nil, 0)
	if !c.Unfinished() {
		t.Error("the torn line is not told of")
	}
	appendAll(t, j, Record{Kind: "c", At: at})
	kinds, damaged, c = follow(t, j, c)
	wantFollowed(t, kinds, damaged, []string{"c"}, 1)
	if c.Unfinished() {
		t.Error("a line without its end is told of, and there is none")
	}

	// One that is too long, met in the middle of it, and its neighbours.
	write(t, growing(t, j), strings.Repeat("x", 2*MaxAppend))
	kinds, damaged, c = follow(t, j, c)
	wantFollowed(t, kinds, damaged, nil, 0)
	write(t, growing(t, j), strings.Repeat("y", MaxAppend)+"\n\n"+`{"v":1,"kind":"d","at":"2026-03-01T09:30:00Z"}`+"\n")
	kinds, damaged, c = follow(t, j, c)
	wantFollowed(t, kinds, damaged, []string{"d"}, 1)

	// A new segment is begun, and the one before ends with a torn line for good.
	write(t, growing(t, j), "torn")
	kinds, damaged, c = follow(t, j, c)
	wantFollowed(t, kinds, damaged, nil, 0)
	j.limit = 1
	appendAll(t, j, Record{Kind: "e", At: at})
	appendAll(t, j, Record{Kind: "f", At: at})
	kinds, damaged, c = follow(t, j, c)
	wantFollowed(t, kinds, damaged, []string{"e", "f"}, 1)

	whole, skipped, err := j.Read(context.Background(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	kinds, damaged, again := follow(t, j, Cursor{})
	if len(kinds) != len(whole) || damaged != skipped.Lines || again != c {
		t.Errorf("from the beginning: %d records, %d damaged lines, %+v; Read has %d and %d, the follower was at %+v", len(kinds), damaged, again, len(whole), skipped.Lines, c)
	}
}

// TestAfterReadsAsRead: whatever stands in a segment, both make the same of it.
func TestAfterReadsAsRead(t *testing.T) {
	for i, text := range []string{
		"", "\n", "\n\n\n", "x", "x\n", "{}\n", `{"v":1,"kind":"a","at":"2026-03-01T09:30:00Z"}`, `{"v":1,"kind":"a","at":"2026-03-01T09:30:00Z"}` + "\nx\n",
		strings.Repeat("x", MaxAppend) + "\n" + `{"v":2,"kind":"b"}` + "\n", strings.Repeat("x", MaxAppend+1) + "\n\n", strings.Repeat("\n", MaxAppend+9),
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			j := open(t, t.TempDir())
			appendAll(t, j, Record{Kind: "first", At: at})
			write(t, growing(t, j), text+"\n")
			whole, skipped, err := j.Read(context.Background(), Filter{})
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, r := range whole {
				want = append(want, r.Kind)
			}
			kinds, damaged, _ := follow(t, j, Cursor{})
			wantFollowed(t, kinds, damaged, want, skipped.Lines)
		})
	}
}
