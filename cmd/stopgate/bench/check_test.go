package main

import (
	"strings"
	"testing"
)

// A ratio is worse only beyond the tolerance, and rows are known again in the table that write prints.
func TestWorseThan(t *testing.T) {
	t.Parallel()
	before := []row{{"a scan, 1000 files", "2.00 ms", "git status", "1.00 ms", "2.00", ""}, {"a scan, 1000 files", "2.00 ms", "nothing", "1.00 ms", "1.00", "at most 1.00"}}
	var page strings.Builder
	page.WriteString("# Performance\n\n```text\n")
	if err := write(&page, before); err != nil {
		t.Fatal(err)
	}
	known := ratiosIn(page.String())
	for ratio, want := range map[string]int{"1.00": 0, "2.40": 0, "2.41": 1} {
		worse, compared := worseThan(known, []row{{"a scan, 1000 files", "", "git status", "", ratio, ""}, {"another", "", "git status", "", "9.00", ""}}, 1.2)
		if len(worse) != want || compared != 1 {
			t.Errorf("with %s: %q of %d", ratio, worse, compared)
		}
	}
}
