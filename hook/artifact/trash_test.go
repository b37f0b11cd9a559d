package artifact

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

// TestTrashIsBounded: what does not fit stays, and what is oldest makes room for what is newer.
func TestTrashIsBounded(t *testing.T) {
	folder, now := t.TempDir(), time.Now()
	report := "TN:\nSF:a.js\nDA:1,1\nend_of_record\n"
	put := func(id string, at time.Time, content string) Result {
		w := newWorld(t)
		w.write("lcov.info", content)
		root, err := os.OpenRoot(w.tree)
		w.do(err)
		defer root.Close()
		trash := NewTrash(folder, id, w.tree, at)
		trash.limit = 100
		return Sweep(context.Background(), root, Plan{Remove: []Removal{{Path: "lcov.info"}}}, Options{Trash: trash})
	}
	if r := put("large", now, report+strings.Repeat("x", 100)); len(r.Removed) != 0 || len(r.Failed) != 1 {
		t.Errorf("too large: %+v", r)
	}
	for i, id := range []string{"a", "b", "c", "d"} {
		if r := put(id, now.Add(time.Duration(i)*time.Second), report); len(r.Removed) != 1 {
			t.Errorf("%s: %+v", id, r)
		}
	}
	held, err := ListTrash(folder)
	if err != nil || len(held) != 3 || held[0].ID != "b" || held[2].ID != "d" {
		t.Errorf("held %+v, %v; want b, c and d", held, err)
	}
	put("e", now.Add(TrashAge+time.Minute), report)
	if held, err = ListTrash(folder); err != nil || len(held) != 1 || held[0].ID != "e" {
		t.Errorf("after a week held %+v, %v; want e", held, err)
	}
}
