package calls_test

import (
	"testing"
	"time"

	"stopgate/hook/calls"
)

// TestOfOthers: commands that other sessions were about to run are found by session and time, without those that change nothing in the folder.
func TestOfOthers(t *testing.T) {
	t.Parallel()
	dir, began := t.TempDir(), time.Now().Add(-time.Minute)
	add := func(session, file, cwd, command string, reads bool, at time.Time) {
		t.Helper()
		path := calls.Path(dir, session)
		if err := calls.Begin(path, at); err != nil {
			t.Fatal(err)
		}
		if err := calls.Add(path, calls.Call{At: at, Session: session, File: file, Cwd: cwd, Reads: reads}, command); err != nil {
			t.Fatal(err)
		}
	}
	const root, name = "/r/trees/T1", "trees/T1"
	for _, tt := range []struct {
		file, cwd, command string
		reads, concerns    bool
	}{
		{root + "/src/a.js", "/r", "", false, true},
		{"/r/src/a.js", root, "", false, false},
		{root + "-2/a.js", "/r", "", false, false},
		{"", root, "", false, false},
		{"", "/r", "npm test", false, false},
		{"", root, "npm test", false, true},
		{"", root + "/src", "ls -la", true, false},
		{"", "/r", "cd trees/T1 && sed -i s/a/b/ x", false, true},
		{"", "/r", "cd trees/T1 && git status --short", true, false},
		{"", "/r", "rm trees/T1/a.js", false, true},
	} {
		add("s2", tt.file, tt.cwd, tt.command, tt.reads, time.Now())
		list, err := calls.OfOthers(dir, "s1", began)
		if err != nil || len(list) == 0 {
			t.Fatalf("%v %v", list, err)
		}
		if got := list[len(list)-1].ConcernsFolder(root, name); got != tt.concerns {
			t.Errorf("%+v concerns the folder: %t", tt, got)
		}
	}
	add("s3", root+"/a", "", "", false, began.Add(-time.Hour))
	if list, err := calls.OfOthers(dir, "s2", began); err != nil || len(list) > 0 {
		t.Errorf("%+v %v: of its own, or too old", list, err)
	}
}
