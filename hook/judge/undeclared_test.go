package judge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"stopgate/hook/artifact"
	"stopgate/hook/host"
	"stopgate/hook/inspect"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// TestUndeclaredSeverity: an agent that was alone is sent back for a change that it can list, and for no other.
func TestUndeclaredSeverity(t *testing.T) {
	for _, test := range []struct {
		what   string
		state  worktree.PathState
		base   string
		others []trace.OtherAgent
		want   rule.Severity
	}{
		{"its own", worktree.PathState{Name: "src/a.js", Change: worktree.Added}, inspect.BaseLaunch, nil, rule.Block},
		{"without a snapshot", worktree.PathState{Name: "src/a.js", Change: worktree.Added}, "HEAD", nil, rule.Note},
		{"of which the snapshot does not tell", worktree.PathState{Name: "src/a.js", Change: worktree.Added, NoBase: true}, inspect.BaseLaunch, nil, rule.Note},
		{"beside another agent", worktree.PathState{Name: "src/a.js", Change: worktree.Added}, inspect.BaseLaunch, []trace.OtherAgent{{AgentID: "a2"}}, rule.Note},
		{"beside another session", worktree.PathState{Name: "src/a.js", Change: worktree.Added}, inspect.BaseLaunch, []trace.OtherAgent{{Session: "s2", Running: true}}, rule.Note},
		{"after another agent", worktree.PathState{Name: "src/a.js", Change: worktree.Added}, inspect.BaseLaunch, []trace.OtherAgent{{AgentID: "a2", Earlier: true}}, rule.Note},
		{"whose name is not UTF-8", worktree.PathState{Name: "src/\xfe.js", Change: worktree.Added}, inspect.BaseLaunch, nil, rule.Block},
		{"of an older file whose name is not UTF-8", worktree.PathState{Name: "src/\xfe.js", Change: worktree.Modified}, inspect.BaseLaunch, nil, rule.Note},
		{"whose name is not UTF-8, beside another agent", worktree.PathState{Name: "src/\xfe.js", Change: worktree.Added}, inspect.BaseLaunch, []trace.OtherAgent{{AgentID: "a2"}}, rule.Note},
		{"of Vim", worktree.PathState{Name: "src/.a.js.swp", Change: worktree.Added}, inspect.BaseLaunch, nil, rule.Note},
		{"of Emacs", worktree.PathState{Name: "src/#a.js#", Change: worktree.Added}, inspect.BaseLaunch, nil, rule.Note},
		{"of an editor, tracked", worktree.PathState{Name: "src/a.js~", Change: worktree.Modified}, inspect.BaseLaunch, nil, rule.Block},
		{"with almost such a name", worktree.PathState{Name: "src/a.swp", Change: worktree.Added}, inspect.BaseLaunch, nil, rule.Block},
		{"in a folder of such a name", worktree.PathState{Name: "a~/b.js", Change: worktree.Added}, inspect.BaseLaunch, nil, rule.Block},
	} {
		found := broken(rule.ChangeUndeclared, inspect.Evidence{Base: test.base, Others: test.others, Undeclared: []worktree.PathState{test.state}})
		if len(found) != 1 || found[0].Rule != rule.ChangeUndeclared || found[0].Severity != test.want {
			t.Errorf("%s: %+v, want one change-undeclared of severity %s", test.what, found, test.want)
		}
	}
}

// TestUndeclaredByFolder: many changes in one folder are one finding that counts them, however deep they lie, if git tracks nothing there.
func TestUndeclaredByFolder(t *testing.T) {
	var states []worktree.PathState
	add := func(change worktree.Change, names ...string) {
		for _, name := range names {
			states = append(states, worktree.PathState{Name: name, Change: change})
		}
	}
	add(worktree.Modified, "a", "b", "docs/1", "docs/2", "docs/3", "docs/4")
	add(worktree.Added, "src/gen/x/1", "src/gen/x/2", "src/gen/y/1", "src/gen/y/z/2", "src/new/1")
	for i := range 50_000 {
		add(worktree.Added, fmt.Sprintf("vendor/p%d/m%d.js", i%100, i))
	}
	found := broken(rule.ChangeUndeclared, inspect.Evidence{Base: inspect.BaseLaunch, Undeclared: states, Survey: worktree.Survey{NewDirs: []string{"src/gen", "src/new", "vendor"}}})
	want := map[string]string{"a": "modified", "b": "modified", "docs/": "4 files", "src/gen/": "4 files", "src/new/1": "added", "vendor/": "50000 files"}
	for _, f := range found {
		if says := want[f.Path]; says == "" || f.Severity != rule.Block || !strings.Contains(f.Message, says) || quote.Length(f.Message) > host.MaxReason/2 {
			t.Errorf("%+v", f)
		}
		delete(want, f.Path)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
}

// TestUndeclaredBesideEditor: a name that editors use hides nothing that the agent's commands made.
func TestUndeclaredBesideEditor(t *testing.T) {
	for command, want := range map[string]rule.Severity{
		"cp src/a.js src/a.js~":             rule.Block,
		"cd src && mv a.js a.js~":           rule.Block,
		"cp src/a.js~ src/a.js":             rule.Note,
		"sed -i s/x/y/ src/*.js && ls src/": rule.Note,
		"echo x > src/b.js~":                rule.Note,
	} {
		seen := inspect.Evidence{Base: inspect.BaseLaunch, Ran: []trace.Command{{Text: command}}, Undeclared: []worktree.PathState{{Name: "src/a.js~", Change: worktree.Added}}}
		if found := broken(rule.ChangeUndeclared, seen); len(found) != 1 || found[0].Severity != want {
			t.Errorf("after %q: %+v, want %s", command, found, want)
		}
	}
}

// TestUndeclaredAdviceOld: nobody is told to delete a file that was there before.
func TestUndeclaredAdviceOld(t *testing.T) {
	for _, change := range []worktree.Change{worktree.Modified, worktree.Deleted, worktree.Mode, worktree.Type} {
		seen := inspect.Evidence{Base: inspect.BaseLaunch, Undeclared: []worktree.PathState{{Name: "src/a.js", Change: change}}}
		const advice = "list it if you or your commands changed it, or undo that change; if it is not yours, leave it and say so in unfinished"
		for _, f := range broken(rule.ChangeUndeclared, seen) {
			if !strings.HasSuffix(f.Message, advice) {
				t.Errorf("%s: %s\nwant %q", change.Words(), f.Message, advice)
			}
		}
	}
}

// TestUndeclaredNames: an agent that follows the advice needs every name, so a finding that leaves some out says where they are.
func TestUndeclaredNames(t *testing.T) {
	for n, want := range map[int]string{10: `"gen/09"; list each that belongs`, 11: `and 1 more; git status -uall shows all of them: list each that belongs`} {
		seen := inspect.Evidence{Base: inspect.BaseLaunch}
		for i := range n {
			seen.Undeclared = append(seen.Undeclared, worktree.PathState{Name: fmt.Sprintf("gen/%02d", i), Change: worktree.Added})
		}
		for _, f := range broken(rule.ChangeUndeclared, seen) {
			if !strings.Contains(f.Message, want) || strings.Contains(f.Message, "undo") {
				t.Errorf("%d files: %s\nwant %q", n, f.Message, want)
			}
		}
	}
}

// TestUndeclaredBuild: what a build made in a new folder of its own is one finding, whatever is in it. A folder that git tracks something in is no build's.
func TestUndeclaredBuild(t *testing.T) {
	for _, test := range []struct {
		names, newDirs []string
		want           []string
	}{
		{[]string{"a/target/classes/A.class", "a/target/a.jar", "a/target/surefire-reports/A.txt"}, []string{"a/target"}, []string{"a/target/"}},
		{[]string{"new/build/libs/a.jar", "new/build/test-results/TEST-A.xml", "new/a.kt"}, []string{"new"}, []string{"new/a.kt", "new/build/"}},
		{[]string{"obj/project.assets.json", "obj/Debug/A.cs", "bin/Debug/A.dll", "bin/Debug/A"}, []string{"bin", "obj"}, []string{"obj/", "bin/"}},
		{[]string{"build/a.sh", "build/b.sh"}, []string{"build"}, []string{"build/a.sh", "build/b.sh"}},
		{[]string{"build/a.sh", "build/nohup.out"}, nil, []string{"build/a.sh", "build/nohup.out"}},
		{[]string{"src/a.jar", "src/A.class"}, []string{"src"}, []string{"src/a.jar", "src/A.class"}},
	} {
		seen := inspect.Evidence{Base: inspect.BaseLaunch}
		seen.Survey.NewDirs = test.newDirs
		for _, name := range test.names {
			seen.Undeclared = append(seen.Undeclared, worktree.PathState{Name: name, Change: worktree.Added})
		}
		var got []string
		for _, f := range broken(rule.ChangeUndeclared, seen) {
			got = append(got, f.Path)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%v: findings about %q, want %q", test.names, got, test.want)
		}
	}
}

// TestUndeclaredAdvice: leftovers of a build or a test are to be deleted. Paths that the project protects are work like any other, whatever their
// names.
func TestUndeclaredAdvice(t *testing.T) {
	rules := artifact.Rules{Protect: func(path string) bool { return path == "kept" || strings.HasPrefix(path, "kept/") || path == "core" }}
	for _, test := range []struct {
		names  []string
		advice string
	}{
		{[]string{"nohup.out"}, "If the task asked for it, name it in files_modified"},
		{[]string{"src/__pycache__/a.pyc", "src/__pycache__/b.pyc"}, "Delete them. If the task asked for some of them, name each of these in files_modified"},
		{[]string{"env/pyvenv.cfg", "env/bin/x"}, "Delete them. If the task asked for some of them, name each of these in files_modified"},
		{[]string{"covt/CACHEDIR.TAG", "covt/debug/x"}, "Delete them. If the task asked for some of them, name each of these in files_modified"},
		{[]string{"out/CMakeCache.txt", "out/Makefile", "out/sub/a.bin"}, "Delete them. If the task asked for some of them, name each of these in files_modified"},
		{[]string{"target/doc/index.html", "target/doc/help.html"}, "Delete them. If the task asked for some of them, name each of these in files_modified"},
		{[]string{"storybook-static/index.html", "storybook-static/project.json"}, "Delete them. If the task asked for some of them, name each of these in files_modified"},
		{[]string{"nohup.out", "core.12"}, "If the task asked for it, name it in files_modified"},
		{[]string{"env/pyvenv.cfg", "env/bin/a", "env/bin/b", "env/bin/c"}, "Delete them. If the task asked for some of them, name each of these in files_modified"},
		{[]string{"src/a.js"}, "list it if it belongs to the work; delete it if a build, a test or a try of yours left it; if it is not yours, leave it and say so in unfinished"},
		{[]string{"kept/nohup.out"}, "list it if it belongs to the work; delete it if a build, a test or a try of yours left it; if it is not yours, leave it and say so in unfinished"},
		{[]string{"kept/coverage/lcov.info"}, "list it if it belongs to the work; delete it if a build, a test or a try of yours left it; if it is not yours, leave it and say so in unfinished"},
		{[]string{"core"}, "list it if it belongs to the work; delete it if a build, a test or a try of yours left it; if it is not yours, leave it and say so in unfinished"},
		{[]string{"kept/__pycache__/1", "kept/__pycache__/2", "kept/__pycache__/3", "kept/__pycache__/4"}, "list each that belongs to the work, and delete the others; leave what is not yours, and say so in unfinished"},
		{[]string{"kept/venv/pyvenv.cfg"}, "list it if it belongs to the work; delete it if a build, a test or a try of yours left it; if it is not yours, leave it and say so in unfinished"},
	} {
		seen := inspect.Evidence{Base: inspect.BaseLaunch, Rules: rules}
		seen.Survey.States = []worktree.PathState{{Name: "target/CACHEDIR.TAG", Change: worktree.Added}} // an artifact that is removed
		for _, name := range test.names {
			seen.Undeclared = append(seen.Undeclared, worktree.PathState{Name: name, Change: worktree.Added})
		}
		for _, f := range broken(rule.ChangeUndeclared, seen) {
			if !strings.HasSuffix(f.Message, test.advice) {
				t.Errorf("%v: %s\nwant %q", test.names, f.Message, test.advice)
			}
		}
	}
}
