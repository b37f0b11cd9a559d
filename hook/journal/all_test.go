package journal

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestAll finds the journals of every repository, and nothing else.
func TestAll(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if all, err := All(filepath.Join(dir, "absent")); err != nil || len(all) > 0 {
		t.Fatalf("%v, %v", all, err)
	}
	if _, err := All("relative"); err == nil {
		t.Error("a relative path is accepted")
	}
	for _, key := range []string{"/b/.git", "/a/.git", "/.git", "/c/with space"} {
		j, err := Open(dir, key)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Append(context.Background(), Record{Kind: "fact", At: time.Now(), Task: key}); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "notes"), 0o700); err != nil {
		t.Fatal(err)
	}
	all, err := All(dir)
	if err != nil || len(all) != 4 {
		t.Fatalf("found %d journals, %v", len(all), err)
	}
	found := map[string]bool{}
	for _, j := range all {
		recs, _, err := j.Read(context.Background(), Filter{})
		if err != nil || len(recs) != 1 {
			t.Fatalf("%s: %d records, %v", j.Folder(), len(recs), err)
		}
		found[recs[0].Task] = true
	}
	if len(found) != 4 {
		t.Errorf("read %v", found)
	}
}
