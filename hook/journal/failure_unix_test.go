//go:build unix

package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// childDiskOut appends with files bounded to some bytes, as on a disk that is almost full: part of the line still fits.
func childDiskOut(j *Journal, args []string) error {
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	if _, err := fmt.Sscan(args[0], &limit.Cur); err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	err := j.Append(context.Background(), Record{Kind: "b"}, Record{Kind: "c", Data: json.RawMessage(`"` + strings.Repeat("x", 1000) + `"`)})
	fmt.Println(err)
	return nil
}

func TestFullDisk(t *testing.T) {
	for _, tc := range []struct {
		name  string
		limit int64 // of a segment: 1 begins a new one
	}{{"growing segment", segmentSize}, {"new segment", 1}} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			j := open(t, dir)
			appendAll(t, j, Record{Kind: "a"})
			info, err := os.Stat(growing(t, j))
			if err != nil {
				t.Fatal(err)
			}
			c := startChild(t, dir, tc.limit, "disk-out", fmt.Sprint(info.Size()+500))
			c.start()
			if told := c.finish(t); !strings.HasPrefix(told, "append to journal: write "+j.Folder()) || strings.Count(told, "\n") != 1 {
				t.Errorf("the error is %q", told)
			}
			// Neither half a line stands, nor the first record without the second, nor is the next one hindered.
			appendAll(t, j, Record{Kind: "d"})
			var kinds string
			for _, r := range read(t, j, Filter{}) {
				kinds += r.Kind
			}
			if kinds != "ad" {
				t.Errorf("there are %q, not a and d", kinds)
			}
		})
	}
}

// TestPipesAreNotOpened: whoever opens a pipe may wait for ever.
func TestPipesAreNotOpened(t *testing.T) {
	for _, name := range []string{segmentName(2), indexName, "locks/journal"} {
		t.Run(name, func(t *testing.T) {
			j := open(t, t.TempDir())
			appendAll(t, j, Record{Kind: "k", Session: "s"})
			path := j.Folder() + "/" + name
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
			j.limit = 1
			err := j.Append(context.Background(), Record{Kind: "k", Session: "t"})
			want := 1
			if name == indexName { // which is not needed
				want = 2
				if err != nil {
					t.Error(err)
				}
			} else if err == nil || !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("append: %v", err)
			}
			if got := len(read(t, j, Filter{})); got != want {
				t.Errorf("%d records, not %d", got, want)
			}
			if got := len(read(t, j, Filter{Session: "s"})); got != 1 {
				t.Errorf("%d records of the session, not 1", got)
			}
		})
	}
}
