package shell_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"stopgate/hook/shell"
)

// written returns a command as the tables of this file write it: its words, the folder after @, ! if the script fails with it, | if a pipe loses its
// status, * if the scripts made what it calls, and < if it is part of that.
func written(r shell.Run) string {
	text := r.Text()
	if r.Dir != "" {
		text += " @" + r.Dir
	}
	if r.Decides {
		text += " !"
	}
	if r.Piped {
		text += " |"
	}
	if r.Opened {
		text += " *"
	}
	if r.Within != nil {
		text += " <"
	}
	return text
}

func followed(f *shell.Follower, script string) []string {
	var list []string
	for _, r := range f.Follow(script) {
		list = append(list, written(r))
	}
	return list
}

// TestFollow holds which commands a script runs, where, and whether it fails with them.
func TestFollow(t *testing.T) {
	t.Parallel()
	for script, want := range map[string][]string{
		"":                                                          nil,
		"# npm test":                                                nil,
		"npm test # all":                                            {"npm test !"},
		"A=1 npm 'a b' \"c\" \\d":                                   {"npm a b c d !"},
		"npm test; ls":                                              {"npm test", "ls !"},
		"npm test\n\n":                                              {"npm test !"},
		"npm test && ls":                                            {"npm test !", "ls !"},
		"npm test || ls":                                            {"npm test", "ls !"},
		"npm test || exit 1":                                        {"npm test !", "exit 1 !"},
		"npm test || exit":                                          {"npm test !", "exit !"},
		"npm test || exit 0":                                        {"npm test", "exit 0 !"},
		"npm test || { echo bad; exit 2; }; ls":                     {"npm test !", "echo bad", "exit 2", "ls !"},
		"npm test && npm run lint || exit 1":                        {"npm test !", "npm run lint !", "exit 1 !"},
		"npm test && false || true":                                 {"npm test", "false", "true !"},
		"npm test | tail -5":                                        {"npm test |", "tail -5 !"},
		"npm test | tee log | tail":                                 {"npm test |", "tee log |", "tail !"},
		"set -o pipefail; npm test | tail":                          {"set -o pipefail", "npm test !", "tail !"},
		"set -euo pipefail\nnpm test | tail\nls":                    {"set -euo pipefail", "npm test !", "tail !", "ls !"},
		"set -e; npm test; ls":                                      {"set -e", "npm test !", "ls !"},
		"set -e; set +e; npm test; ls":                              {"set -e", "set +e !", "npm test", "ls !"},
		"set -e; npm test && ls; pwd":                               {"set -e", "npm test", "ls !", "pwd !"},
		"{ npm test || exit 1; } && ls; pwd":                        {"npm test !", "exit 1", "ls", "pwd !"},
		"if ! npm test; then exit 1; fi; ls":                        {"npm test !", "exit 1", "ls !"},
		"if npm test; then ls; else echo bad; exit 1; fi":           {"npm test !", "ls !", "echo bad", "exit 1 !"},
		"set -e; npm test | tail; ls":                               {"set -e", "npm test |", "tail !", "ls !"},
		"set -e; (npm test); ls":                                    {"set -e", "npm test !", "ls !"},
		"set -e; if npm test; then ls; fi":                          {"set -e", "npm test", "ls !"},
		"! npm test":                                                {"npm test"},
		"! npm test | tail":                                         {"npm test |", "tail"},
		"npm test & wait":                                           {"npm test", "wait !"},
		"npm test; rc=$?; echo done; exit $rc":                      {"npm test !", "echo done", "exit $? !"},
		"npm test; rc=$?; exit \"${rc}\"":                           {"npm test !", "exit $? !"},
		"npm test; exit $?":                                         {"npm test !", "exit $? !"},
		"npm test; ls; rc=$?; exit $rc":                             {"npm test", "ls !", "exit $? !"},
		"for i in 1 2; do npm test; done":                           {"npm test", "npm test"},
		"for d in a b; do (cd $d && npm test) || exit 1; done":      {"cd a !", "npm test @a !", "exit 1", "cd b !", "npm test @b !", "exit 1"},
		"while read x; do sh; done <<E\nls\nE":                      {"read x", "ls"},
		"a=(b c); d ${a[1]}":                                        {"d b c !"},
		"for i in 1; do npm test || exit 1; done":                   {"npm test !", "exit 1"},
		"while npm test; do ls; done":                               {"npm test", "ls"},
		"if true; then npm test; else ls; fi":                       {"true", "npm test !", "ls !"},
		"case $x in a) npm test;; esac":                             {"npm test !"},
		"time npm test":                                             {"npm test !"},
		"{ npm test; }":                                             {"npm test !"},
		"(cd a && npm test); ls":                                    {"cd a", "npm test @a", "ls !"},
		"cd a; cd ../b && npm test":                                 {"cd a", "cd ../b @a !", "npm test @b !"},
		"cd /w/a && npm test":                                       {"cd /w/a !", "npm test @/w/a !"},
		"cd \"$X\" && npm test":                                     {"cd $X !", "npm test !"},
		"X=/w; cd \"$X/a\" && npm test":                             {"cd /w/a !", "npm test @/w/a !"},
		"cd - && npm test":                                          {"cd - !", "npm test !"},
		"pushd a; npm test; popd; ls":                               {"pushd a", "npm test @a", "popd @a", "ls !"},
		"X=$(npm test)":                                             {"npm test !"},
		"X=$(npm test); ls":                                         {"npm test", "ls !"},
		"echo $(npm test)":                                          {"npm test", "echo $(npm test) !"},
		"export X=$(npm test)":                                      {"npm test"},
		"ls <(npm test)":                                            {"npm test", "ls <(npm test) !"},
		"bash -c 'cd a; npm test'":                                  {"cd a", "npm test @a !"},
		"bash -c 'npm test; ls'; ls":                                {"npm test", "ls", "ls !"},
		"bash -ec 'npm test; ls'":                                   {"npm test !", "ls !"},
		"timeout 60 bash -lc 'npm test'":                            {"npm test !", "timeout 60 ! *"},
		"docker exec app sh -c 'cd /app; npm test'":                 {"cd /app", "npm test !", "docker exec app ! *"},
		"eval 'npm test'":                                           {"npm test !"},
		"bash <<'E'\nset -e\nnpm test\nls\nE":                       {"set -e", "npm test !", "ls !"},
		"cat <<'E'\nnpm test\nE":                                    {"cat !"},
		"cat > r.sh <<'E'\nnpm test\nE\nsh r.sh":                    {"cat", "npm test ! <", "sh r.sh ! *"},
		"echo 'npm test' > r.sh; chmod +x r.sh; ./r.sh":             {"echo npm test", "chmod +x r.sh", "npm test ! <", "./r.sh ! *"},
		"cat a b > r.sh; sh r.sh":                                   {"cat a b", "sh r.sh !"},
		"echo ls >> r.sh; sh r.sh":                                  {"echo ls", "sh r.sh !"},
		"npm() { echo 4 passed; }; npm test":                        {"echo 4 passed ! <", "npm test ! *"},
		"npm() { command npm --silent \"$@\"; }; npm test":          {"command npm --silent test ! <", "npm test ! *"},
		"alias npm='echo ok'\nnpm test":                             {"alias npm=echo ok", "echo ok test ! <", "npm test ! *"},
		"{ echo '#!/bin/sh'; echo 'npm test'; } > r.sh; sh -e r.sh": {"echo #!/bin/sh", "echo npm test", "npm test ! <", "sh -e r.sh ! *"},
		"echo 'npm test' | tee r.sh; sh r.sh":                       {"echo npm test |", "tee r.sh", "npm test ! <", "sh r.sh ! *"},
		"tee r.sh <<'E'\nnpm test\nE\n. ./r.sh":                     {"tee r.sh", "npm test ! <", ". ./r.sh ! *"},
		"echo 'cd x; npm() { ls; }' > r.sh; . ./r.sh; npm test":     {"echo cd x; npm() { ls; }", "cd x <", ". ./r.sh *", "ls @x ! <", "npm test @x ! *"},
		"echo ls > a; cp a b; sh b":                                 {"echo ls", "cp a b", "ls ! <", "sh b ! *"},
		"echo ls > a; make > a; sh a":                               {"echo ls", "make", "sh a !"},
		"echo ls > a; sh a > a":                                     {"echo ls", "ls ! <", "sh a ! *"},
		"echo 'ls \"$@\"' > a; sh a b 'c d'":                        {"echo ls \"$@\"", "ls b c d ! <", "sh a b c d ! *"},
		"echo 'echo 4 passed' > /t/npm; env PATH=/t:$PATH npm test": {"echo echo 4 passed", "echo 4 passed ! <", "env PATH=/t:$PATH npm test ! *"},
		"echo 'print(\"4 passed\")' > t.py; python t.py":            {"echo print(\"4 passed\")", "python t.py ! *"},
		"echo 'import x; x.main()' > t.py; echo 'x()' >> t.py; python t.py":      {"echo import x; x.main()", "echo x()", "python t.py !"},
		"t() { npm test || return 1; ls; }; t":                                   {"npm test ! <", "return 1 <", "ls ! <", "t ! *"},
		"t() { npm test || return 1; }; t; ls":                                   {"npm test <", "return 1 <", "t *", "ls !"},
		"t() { npm test || exit 1; }; t; ls":                                     {"npm test ! <", "exit 1 <", "t *", "ls !"},
		"() { npm test; }":                                                       {"npm test !"},
		"function a b { npm test; }; b":                                          {"npm test ! <", "b ! *"},
		"echo 'npm test' | bash -e":                                              {"echo npm test |", "npm test !"},
		"cat <<E | sh\nnpm test\nE":                                              {"cat |", "npm test !"},
		"cat a | sh; > b":                                                        {"cat a |", "sh", ": !"},
		"t() { npm \"$1\" -w \"$2\" $3; }; t test web":                           {"npm test -w web $3 ! <", "t test web ! *"},
		"t() { X=/w; }; t; cd $X; ls":                                            {"t *", "cd /w", "ls @/w !"},
		"X=1 ls; echo $X":                                                        {"ls", "echo $X !"},
		"run() { npm test; }; ls":                                                {"ls !"},
		"run() { run; }; run":                                                    {"run ! * <", "run ! *"},
		"mkdir /t; echo 'echo 4 passed' > /t/npm; PATH=/t:$PATH npm test":        {"mkdir /t", "echo echo 4 passed", "echo 4 passed ! <", "npm test ! *"},
		"echo 'echo 4 passed' > /t/npm; export PATH=/t:$PATH; npm test; npm run": {"echo echo 4 passed", "echo 4 passed <", "npm test *", "echo 4 passed ! <", "npm run ! *"},
		"npm test; echo 'it is not closed":                                       {"npm test", "echo it is not closed"},
	} {
		if got := followed(&shell.Follower{}, script); !slices.Equal(got, want) {
			t.Errorf("%q runs %q, not %q", script, got, want)
		}
	}
}

// TestFollowOneAfterTheOther: what a script leaves for the next.
func TestFollowOneAfterTheOther(t *testing.T) {
	t.Parallel()
	var f shell.Follower
	for _, step := range []struct {
		script string
		want   []string
	}{
		{"cd /w/a", []string{"cd /w/a !"}},
		{"npm test", []string{"npm test @/w/a !"}},
		{"set -e; X=1; f() { ls; }", []string{"set -e @/w/a"}},
		{"f; echo $X", []string{"f @/w/a", "echo $X @/w/a !"}},
		{"printf '#!/bin/sh\\necho ok\\n' > npm && chmod +x npm", []string{"printf #!/bin/sh\\necho ok\\n @/w/a !", "chmod +x npm @/w/a !"}},
		{"PATH=/w/a:$PATH npm test", []string{"echo ok @/w/a ! <", "npm test @/w/a ! *"}},
		{"cd /", []string{"cd / @/w/a !"}},
		{"/w/a/npm test", []string{"echo ok @/ ! <", "/w/a/npm test @/ ! *"}},
		{"cd b", []string{"cd b @/ !"}},
		{"ls", []string{"ls @/b !"}},
	} {
		if got := followed(&f, step.script); !slices.Equal(got, step.want) {
			t.Errorf("%q runs %q, not %q", step.script, got, step.want)
		}
	}
	var relative shell.Follower
	relative.Follow("cd a")
	if got := followed(&relative, "ls"); !slices.Equal(got, []string{"ls !"}) {
		t.Errorf("after a relative folder: %q", got)
	}
}

// FuzzFollow: no script makes it panic, and of every script there are at most MaxRuns commands, each with a program.
func FuzzFollow(f *testing.F) {
	f.Add("cd a && npm test || exit 1", "echo 'ls \"$@\"' > b; sh -e b c; x=$(f); f() { g | h & }; f 2>&1")
	f.Add("cat <<E | tee f\nls $x\nE", "set -o pipefail; if ! . ./f; then return 1; fi; case $x in a) eval 'ls';; esac")
	f.Fuzz(func(t *testing.T, first, second string) {
		var follower shell.Follower
		for _, script := range []string{first, second} {
			runs := follower.Follow(script)
			if len(runs) > shell.MaxRuns {
				t.Errorf("%d commands", len(runs))
			}
			for _, r := range runs {
				if len(r.Words) == 0 {
					t.Errorf("a command without words: %+v", r)
				}
				r.Bare()
			}
		}
	})
}

// TestFollowBounds: no script takes long or has more than MaxRuns commands.
// TestFollowOutput: where the standard output of a command goes.
func TestFollowOutput(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"npm test": "", "npm test > log": "log", "npm test >> log": "log", "npm test >| log": "log", "npm test &> log": "log", "npm test &>> log": "log",
		"npm test 1> log": "log", "npm test 1<> log": "log", "npm test <> log": "", "npm test 2> log": "", "npm test < log": "", "npm test 2>&1": "",
		"npm test > log > /dev/stdout": "", "{ npm test; } > log": "log", "npm test | cat > log": "",
	} {
		var f shell.Follower
		if got := f.Follow(script)[0].Output; got != want {
			t.Errorf("%q: %q, want %q", script, got, want)
		}
	}
}

func TestFollowBounds(t *testing.T) {
	many := strings.Repeat(` "$@"`, 100)
	var files strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&files, "echo ls > node_modules/.bin/f%d\n", i)
	}
	var f shell.Follower
	for _, script := range []string{
		strings.Repeat("a;", 100_000), strings.Repeat("a&&", 100_000) + "a", strings.Repeat("a|", 100_000) + "a", strings.Repeat("(", 100_000), strings.Repeat("$(", 100_000),
		strings.Repeat("{ ", 1000) + "a" + strings.Repeat("; }", 1000), "a() { a; a; }; b() { a; a; }; a; b", "eval 'eval \"eval $x\"'",
		"f() { g; g; }; g() { h; h; }; h() { i; i; }; i() { ls; ls; }; " + strings.Repeat("f;", 10_000), strings.Repeat("x=$x$x$x$x;", 1000) + "ls $x",
		"x=" + strings.Repeat("a", 1000) + ";" + strings.Repeat("x=$x$x;", 100) + "ls $x", strings.Repeat("echo a >> f;", 10_000),
		"x=" + strings.Repeat("a", 4<<10) + ";ls " + strings.Repeat("$x", 50_000), strings.Repeat("echo "+strings.Repeat("a ", 50)+"> f$i;", 1000),
		"f() { g" + many + "; }; g() { h" + many + "; }; h() { i" + many + "; }; i() { j" + many + "; }; f" + strings.Repeat(" a", 100),
		files.String() + strings.Repeat("npm test;", 10_000), "cat > f <<E\n" + strings.Repeat("sh g\n", 4000) + "E\ncat > g <<E\n" + strings.Repeat("ls\n", 4000) + "E\nsh f",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		runs := f.Follow(script)
		runtime.ReadMemStats(&after)
		if n := len(runs); n > shell.MaxRuns {
			t.Errorf("%.20q: %d commands", script, n)
		}
		size := 0
		for _, run := range runs {
			size += len(run.Text())
		}
		if size > 4<<20 {
			t.Errorf("%.20q: %d bytes of words", script, size)
		}
		if used := int64(after.HeapSys) - int64(before.HeapSys); used > 512<<20 { // what is allocated in all is ten times as much with the race detector
			t.Errorf("%.20q: %d MB were used", script, used>>20)
		}
	}
}
