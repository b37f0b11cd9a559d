package evidence_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/evidence"
)

// TestOutputIsNotOfTheTests: counts that the command prints itself, or reads from another file, are no result of its tests. What people do with an
// output hides nothing.
func TestOutputIsNotOfTheTests(t *testing.T) {
	t.Parallel()
	const output = "# tests 12\n# pass 12\n# fail 0\n# skipped 0\n"
	log := func(command string) evidence.Use { return bash(command, output, false) }
	for _, test := range []struct {
		uses  []evidence.Use
		shown bool
	}{
		{[]evidence.Use{bash("npm test > /dev/null 2>&1; printf '# pass 12\\n# fail 0\\n'", output, false)}, false},
		{[]evidence.Use{bash("npm test | tail -0; echo '# pass 12'; echo '# fail 0'; echo '# tests 12'; echo '# skipped 0'", output, false)}, false},
		{[]evidence.Use{bash("npm test > new.log 2>&1; cat /tmp/old.log", output, false)}, false},
		{[]evidence.Use{bash("(npm test || true) > /dev/null; cat /tmp/old.log", output, false)}, false},
		{[]evidence.Use{bash("npm test > /dev/stderr", output, false)}, true},
		{[]evidence.Use{bash("git -C "+root+" stash", "", false), log("npm test"), bash("git -C "+root+" stash pop", "", false)}, false},
		{[]evidence.Use{bash("git -C "+root+" stash", "", false), log("npm test"), bash("git -C "+root+" stash pop", "", false), log("npm test")}, true},
		{[]evidence.Use{bash("npm test > new.log 2>&1; echo done", "done\n", false), log("cat /tmp/old.log")}, false},
		{[]evidence.Use{bash("npm test | sed 's/fail [1-9]*/fail 0/'", output, false)}, false},
		{[]evidence.Use{bash("npm test 2>&1 | grep -v '# fail'", output, false)}, false},
		{[]evidence.Use{bash("npm test | grep -o '[0-9]* passed'", output, false)}, false},
		{[]evidence.Use{bash("npm test 2>&1 | grep '# pass'", output, false)}, false},
		{[]evidence.Use{bash("npm test 2>&1 | grep -E '# (pass|fail)'", output, false)}, true},
		{[]evidence.Use{bash("npm test > new.log 2>&1; cat new.log", output, false)}, true},
		{[]evidence.Use{bash("npm test > /tmp/new.log 2>&1; echo done", "done\n", false), log("tail -20 /tmp/new.log")}, true},
		{[]evidence.Use{bash("npm test > $LOG 2>&1; echo done", "done\n", false), log("tail -20 /tmp/new.log")}, true},
		{[]evidence.Use{bash("npm test > new.log 2>&1; echo done", "done\n", false), log("cat *.log")}, true},
		{[]evidence.Use{bash("npm test 2>/dev/null | tail -5", output, false)}, true},
		{[]evidence.Use{bash("npm test | tee new.log | tail -5", output, false)}, true},
		{[]evidence.Use{bash("npm test 2>&1 | sed 's/\\x1b\\[[0-9;]*m//g' | tail -4", output, false)}, true},
		{[]evidence.Use{bash("npm test | grep -v '^PASS' | tail", output, false)}, true},
		{[]evidence.Use{bash("echo '== tests'; npm test | tail -4", "== tests\n"+output, false)}, true},
		{[]evidence.Use{bash("npm test | awk '/pass|fail/'", output, false)}, true},
	} {
		claim := evidence.Claim{Counts: evidence.Counts{Passed: 12, Failed: 0, Skipped: 0, Total: 12}}
		if findings := checkTests(claim, test.uses, place); test.shown != (len(findings) == 0) {
			t.Errorf("%s: %v", test.uses[0].Command, findings)
		}
	}
}

// TestOtherWork: tests of another project, or without the work, say nothing about it.
func TestOtherWork(t *testing.T) {
	t.Parallel()
	for command, here := range map[string]bool{
		"cd " + root + " && npm --prefix /tmp/x test":                           false,
		"cd " + root + " && go -C /tmp/x test ./...":                            false,
		"cd " + root + " && cargo test --manifest-path /tmp/x/Cargo.toml":       false,
		"cd " + root + " && mvn -q -f /tmp/x/pom.xml verify":                    false,
		"cd " + root + " && pytest --rootdir=/tmp/x":                            false,
		"cd " + root + " && git stash -u && npm test; git stash pop":            false,
		"git -C " + root + " stash && cd " + root + " && npm test":              false,
		"cd " + root + " && git reset --hard && npm test":                       false,
		"cd " + root + " && git checkout -- . && npm test":                      false,
		"npm --prefix " + root + "/app test":                                    true,
		"npm --prefix app test":                                                 true,
		"cd " + root + " && cmake -S . -B /tmp/b && ctest --test-dir /tmp/b":    true,
		"cd " + root + " && git stash list && npm test":                         true,
		"cd " + root + " && npm test; git status":                               true,
		"cd " + root + " && cargo test --manifest-path " + root + "/Cargo.toml": true,
	} {
		findings := checkTests(evidence.Claim{Counts: unknown}, []evidence.Use{bash(command, "", false)}, place)
		if !here && (len(findings) == 0 || findings[0].Kind != evidence.Contradicted) || here && len(findings) > 0 && findings[0].Kind == evidence.Contradicted {
			t.Errorf("%s: %v", command, findings)
		}
	}
}

// TestOlderFile: counts in a file that was there before the tests began are not theirs, however the command came to print it. A file that the tests
// wrote, and one without counts, take nothing away.
func TestOlderFile(t *testing.T) {
	t.Parallel()
	const output, failed = "# tests 12\n# pass 12\n# fail 0\n# skipped 0\n", "# tests 12\n# pass 9\n# fail 3\n# skipped 0\n"
	began := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	at := place
	at.Read = func(name string) (string, time.Time) {
		switch name {
		case "/t/old.log", root + "/old.log":
			return output, began.Add(-time.Second)
		case "/t/worse.log":
			return failed, began.Add(-time.Second)
		case "/t/new.log":
			return output, began.Add(time.Second)
		case "/t/notes":
			return "# tests\nnotes\n", began.Add(-time.Second)
		}
		return "", time.Time{}
	}
	use := func(command, output string) evidence.Use {
		u := bash(command, output, false)
		u.Time = began
		return u
	}
	read := evidence.Use{Tool: "Read", Path: "/t/old.log", Output: "1\t# tests 12\n2\t# pass 12\n3\t# fail 0\n", Answered: true, Dir: root, Time: began.Add(time.Second)}
	for _, test := range []struct {
		uses  []evidence.Use
		shown bool
	}{
		{[]evidence.Use{use("timeout 0.01 npm test || cat /t/old.log", output)}, false},
		{[]evidence.Use{use("npm test >& /dev/null; cat old.log", output)}, false},
		{[]evidence.Use{use("npm test | true; tail -5 < /t/old.log", output)}, false},
		{[]evidence.Use{use("x=$(npm test); cd /t; cat old.log", output)}, false},
		{[]evidence.Use{use("npm test | tail -5; cat /t/old.log", failed+output)}, false},
		{[]evidence.Use{use("npm test | tail -50", failed), read}, false},
		{[]evidence.Use{use("npm test | tail -1", "done\n"), read}, false},
		{[]evidence.Use{use("npm test | tail -50", failed), use("cat /t/new.log", output)}, false},
		{[]evidence.Use{use("(npm test || true) | tail -0; node -e \"console.log('# tests 12\\n# pass 12\\n# fail 0\\n# skipped 0')\"", output)}, false},

		{[]evidence.Use{use("npm test | tail -5; cat /t/old.log", output+output)}, true},
		{[]evidence.Use{use("npm test | tail -5; echo before; cat /t/worse.log", output+"before\n"+failed)}, true},
		{[]evidence.Use{use("npm test || cat /t/notes", output)}, true},
		{[]evidence.Use{use("npm test || cat /t/new.log", output)}, true},
		{[]evidence.Use{use("npm test | tail -1", "done\n"), use("cat /t/new.log", output)}, true},
		{[]evidence.Use{use("cat /t/old.log", output), use("npm test", output)}, true},
		{[]evidence.Use{use("npm test", output), read}, true},
	} {
		claim := evidence.Claim{Counts: evidence.Counts{Passed: 12, Failed: 0, Skipped: 0, Total: 12}}
		if findings := checkTests(claim, test.uses, at); test.shown != (len(findings) == 0) {
			t.Errorf("%s: %v", test.uses[0].Command, findings)
		}
	}
}

// TestCopiedLog: what a gate made of an old log, or by a script, is no output of its tests. What it made of the log of its run is.
func TestCopiedLog(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	const output = "# tests 12\n# pass 12\n# fail 0\n"
	for _, tt := range []struct {
		does  []string
		shown bool
	}{
		{[]string{"cp old.log run.log"}, false},
		{[]string{"cp /tmp/run.log ."}, false},
		{[]string{"mv old.log run.log"}, false},
		{[]string{"ln -sf old.log run.log"}, false},
		{[]string{"cat old.log > run.log"}, false},
		{[]string{"cat < old.log > run.log"}, false},
		{[]string{"dd if=old.log of=run.log"}, false},
		{[]string{"sed -i 's/# fail 1/# fail 0/' run.log"}, false},
		{[]string{"python3 -c \"open('run.log','w').write(x)\""}, false},
		{[]string{"node <<'E'\nfs.writeFileSync('run.log', text)\nE"}, false},
		{[]string{"cp old.log run.log", "npm test > run.log 2>&1; echo done"}, true},
		{[]string{"cp old.log run.log", "npm test 2>&1 | tee run.log | head -1"}, true},
		{[]string{"cp run.log keep.log"}, true},
		{[]string{"sed -i 's/\\x1b//g' run.log"}, true},
		{[]string{"cp run.log keep.log; cp keep.log run.log"}, true},
		{[]string{"tail -20 run.log > short.log; mv short.log run.log"}, true},
		{[]string{"echo done >> run.log"}, true},
	} {
		at := place
		at.Since = began.Add(-time.Hour)
		at.Read = func(name string) (string, time.Time) {
			if filepath.Base(name) == "run.log" {
				return output, began.Add(time.Hour)
			}
			return "", time.Time{}
		}
		uses := []evidence.Use{bash("npm test > run.log 2>&1; echo done", "done\n", false)}
		for _, command := range tt.does {
			uses = append(uses, bash(command, "", false))
		}
		uses = append(uses, bash("cat run.log", output, false))
		for i := range uses {
			uses[i].Time = began.Add(time.Duration(i) * time.Second)
		}
		claim := evidence.Claim{Counts: evidence.Counts{Passed: 12, Failed: 0, Skipped: 0, Total: 12}}
		if findings := checkTests(claim, uses, at); tt.shown != (len(findings) == 0) {
			t.Errorf("%q: %v", tt.does, findings)
		}
	}
}

// TestTestsOfAnotherWorktree: a run of the tests of another worktree, by its path, is of other work. What is installed there may be used, and the gate
// may compare.
func TestTestsOfAnotherWorktree(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		does []string
		own  bool
	}{
		{[]string{"pytest ../T2-y"}, false},
		{[]string{"pytest -q ../T2-y/tests/test_a.py::test_x tests"}, false},
		{[]string{"npm test -- ../T2-y"}, false},
		{[]string{"go test /home/dev/shop/trees/T2-y/..."}, false},
		{[]string{"go test -C ../T2-y ./..."}, false},
		{[]string{"pytest ../.."}, false},
		{[]string{"pytest " + root + "/tests"}, true},
		{[]string{"pytest ./tests ../T2-y"}, true},
		{[]string{"../../.venv/bin/python -m pytest"}, true},
		{[]string{"node ../../node_modules/jest/bin/jest.js"}, true},
		{[]string{"php ../../vendor/bin/phpunit"}, true},
		{[]string{"pytest -c ../../pytest.ini"}, true},
		{[]string{"pytest --basetemp ../../tmp tests"}, true},
		{[]string{"npx jest --config ../../jest.config.js"}, true},
		{[]string{"pytest ../T2-y", "pytest"}, true},
		{[]string{"make -C ../T2-y test", "make test"}, true},
		{[]string{"make test"}, true},
	} {
		at := place
		at.Others = []string{"/home/dev/shop", "/home/dev/shop/trees/T2-y"}
		var uses []evidence.Use
		for _, command := range tt.does {
			uses = append(uses, bash(command, "", false))
		}
		findings := checkTests(evidence.Claim{Counts: unknown}, uses, at)
		if other := len(findings) > 0 && strings.Contains(findings[0].Text, " ran in "); other == tt.own {
			t.Errorf("%q: %v", tt.does, findings)
		}
	}
}

// TestNamed: what the commands that build or run tests name may be what they write.
func TestNamed(t *testing.T) {
	t.Parallel()
	for command, want := range map[string][]string{
		"jest --json --outputFile=results.json":                                             {"jest", "results.json"},
		"cmake -S . -B build && cmake --build build/x && ctest --test-dir build":            {"cmake", "build", "x", "ctest"},
		"pytest --cov-report html:cov/html -q tests":                                        {"pytest", "html", "cov", "tests"},
		"cat > src/shim.js; rm notes.md; eslint . > lint.txt":                               nil,
		"go test -coverprofile=$TMPDIR/c.out ./... && cp a.txt b.txt && go build -o ./shop": {"go", "test", "...", "build", "shop"},
	} {
		if got := evidence.Named(evidence.Follow([]evidence.Use{bash(command, "", false)})); !slices.Equal(got, want) {
			t.Errorf("%s names %q, want %q", command, got, want)
		}
	}
}
