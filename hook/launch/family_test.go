package launch

import "testing"

func TestSameFamily(t *testing.T) {
	for _, pair := range [][2]string{{"PROJ-1", "proj-1"}, {"PROJ-1-a", "PROJ-1"}, {"PROJ-1", "PROJ-1.2"}, {"PROJ-1-a", "PROJ-1-b"}, {"reaper-3gv.1", "reaper-3gv"}, {"#456/docs", "#456"}} {
		if !SameFamily(pair[0], pair[1]) || !SameFamily(pair[1], pair[0]) {
			t.Errorf("%q and %q are strangers", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{{"PROJ-1", "PROJ-12"}, {"PROJ-1", "PROJ-2"}, {"PROJ-1-a", "PROJ-2-a"}, {"PROJ", ""}, {"", "x-1"}, {"stripe-webhook", "stripe-mail"}} {
		if SameFamily(pair[0], pair[1]) {
			t.Errorf("%q and %q are one family", pair[0], pair[1])
		}
	}
}
