package launch

import (
	"strings"
	"testing"
)

func TestSameTask(t *testing.T) {
	long := strings.Repeat("very long ", 100) + "task"
	for _, pair := range [][2]string{{"PROJ-1", "proj-1"}, {"#456", "456"}, {"#456", "issue #456"}, {"PROJ-1", "PROJ-1: retry"}, {"#12", "12"}, {" T-1 ", "T-1"}, {"`T-1`", "T-1"}, {"#", "#"}, {long, " " + strings.ToUpper(long)}} {
		if !SameTask(pair[0], pair[1]) {
			t.Errorf("%q and %q differ", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{{"T-1", "T-2"}, {"T-1", "T-11"}, {"T-1", ""}, {"one " + long, "two " + long}} {
		if SameTask(pair[0], pair[1]) {
			t.Errorf("%q and %q are the same", pair[0], pair[1])
		}
	}
}
