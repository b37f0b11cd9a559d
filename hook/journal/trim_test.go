package journal

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestTrim: old segments are removed, but none with a record that must be kept, and none with a part of a task whose rest is kept.
func TestTrim(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	fill := func(t *testing.T, tasks ...string) *Journal { // a segment for each word; several tasks have dots between them
		t.Helper()
		j := open(t, t.TempDir())
		j.limit = 400
		for _, group := range tasks {
			var recs []Record
			for task := range strings.SplitSeq(group, ".") {
				recs = append(recs, Record{Kind: "fact", Session: "s", Task: task, Data: []byte(fmt.Sprintf("%q", strings.Repeat("x", 300)))})
			}
			if err := j.Append(ctx, recs...); err != nil {
				t.Fatal(err)
			}
		}
		return j
	}
	left := func(t *testing.T, j *Journal) string {
		t.Helper()
		recs, skipped, err := j.Read(ctx, Filter{})
		if err != nil || skipped.Lines > 0 {
			t.Fatal(skipped, err)
		}
		var names []string
		for _, r := range recs {
			names = append(names, r.Task)
		}
		return strings.Join(names, " ")
	}
	for _, tt := range []struct {
		name   string
		tasks  []string
		bounds Bounds
		open   string
		want   string
	}{
		{"no bound", []string{"a", "b", "c"}, Bounds{}, "", "a b c"},
		{"within", []string{"a", "b", "c"}, Bounds{Age: time.Hour, Bytes: 1 << 20}, "", "a b c"},
		{"too large", []string{"a", "b", "c", "d"}, Bounds{Bytes: 1000}, "", "c d"},
		{"too old", []string{"a", "b", "c"}, Bounds{Age: time.Nanosecond}, "", "c"},
		{"an open task", []string{"a", "b", "c"}, Bounds{Bytes: 1}, "b", "b c"},
		{"a task that goes on", []string{"a", "b", "c", "a"}, Bounds{Bytes: 1}, "", "a a"},
		{"tasks that hang together", []string{"a.b", "b.c", "d", "c.e", "e"}, Bounds{Bytes: 1}, "", "a b b c c e e"},
		{"a task that is all beyond", []string{"a", "a.b", "b", "c"}, Bounds{Bytes: 1}, "", "c"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			j := fill(t, tt.tasks...)
			now := time.Now().Add(time.Minute)
			if _, err := j.Trim(ctx, tt.bounds, now, func() func(Record) bool { return func(r Record) bool { return r.Task == tt.open } }); err != nil {
				t.Fatal(err)
			}
			if got := left(t, j); got != tt.want {
				t.Errorf("left are %q, want %q", got, tt.want)
			}
			if err := j.Append(ctx, Record{Kind: "fact", Session: "s2", Task: "z"}); err != nil {
				t.Fatal(err)
			}
			if recs, _, err := j.Read(ctx, Filter{Task: "z"}); err != nil || len(recs) != 1 {
				t.Errorf("afterwards %v %v", recs, err)
			}
			if os.Remove(j.folder+"/index") == nil {
				if recs, _, err := j.Read(ctx, Filter{Session: "s2"}); err != nil || len(recs) != 1 {
					t.Errorf("without the index %v %v", recs, err)
				}
			}
		})
	}
}

func TestBoundsOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		days, mb string
		want     Bounds
	}{
		{"", "", Bounds{180 * 24 * time.Hour, 256 << 20}},
		{"0", "0", Bounds{}},
		{"30", "1", Bounds{30 * 24 * time.Hour, 1 << 20}},
		{"-1", "many", Bounds{180 * 24 * time.Hour, 256 << 20}},
		{"2000000000", "2000000000", Bounds{36500 * 24 * time.Hour, 2000000000 << 20}},
	} {
		if got := BoundsOf(func(name string) string {
			return map[string]string{"STOPGATE_KEEP_DAYS": tt.days, "STOPGATE_KEEP_MB": tt.mb}[name]
		}); got != tt.want {
			t.Errorf("%q days, %q MB: %+v", tt.days, tt.mb, got)
		}
	}
}
