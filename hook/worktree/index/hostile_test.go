package index

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"stopgate/hook/worktree/object"
)

// anIndex writes an index of version 4 with count entries. The name of the first is first. Each further name is the previous one without its last
// byte, followed by suffix.
func anIndex(t *testing.T, count uint32, first string, suffix func(i int) string) *File {
	t.Helper()
	b := binary.BigEndian.AppendUint32([]byte("DIRC\x00\x00\x00\x04"), count)
	fixed := make([]byte, entryFixed)
	binary.BigEndian.PutUint32(fixed[24:], object.ModeRegular)
	binary.BigEndian.PutUint16(fixed[60:], uint16(flagNameLength))
	b = append(append(append(append(b, fixed...), 0), first...), 0)
	for i := 1; i < int(count); i++ {
		b = append(append(append(append(b, fixed...), 1), suffix(i)...), 0)
	}
	path := filepath.Join(t.TempDir(), "index")
	if err := os.WriteFile(path, append(b, make([]byte, indexChecksum)...), 0o644); err != nil {
		t.Fatal(err)
	}
	x, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() }) // it was only read
	return x
}

// TestExpandingIndex reads small indexes with enormous names. Version 4 stores only what differs from the previous name.
func TestExpandingIndex(t *testing.T) {
	letter := func(i int) string { return string(rune('0' + i%10)) }
	for name, test := range map[string]struct {
		count  uint32
		first  string
		suffix func(int) string
	}{
		"many long names":   {20_000, strings.Repeat("d", 15_000) + "0", letter},
		"one longer name":   {40_000, "d0", func(int) string { return strings.Repeat("d", 100) }},
		"directories":       {200, strings.Repeat("d/", 7_000) + "0", func(i int) string { return letter(i) + strings.Repeat("/d", 500) }},
		"other directories": {20_000, strings.Repeat("d", 10_000) + "/0", func(i int) string { return letter(i) + "/0" }},
	} {
		t.Run(name, func(t *testing.T) {
			x := anIndex(t, test.count, test.first, test.suffix)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := ReadManifest(context.Background(), x, false)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, object.ErrUnsafe) {
				t.Errorf("reading it says %v", err)
			}
			if size := after.TotalAlloc - before.TotalAlloc; size > 480<<20 {
				t.Errorf("reading it takes %d MiB", size>>20)
			}
		})
	}
}

// TestAnnouncedEntries reads an index that announces more entries than fit into it. No memory is allocated for them.
func TestAnnouncedEntries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index")
	content := append([]byte("DIRC\x00\x00\x00\x02\x7f\xff\xff\xff"), bytes.Repeat([]byte{0}, 100)...)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	x, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = x.Close() }() // it was only read
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = ReadManifest(context.Background(), x, false)
	runtime.ReadMemStats(&after)
	if size := after.TotalAlloc - before.TotalAlloc; err == nil || size > 4<<20 {
		t.Errorf("reading it takes %d bytes and says %v", size, err)
	}
}
