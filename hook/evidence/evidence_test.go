package evidence_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/evidence"
)

const root = "/home/dev/shop/trees/T1-x"

var place = evidence.Place{Names: []string{root, "./trees/T1-x"}}

var unknown = evidence.Counts{Passed: -1, Failed: -1, Skipped: -1, Total: -1}

func recorded(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func bash(command, output string, failed bool) evidence.Use {
	return evidence.Use{Tool: "Bash", Command: command, Output: output, Failed: failed, Answered: true, Dir: root}
}

// stays returns the use of a command that goes on in the background.
func stays(use evidence.Use) evidence.Use {
	use.Stays = true
	return use
}

const started = "Monitor started (task b1, expires in 5m unless the source ends first)."

// watched returns the use of Monitor with what its command printed.
func watched(command, output string) evidence.Use {
	use := bash(command, output, false)
	use.Tool = "Monitor"
	return use
}

func checkTests(c evidence.Claim, uses []evidence.Use, at evidence.Place) []evidence.Finding {
	return evidence.Tests(c, evidence.Follow(uses), at)
}

func checkReview(c evidence.Claim, uses []evidence.Use, changed []string) []evidence.Finding {
	return evidence.Review(c, evidence.Follow(uses), changed, nil)
}

// TestMoreRunners holds what is read from the summaries of further runners, as they write them.
func TestMoreRunners(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		command, output string
		counts          evidence.Counts // what an honest gate reports
		passes          bool
	}{
		{"bun test", "\nsrc/a.test.ts:\n(pass) adds [0.10ms]\n\n 3 pass\n 1 skip\n 0 fail\n 7 expect() calls\nRan 4 tests across 2 files. [12.00ms]\n", evidence.Counts{Passed: 3, Failed: 0, Skipped: 1, Total: 4}, true},
		{"bun test", " 3 pass\n 1 fail\nRan 4 tests across 2 files. [12.00ms]\n", evidence.Counts{Passed: 3, Failed: 1, Skipped: 0, Total: 4}, false},
		{"deno test", "running 2 tests from ./a_test.ts\nadds ... ok (2ms)\n\nok | 2 passed | 0 failed | 1 ignored (14ms)\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"deno test", "FAILED | 2 passed | 1 failed (14ms)\n", evidence.Counts{Passed: 2, Failed: 1, Skipped: 0, Total: 3}, false},
		{"cargo nextest run", "------------\n     Summary [   0.012s] 3 tests run: 3 passed, 1 skipped\n", evidence.Counts{Passed: 3, Failed: 0, Skipped: 1, Total: 4}, true},
		{"cargo nextest run", "     Summary [   0.012s] 3 tests run: 3 passed (1 flaky), 1 skipped\n", evidence.Counts{Passed: 3, Failed: 0, Skipped: 1, Total: 4}, true},
		{"cargo nextest run", "     Summary [   0.012s] 3 tests run: 2 passed, 1 failed, 0 skipped\n", evidence.Counts{Passed: 2, Failed: 1, Skipped: 0, Total: 3}, false},
		{"gotestsum", "✓  shop/cart (12ms)\n\nDONE 5 tests, 1 skipped in 0.123s\n", evidence.Counts{Passed: 4, Failed: 0, Skipped: 1, Total: 5}, true},
		{"gotestsum", "=== Failed\n\nDONE 5 tests, 1 failure in 0.123s\n", evidence.Counts{Passed: 4, Failed: 1, Skipped: 0, Total: 5}, false},
		{"ctest", "100% tests passed, 0 tests failed out of 12\n\nTotal Test time (real) =   0.35 sec\n", evidence.Counts{Passed: 12, Failed: 0, Skipped: 0, Total: 12}, true},
		{"ctest", "92% tests passed, 1 tests failed out of 12\n", evidence.Counts{Passed: 11, Failed: 1, Skipped: 0, Total: 12}, false},
		{"dotnet test", "Test summary: total: 11, failed: 0, succeeded: 10, skipped: 1, duration: 1.2s\n", evidence.Counts{Passed: 10, Failed: 0, Skipped: 1, Total: 11}, true},
		{"dotnet test", "Test summary: total: 11, failed: 1, succeeded: 10, skipped: 0, duration: 1.2s\n", evidence.Counts{Passed: 10, Failed: 1, Skipped: 0, Total: 11}, false},
		{"gradle test", "> Task :test FAILED\n\n4 tests completed, 1 failed\n", evidence.Counts{Passed: 3, Failed: 1, Skipped: 0, Total: 4}, false},
		{"rake test", "Run options: --seed 1\n\n5 runs, 7 assertions, 0 failures, 0 errors, 1 skips\n", evidence.Counts{Passed: 4, Failed: 0, Skipped: 1, Total: 5}, true},
		{"rake test", "5 runs, 7 assertions, 0 failures, 1 errors, 0 skips\n", evidence.Counts{Passed: 4, Failed: 1, Skipped: 0, Total: 5}, false},
		{"mix test", "....*\nFinished in 0.05 seconds (0.00s async, 0.05s sync)\n5 tests, 0 failures, 1 skipped\n", evidence.Counts{Passed: 4, Failed: 0, Skipped: 1, Total: 5}, true},
		{"mix test", "1 doctest, 5 tests, 1 failure\n", evidence.Counts{Passed: 4, Failed: 1, Skipped: 0, Total: 5}, false},
		{"npx playwright test", "Running 4 tests using 2 workers\n\n  1 skipped\n  3 passed (2.1s)\n", evidence.Counts{Passed: 3, Failed: 0, Skipped: 1, Total: 4}, true},
		{"vendor/bin/pest", "  Tests:    2 passed (3 assertions)\n  Duration: 0.12s\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 0, Total: 2}, true},
		{"vendor/bin/pest", "  Tests:    1 failed, 2 passed (3 assertions)\n", evidence.Counts{Passed: 2, Failed: 1, Skipped: 0, Total: 3}, false},
		{"swift test", "Test Suite 'All tests' passed at 2026.\n\t Executed 3 tests, with 0 failures (0 unexpected) in 0.012 (0.014) seconds\n", evidence.Counts{Passed: 3, Failed: 0, Skipped: 0, Total: 3}, true},
		{"swift test", "\t Executed 0 tests, with 0 failures (0 unexpected) in 0.000 (0.001) seconds\n✔ Test run with 2 tests in 1 suite passed after 0.001 seconds.\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 0, Total: 2}, true},
		{"swift test", "✘ Test run with 2 tests failed after 0.001 seconds with 1 issue.\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 0, Total: 2}, false},
		{"ctest", "100% tests passed, 0 tests failed out of 3\n\nTotal Test time (real) =   0.04 sec\n\nThe following tests did not run:\n\t  3 - c (Skipped)\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"bats test", "1..3\nok 1 a\nok 2 b\nok 3 c # skip\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"bats test", "1..2\nok 1 a\nnot ok 2 b\n# (in test file test/a.bats, line 2)\n#   `@test \"b\" { false; }' failed\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 0, Total: 2}, false},
		{"bats test", "ok 2 b\nok 3 c # skip\n", unknown, false}, // what was above them is cut off
		{"bats test", "1..3\nok 1 a\nok 2 b\n", unknown, false},
		{"busted -o TAP", "ok 1 - x a\nok 2 - x b\nok 3 - # SKIP x c\n1..3\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"busted", "++.\n2 successes / 0 failures / 0 errors / 1 pending : 0.006152 seconds\n\nPending -> spec/a_spec.lua @ 1\nx c\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"busted", "1 success / 1 failure / 0 errors / 0 pending : 0.015003 seconds\n", evidence.Counts{Passed: 1, Failed: 1, Skipped: 0, Total: 2}, false},
		{"tap", "    ok 1 - a # time=24.252ms\n    1..1\nok 1 - test/a.test.js # time=69.356ms\n\n# { total: 3, pass: 2, skip: 1 }\n# time=8097.454ms\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"npx ava", "  ✔ a\n  ✔ b\n  ─\n\n  2 tests passed\n  1 test skipped\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"npx ava", "  ─\n\n  1 test failed\n", evidence.Counts{Passed: 1, Failed: 0, Skipped: 0, Total: 1}, false},
		{"ctest -V", "[==========] 2 tests from 1 test suite ran. (6 ms total)\n[  PASSED  ] 2 tests.\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 0, Total: 2}, true},
		{"ctest -V", "[  PASSED  ] 1 test.\n[  FAILED  ] 1 test, listed below:\n[  FAILED  ] A.b\n\n 1 FAILED TEST\n", evidence.Counts{Passed: 1, Failed: 1, Skipped: 0, Total: 2}, false},
		{"meson test -C b", "1/2 a OK              0.06s\n\nOk:                 2   \nExpected Fail:      0   \nFail:               0   \nUnexpected Pass:    0   \nSkipped:            1   \nTimeout:            0   \n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"rake test", "3 tests, 2 assertions, 0 failures, 0 errors, 0 pendings, 1 omissions, 0 notifications\n100% passed\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"crystal spec", "3 examples, 0 failures, 0 errors, 1 pending\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"lein test", "Ran 2 tests containing 3 assertions.\n0 failures, 0 errors.\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 0, Total: 2}, true},
		{"terraform test", "Success! 2 passed, 0 failed.\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 0, Total: 2}, true},
		{"terraform test", "Failure! 1 passed, 1 failed.\n", evidence.Counts{Passed: 1, Failed: 1, Skipped: 0, Total: 2}, false},
		{"forge test", "Ran 1 test suite in 5.30ms (1.20ms CPU time): 2 tests passed, 0 failed, 0 skipped (2 total tests)\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 0, Total: 2}, true},
		{"ng test", "TOTAL: 2 SUCCESS\n", evidence.Counts{Passed: 2, Failed: 0, Skipped: 0, Total: 2}, true},
		{"ng test", "Chrome 120 (Linux): Executed 2 of 2 (1 FAILED) (0.01 secs / 0.005 secs)\n", evidence.Counts{Passed: 1, Failed: 1, Skipped: 0, Total: 2}, false},
	} {
		for _, masked := range []string{" 2>&1 | tail -40", " | tee test.log", "; true", " || :", " 2>&1 | grep -v warn", " || exit 0"} {
			findings := checkTests(evidence.Claim{Counts: tt.counts}, []evidence.Use{bash(tt.command+masked, tt.output, false)}, place)
			if (len(findings) == 0) != tt.passes {
				t.Errorf("%s%s: %q leads to %v", tt.command, masked, tt.output, findings)
			}
		}
		claim := tt.counts
		claim.Passed += 7
		if claim.Total += 7; tt.passes && tt.command != "gotestsum" && len(checkTests(evidence.Claim{Counts: claim}, []evidence.Use{bash(tt.command+" | cat", tt.output, false)}, place)) == 0 {
			t.Errorf("%s: other counts than in %q pass", tt.command, tt.output)
		}
	}
}

// TestUnknownTool: a gate that says which command ran the tests is believed that, whatever the tool, if the command ran. Without that, a program that is
// told to test counts, and no linter.
func TestUnknownTool(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		claimed, ran string
		failed       bool
		passes       bool
	}{
		{"ansible-test units", "ansible-test units --docker", false, true},
		{"west twister -T tests", "west twister -T tests", false, true},
		{"west twister -T tests", "west twister -T tests", true, false},
		{"west twister -T tests", "west build", false, false},
		{"All tests were run", "west build", false, false},
		{"", "west twister -T tests", false, false},
		{"", "molecule test", false, true},
		{"", "mise run test", false, true},
		{"", "molecule test | tail -5", false, false},
		{"", "eslint test", false, false},
		{"", "ls test", false, false},
	} {
		claim := evidence.Claim{Counts: unknown}
		if tt.claimed != "" {
			claim.Commands = []string{tt.claimed}
		}
		if findings := checkTests(claim, []evidence.Use{bash(tt.ran, "all is well\n", tt.failed)}, place); (len(findings) == 0) != tt.passes {
			t.Errorf("%q after %q: %v", tt.claimed, tt.ran, findings)
		}
	}
}

// TestVerdicts holds what is read from programs that say only whether everything passed.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		command, output string
		passes          bool
	}{
		{"./gradlew test", "> Task :test\n\nBUILD SUCCESSFUL in 5s\n3 actionable tasks: 3 executed\n", true},
		{"./gradlew test", "* Get more help at https://help.gradle.org\n\nBUILD FAILED in 18s\n3 actionable tasks: 3 executed\n", false},
		{"./gradlew test", "There were failing tests. See the report at: file:///w/build/reports/tests/test/index.html\n\nBUILD SUCCESSFUL in 18s\n", false},
		{"./gradlew test", "> Task :test NO-SOURCE\n\nBUILD SUCCESSFUL in 6s\n", false},
		{"mvn verify", "[INFO] b .... SUCCESS [  0.2 s]\n[INFO] ----\n[INFO] BUILD SUCCESS\n[INFO] ----\n", true},
		{"mvn verify", "[ERROR] There are test failures.\n[INFO] BUILD SUCCESS\n", false},
		{"mvn verify -Dmaven.test.failure.ignore=true", "[INFO] BUILD SUCCESS\n", false},
		{"tox", "  py: OK (5.10=setup[4.00]+cmd[1.10] seconds)\n  congratulations :) (5.20 seconds)\n", true},
		{"tox", "  py: FAIL code 1 (5.10 seconds)\n  evaluation failed :( (5.20 seconds)\n", false},
		{"tox", "1 passed in 0.01s\nERROR:   a: commands failed\n", false},
		{"nox", "nox > Session tests was successful.\n", true},
		{"nox", "nox > Session lint was successful.\nnox > Session tests failed.\n", false},
		{"prove -l", "All tests successful.\nFiles=2, Tests=4,  1 wallclock secs ( 0.03 usr  0.01 sys )\nResult: PASS\n", true},
		{"prove -lv", "1..2\nok 1\nok 2\nFiles=2, Tests=3,  1 wallclock secs ( 0.03 usr  0.02 sys )\nResult: FAIL\n", false},
		{"prove -l", "t/a.t .. skipped: no\nFiles=2, Tests=0,  1 wallclock secs ( 0.03 usr  0.02 sys )\nResult: NOTESTS\n", false},
		{"flutter test", "00:02 +1: b\n00:02 +2: All tests passed!\n", true},
		{"dart test", "00:00 +1 ~1 -1: Some tests failed.\n", false},
		{"bazel test //...", "Executed 0 out of 2 tests: 2 tests pass.\n", true},
		{"bazel test //...", "Executed 2 out of 2 tests: 1 test passes and 1 fails locally.\n", false},
		{"sbt test", "[info] Passed: Total 2, Failed 0, Errors 0, Passed 2\n[success] Total time: 5 s\n", true},
		{"sbt test", "[error] Failed: Total 2, Failed 1, Errors 0, Passed 1\n[info] Passed: Total 1, Failed 0, Errors 0, Passed 1\n", false},
		{"xcodebuild -scheme Shop test", "** TEST SUCCEEDED **\n", true},
		{"xcodebuild -scheme Shop test", "** TEST FAILED **\n", false},
		{"make test", "All tests passed (4 assertions in 2 test cases)\n", true},
		{"make test", "test cases: 2 | 1 passed | 1 failed\n", false},
		{"make test", "[ FAIL 0 | WARN 0 | SKIP 0 | PASS 2 ]\n", true},
		{"make test", "[ FAIL 1 | WARN 0 | SKIP 0 | PASS 1 ]\n", false},
	} {
		claim := evidence.Counts{Passed: 2, Failed: 0, Skipped: 0, Total: 2}
		if findings := checkTests(evidence.Claim{Counts: claim}, []evidence.Use{bash(tt.command+" 2>&1 | tail -20", tt.output, false)}, place); (len(findings) == 0) != tt.passes {
			t.Errorf("%s: %q leads to %v", tt.command, tt.output, findings)
		}
	}
}

// Without counts a run whose exit status is hidden shows nothing, however it is hidden. One that is not hidden shows that the tests passed.
func TestHiddenStatus(t *testing.T) {
	t.Parallel()
	for command, shown := range map[string]bool{
		"npm test": true, "cd app && npm test": true, "timeout 60 npm test": true, "CI=1 npm test 2>&1": true, "(npm test)": true, "npm test && echo ok": true,
		"set -o pipefail; npm test | tail -5": true, "npm test; echo exit: $?": false,
		"npm test | tail -5": false, "npm test || true": false, "npm test || :": false, "npm test; true": false, "npm test | tee log": false, "npm test 2>&1 | grep -v x": false,
		"npm test; exit 0": false, "set +e; npm test; echo done": false, "npm test || echo failed": false, "if npm test; then echo ok; fi": false, "if ! npm test; then echo bad; fi": false,
		"npm test & wait": false, "npm test > log 2>&1; cat log": false, "! npm test": false, "while npm test; do break; done": false, "npm test && false || true": false,
		"timeout 60 npm test || true": false, "$(npm test)": true, "npm test || { echo failed; }": false, "npm test\necho done": false,
	} {
		findings := checkTests(evidence.Claim{Counts: unknown}, []evidence.Use{bash(command, "all is well\n", false)}, place)
		if (len(findings) == 0) != shown {
			t.Errorf("%s: %v", command, findings)
		}
	}
}

// TestRunners holds what is read from the output of each known runner. All runs hide their exit status, so that only the output counts.
func TestRunners(t *testing.T) {
	t.Parallel()
	tests := []struct {
		output string
		counts evidence.Counts // what an honest gate reports
		passes bool
	}{
		{"pytest_pass", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"pytest_q", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"pytest_color", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"pytest_fail", evidence.Counts{Passed: 1, Failed: 1, Skipped: 0, Total: 2}, false},
		{"unittest_pass", evidence.Counts{Passed: 1, Failed: 0, Skipped: 1, Total: 2}, true},
		{"go_pass", evidence.Counts{Passed: 1, Failed: 0, Skipped: 1, Total: 2}, true},
		{"go_v", evidence.Counts{Passed: 1, Failed: 0, Skipped: 1, Total: 2}, true},
		{"go_fail", evidence.Counts{Passed: 2, Failed: 1, Skipped: 1, Total: 4}, false},
		{"node_pass", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"node_spec", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"node_fail", evidence.Counts{Passed: 2, Failed: 1, Skipped: 1, Total: 4}, false},
		{"jest_pass", evidence.Counts{Passed: 45, Failed: 0, Skipped: 2, Total: 47}, true},
		{"jest_fail", evidence.Counts{Passed: 45, Failed: 1, Skipped: 2, Total: 48}, false},
		{"vitest_pass", evidence.Counts{Passed: 45, Failed: 0, Skipped: 0, Total: 45}, true},
		{"vitest_fail", evidence.Counts{Passed: 45, Failed: 1, Skipped: 2, Total: 48}, false},
		{"cargo_pass", evidence.Counts{Passed: 3, Failed: 0, Skipped: 1, Total: 4}, true},
		{"cargo_fail", evidence.Counts{Passed: 1, Failed: 1, Skipped: 0, Total: 2}, false},
		{"phpunit_pass", evidence.Counts{Passed: 5, Failed: 0, Skipped: 0, Total: 5}, true},
		{"phpunit_skip", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"phpunit_fail", evidence.Counts{Passed: 3, Failed: 1, Skipped: 1, Total: 5}, false},
		{"rspec_pass", evidence.Counts{Passed: 2, Failed: 0, Skipped: 1, Total: 3}, true},
		{"rspec_fail", evidence.Counts{Passed: 2, Failed: 1, Skipped: 0, Total: 3}, false},
		{"mocha_fail", evidence.Counts{Passed: 45, Failed: 1, Skipped: 2, Total: 48}, false},
		{"maven_pass", evidence.Counts{Passed: 9, Failed: 0, Skipped: 1, Total: 10}, true},
		{"dotnet_pass", evidence.Counts{Passed: 10, Failed: 0, Skipped: 1, Total: 11}, true},
	}
	inexact := []string{"go_", "cargo_"}
	for _, tt := range tests {
		t.Run(tt.output, func(t *testing.T) {
			t.Parallel()
			output := recorded(t, tt.output)
			for _, use := range []evidence.Use{bash("npm test 2>&1 | tail -40", output, false), bash("make test || true", numbered(output), false)} {
				findings := checkTests(evidence.Claim{Counts: tt.counts}, []evidence.Use{use}, place)
				if (len(findings) == 0) != tt.passes {
					t.Errorf("got %v", findings)
				}
				if !tt.passes {
					if !strings.Contains(findings[0].Text, "says that 1 failed") {
						t.Errorf("got %v", findings)
					}
					continue
				}
				other := tt.counts
				other.Passed += 7
				other.Total += 7
				findings = checkTests(evidence.Claim{Counts: other}, []evidence.Use{use}, place)
				exact := !strings.HasPrefix(tt.output, inexact[0]) && !strings.HasPrefix(tt.output, inexact[1])
				if exact && (len(findings) != 1 || findings[0].Kind != evidence.Contradicted) {
					t.Errorf("counts that no output has: %v", findings)
				}
			}
		})
	}
}

// numbered returns an output as the tool that reads files shows it.
func numbered(output string) string {
	var b strings.Builder
	for line := range strings.Lines(output) {
		b.WriteString("    12\t" + line)
	}
	return b.String()
}

// TestTests holds which passes of a test-runner count. What is honest is written in many ways.
func TestTests(t *testing.T) {
	t.Parallel()
	pass, fail := recorded(t, "jest_pass"), recorded(t, "jest_fail")
	const log = "Output: /tmp/T1-test.log\nExit codes:\n  test: 0\n  lint: 0\n"
	const twoJobs = "WORKING_DIR=" + root + "\n(cd \"$WORKING_DIR\" && npm test > /tmp/T1-test.log 2>&1) &\nTEST_PID=$!\n(cd \"$WORKING_DIR\" && npm run lint > /tmp/T1-lint.log 2>&1) &\nLINT_PID=$!\n" +
		"wait $TEST_PID\nTEST_EXIT_CODE=$?\nwait $LINT_PID\nLINT_EXIT_CODE=$?\necho \"Exit codes:\"\necho \"  test: $TEST_EXIT_CODE\"\necho \"  lint: $LINT_EXIT_CODE\""
	counts := evidence.Counts{Passed: 45, Failed: 0, Skipped: 2, Total: 47}
	none := unknown
	main := func(u evidence.Use) evidence.Use { u.Dir = "/home/dev/shop"; return u }
	tests := []struct {
		name     string
		commands []string
		counts   evidence.Counts
		uses     []evidence.Use
		want     string // of the first finding; "" for none
		kind     evidence.Kind
	}{
		{"plain", []string{"npm test"}, counts, []evidence.Use{bash("npm test", pass, false)}, "", 0},
		{"nothing claimed", nil, none, []evidence.Use{bash("pytest -q", "", false)}, "", 0},
		{"cd first", []string{"npm test"}, counts, []evidence.Use{main(bash("cd "+root+" && npm test", pass, false))}, "", 0},
		{"cd to a relative path", []string{"npm test"}, counts, []evidence.Use{main(bash("cd ./trees/T1-x && npm test 2>&1 | tail -20", pass, false))}, "", 0},
		{"cd in an earlier command", []string{"npm test"}, counts, []evidence.Use{main(bash("cd "+root, "", false)), main(bash("npm test", pass, false))}, "", 0},
		{"-C", []string{"make test"}, none, []evidence.Use{main(bash("make -C trees/T1-x test", "all fine\n", false))}, "", 0},
		{"--prefix", []string{"npm test"}, none, []evidence.Use{main(bash("npm --prefix "+root+" test", "fine\n", false))}, "", 0},
		{"other options", []string{"npm test -- --coverage"}, counts, []evidence.Use{bash("npm test -- --coverage --testPathIgnorePatterns='trees|backup' 2>&1", pass, false)}, "", 0},
		{"other words", []string{"npm run test:unit"}, counts, []evidence.Use{bash("npm run test:unit -- --ci", pass, false)}, "", 0},
		{"environment", []string{"pytest -q"}, none, []evidence.Use{bash("CI=1 PYTHONPATH=. python -m pytest -q --tb=short", "45 passed in 0.1s\n", false)}, "", 0},
		{"poetry", []string{"poetry run pytest"}, none, []evidence.Use{bash("poetry run pytest -x --cov", "45 passed in 0.1s\n", false)}, "", 0},
		{"backticks", []string{"`npm test`"}, counts, []evidence.Use{bash("npm test", pass, false)}, "", 0},
		{"another name of Python", []string{"python -m pytest -v"}, none, []evidence.Use{bash("/usr/bin/python3.11 -m pytest -v", "45 passed in 0.1s\n", false)}, "", 0},
		{"a log with counts beside the status", nil, evidence.Counts{Passed: 3, Failed: 0, Skipped: 0, Total: 3}, []evidence.Use{bash("npm test > /tmp/t.log 2>&1; echo \"exit: $?\"; tail -3 /tmp/t.log", "exit: 0\n# tests 3\n# pass 3\n# fail 0\n", false)}, "", 0},
		{"a log with counts, and it failed", nil, none, []evidence.Use{bash("npm test > /tmp/t.log 2>&1; echo \"exit: $?\"; tail -3 /tmp/t.log", "exit: 1\n# tests 3\n# pass 3\n# fail 0\n", false)}, "exit status that", evidence.Contradicted},
		{"packages, added up", nil, evidence.Counts{Passed: 3, Failed: 0, Skipped: -1, Total: -1}, []evidence.Use{bash("npm test --workspaces", "# tests 2\n# pass 2\n# fail 0\n# skipped 0\n# tests 1\n# pass 1\n# fail 0\n# skipped 0\n", false)}, "", 0},
		{"packages of jest, added up", nil, evidence.Counts{Passed: 5, Failed: 0, Skipped: 1, Total: 6}, []evidence.Use{bash("npm test -w a; npm test -w b", "Tests:       1 skipped, 2 passed, 3 total\nTests:       3 passed, 3 total\n", false)}, "", 0},
		{"packages, and the first fails", nil, none, []evidence.Use{bash("npm test --workspaces 2>&1 | tail -50", "Tests:       1 failed, 1 passed, 2 total\nTests:       3 passed, 3 total\n", false)}, "before the last one", evidence.NotShown},
		{"packages, and all pass", nil, none, []evidence.Use{bash("npm test --workspaces 2>&1 | tail -50", "Tests:       2 passed, 2 total\nTests:       3 passed, 3 total\n", false)}, "", 0},
		{"packages, and more than these", nil, evidence.Counts{Passed: 4, Failed: 0, Skipped: -1, Total: -1}, []evidence.Use{bash("npm test --workspaces", "# tests 2\n# pass 2\n# fail 0\n# skipped 0\n# tests 1\n# pass 1\n# fail 0\n# skipped 0\n", false)}, "you report 4 passed", evidence.Contradicted},
		{"what make runs", []string{"go test ./..."}, none, []evidence.Use{bash("make test", "go test ./...\nok  \tshop\t0.01s\n", false)}, "", 0},
		{"what npm runs", []string{"jest --ci"}, counts, []evidence.Use{bash("npm test", "\n> shop@1.0.0 test\n> jest --ci\n\n"+pass, false)}, "", 0},
		{"pdm", []string{"pdm run test"}, none, []evidence.Use{bash("pdm run test", "3 passed in 0.1s\n", false)}, "", 0},
		{"Angular", []string{"ng test --watch=false"}, none, []evidence.Use{bash("npx ng test --watch=false", "TOTAL: 3 SUCCESS\n", false)}, "", 0},
		{"Terraform", nil, none, []evidence.Use{bash("terraform test", "Success! 3 passed, 0 failed.\n", false)}, "", 0},
		{"a test command that was only printed", []string{"go test ./..."}, none, []evidence.Use{bash("echo 'go test ./...'", "go test ./...\n", false)}, "has no such command", evidence.Contradicted},
		{"joined", []string{"npm run lint && npm test"}, counts, []evidence.Use{bash("npm run lint", "", false), bash("npm test", pass, false), bash("npm run lint && npm test", pass, false)}, "", 0},
		{"beside git", []string{"git status --short; npm test"}, counts, []evidence.Use{bash("git status --short; npm test", pass, false)}, "", 0},
		{"in a container", []string{"docker exec app sh -c \"cd /app && npm test\""}, none, []evidence.Use{bash("docker exec app sh -c \"cd /app && npm test\"", "fine\n", false)}, "", 0},
		{"only the install", []string{"npm ci"}, none, []evidence.Use{bash("npm ci", "added 3 packages\n", false)}, "no test command", evidence.NotShown},
		{"the repository's own folder", nil, none, []evidence.Use{main(bash("cd $(git rev-parse --show-toplevel) && npm test", "fine\n", false))}, `ran in "/home/dev/shop"`, evidence.Contradicted},
		{"a sentence", []string{"full test suite", "the linter"}, counts, []evidence.Use{bash("npm test", pass, false)}, "", 0},
		{"go, a package pattern", []string{"go test ./..."}, none, []evidence.Use{bash("go test ./... 2>&1 | tail -5", recorded(t, "go_pass"), false)}, "", 0},
		{"a script", []string{"./scripts/run-tests.sh"}, none, []evidence.Use{bash("./scripts/run-tests.sh", "", false)}, "", 0},
		{"own script", []string{"./ci.sh"}, none, []evidence.Use{bash("bash ./ci.sh", "", false)}, "", 0},
		{"log and statuses", nil, counts, []evidence.Use{main(bash(twoJobs, log, false)), {Tool: "Read", Path: "/tmp/T1-test.log", Output: numbered(pass), Answered: true}}, "", 0},
		{"log without counts", nil, none, []evidence.Use{main(bash(twoJobs, log, false))}, "", 0},
		{"log that is printed", nil, counts, []evidence.Use{bash("npm test > /tmp/t.log 2>&1; echo done", "done\n", false), bash("tail -20 /tmp/t.log", pass, false)}, "", 0},
		{"background", nil, counts, []evidence.Use{stays(bash("npm test", "", false)), {Tool: "BashOutput", Output: pass, Answered: true}}, "", 0},
		{"background, and nothing shows its end", nil, none, []evidence.Use{stays(bash("npm test", "", false)), bash("sleep 60", "", false)}, "nothing shows how it ended", evidence.NotShown},
		{"background, and again", nil, none, []evidence.Use{stays(bash("npm test", "", false)), bash("npm test", "fine\n", false)}, "", 0},
		{"watched", nil, counts, []evidence.Use{watched("npm test 2>&1 | tail -20", started+"\n"+pass)}, "", 0},
		{"watched, with its exit status", nil, none, []evidence.Use{watched("make check; echo \"exit: $?\"", started+"\nfine\nexit: 0")}, "", 0},
		{"a log that is watched", nil, counts, []evidence.Use{stays(bash("npm test > /tmp/t.log 2>&1", "", false)), watched("until grep -q Tests: /tmp/t.log; do sleep 1; done; cat /tmp/t.log", started+"\n"+pass)}, "", 0},
		{"watched, and nothing came", nil, none, []evidence.Use{watched("npm test", started)}, "hides the exit status", evidence.NotShown},
		{"watched, and it failed", nil, none, []evidence.Use{watched("npm test || true", started+"\n"+fail)}, "failed", evidence.Contradicted},
		{"echo of the status", nil, none, []evidence.Use{bash("make check; echo \"exit: $?\"", "fine\nexit: 0\n", false)}, "", 0},
		{"pipefail", nil, none, []evidence.Use{bash("set -o pipefail; make test | tail -3", "fine\n", false)}, "", 0},
		{"set -e", nil, none, []evidence.Use{bash("set -e\ncd "+root+"\nmake test\necho done", "done\n", false)}, "", 0},
		{"run again after a failure", []string{"npm test"}, counts, []evidence.Use{bash("npm test", fail, true), bash("npm test 2>&1 | tail -30", pass, false)}, "may be flaky", evidence.Noted},
		{"in a clone that has only what is committed", nil, counts, []evidence.Use{bash("git clone -q . $TMPDIR/c && cd $TMPDIR/c && npm test", pass, false)}, `ran in "$TMPDIR/c"`, evidence.Contradicted},
		{"in a clone that an earlier command made", nil, counts, []evidence.Use{bash("git clone . $TMPDIR/c", "", false), bash("cd $TMPDIR/c; npm test", pass, false)}, `ran in "$TMPDIR/c"`, evidence.Contradicted},
		{"in a clone, by an option", nil, counts, []evidence.Use{bash("git clone -q . $TMPDIR/c; npm --prefix $TMPDIR/c test", pass, false)}, `ran in "$TMPDIR/c"`, evidence.Contradicted},
		{"in an archive of the commit", nil, counts, []evidence.Use{bash("git archive HEAD | tar x -C $TMPDIR/c; cd $TMPDIR/c && npm test", pass, false)}, `ran in "$TMPDIR/c"`, evidence.Contradicted},
		{"in a clone with the work", nil, counts, []evidence.Use{bash("git clone -q . $TMPDIR/c && git diff HEAD | git -C $TMPDIR/c apply && cd $TMPDIR/c && npm test", pass, false)}, "", 0},
		{"in a clone for comparison, last", nil, counts, []evidence.Use{bash("npm test", pass, false), bash("git clone -q . $TMPDIR/c && cd $TMPDIR/c && npm test", pass, false)}, "", 0},
		{"in a subshell in a clone, and then in the worktree", nil, counts, []evidence.Use{bash("git clone -q . $TMPDIR/c && (cd $TMPDIR/c && git log -1); npm test", pass, false)}, "", 0},
		{"counted beside a run", nil, none, []evidence.Use{bash("go test -v ./... | grep -c PASS; go test ./...", "3\nok  \tshop\t0.01s\n", false)}, "", 0},
		{"counted behind a run", nil, none, []evidence.Use{bash("go test ./...; go test -v ./... | grep -c PASS", "ok  \tshop\t0.01s\n3\n", false)}, "", 0},
		{"counted after a run", nil, none, []evidence.Use{bash("go test ./...", "ok  \tshop\t0.01s\n", false), bash("go test -v ./... | grep -c PASS", "3\n", false)}, "", 0},
		{"counted after a run that failed", nil, none, []evidence.Use{bash("go test ./...", "FAIL\tshop\t0.01s\nFAIL\n", true), bash("go test -v ./... | grep -c PASS", "2\n", false)}, "hides the exit status", evidence.NotShown},
		{"counted beside another run", nil, none, []evidence.Use{bash("go test -v ./... | grep -c PASS; go test ./a", "3\nok  \tshop/a\t0.01s\n", false)}, "hides the exit status", evidence.NotShown},
		{"what make runs is a check", nil, counts, []evidence.Use{bash("make test", "node --check src/app.js\nnpx eslint src\n", false)}, "only builds or checks", evidence.NotShown},
		{"what npm runs is a check", nil, counts, []evidence.Use{bash("npm test", "\n> shop@1.0.0 test\n> ruff check . && mypy src\n\nAll checks passed!\nSuccess: no issues found in 3 source files\n", false)}, "only builds or checks", evidence.NotShown},
		{"what make runs is a check, as the gate says", nil, evidence.Counts{Passed: 0}, []evidence.Use{bash("make test", "go vet ./...\n", false)}, "no test ran", evidence.Noted},
		{"what make runs is a check and a script", nil, none, []evidence.Use{bash("make test", "node --check src/app.js\nnode scripts/all.js\n", false)}, "", 0},
		{"compared with the commit first", nil, counts, []evidence.Use{bash("git stash -q; npm test; git stash pop -q; npm test", fail+pass, false)}, "", 0},
		{"compared with the commit last", nil, counts, []evidence.Use{bash("npm test; git stash -q; npm test; git stash pop -q", fail+pass, false)}, "takes the work away", evidence.Contradicted},
		{"run without the work", nil, counts, []evidence.Use{bash("git stash && npm test && git stash pop", pass, false)}, "takes the work away", evidence.Contradicted},
		{"run until it passes", nil, counts, []evidence.Use{bash("until npm test; do :; done", fail+pass, false)}, "until they pass", evidence.Noted},
		{"run while it fails", nil, counts, []evidence.Use{bash("cd . && while ! npm test; do sleep 1; done", fail+pass, false)}, "until they pass", evidence.Noted},
		{"run some times until it passes", nil, counts, []evidence.Use{bash("for i in 1 2 3; do npm test && break; done", fail+pass, false)}, "until they pass", evidence.Noted},
		{"run again at once if it fails", nil, counts, []evidence.Use{bash("npm test || npm test", fail+pass, false)}, "until they pass", evidence.Noted},
		{"waits for a server first", nil, counts, []evidence.Use{bash("until curl -sf localhost:3000; do sleep 1; done; npm test", pass, false)}, "", 0},
		{"tests two packages", nil, none, []evidence.Use{bash("for d in a b; do (cd $d && pytest) || exit 1; done", "45 passed in 0.1s\n", false)}, "", 0},
		{"two suites, summed", []string{"pytest unit", "pytest e2e"}, evidence.Counts{Passed: 5, Failed: 0, Skipped: 0, Total: 5}, []evidence.Use{bash("pytest unit", "2 passed in 0.1s\n", false), bash("pytest e2e", "3 passed in 0.1s\n", false)}, "", 0},
		{"a folder that is not there", []string{"pytest"}, none, []evidence.Use{bash("pytest test/unit", "ERROR: file or directory not found: test/unit\n\nno tests ran in 0.01s\n", true), bash("pytest", "3 passed in 0.1s\n", false)}, "", 0},
		{"in the wrong folder first", nil, none, []evidence.Use{main(bash("make test", "fine\n", false)), main(bash("cd "+root+" && make -s test", "fine\n", false))}, "", 0},
		{"counts left out", []string{"npm test"}, none, []evidence.Use{bash("npm test", pass, false)}, "", 0},

		{"nothing was run", nil, counts, []evidence.Use{bash("git status", "", false), bash("cat package.json", "\"test\": \"jest\"", false)}, "no test command", evidence.NotShown},
		{"claimed and not run", []string{"npm test"}, counts, []evidence.Use{bash("git status", "", false)}, "has no such command", evidence.Contradicted},
		{"another tool", []string{"pytest"}, none, []evidence.Use{bash("npm test", pass, false)}, "has no such command", evidence.Contradicted},
		{"only a comment", nil, none, []evidence.Use{bash("# npm test would run here\nls", "", false)}, "no test command", evidence.NotShown},
		{"only echo", nil, none, []evidence.Use{bash("echo npm test", "npm test", false)}, "no test command", evidence.NotShown},
		{"failed", []string{"make test"}, none, []evidence.Use{bash("make test", "boom\n", true)}, "exit status was not 0", evidence.Contradicted},
		{"masked, and the output says so", nil, counts, []evidence.Use{bash("npm test 2>&1 | tail -40", fail, false)}, "says that 1 failed", evidence.Contradicted},
		{"masked by true", nil, none, []evidence.Use{bash("make test || true", "…\n", false)}, "hides the exit status", evidence.NotShown},
		{"masked by true, and make tells it", nil, none, []evidence.Use{bash("make test || true", "make: *** [test] Error 1\n", false)}, "as its output says", evidence.Contradicted},
		{"masked by a pipe", nil, none, []evidence.Use{bash("make test | tail -5", "…\n", false)}, "hides the exit status", evidence.NotShown},
		{"masked by echo", nil, none, []evidence.Use{bash("make test; echo done", "done\n", false)}, "hides the exit status", evidence.NotShown},
		{"the status of the pipe", nil, none, []evidence.Use{bash("make test | tail -5; echo $?", "0\n", false)}, "hides the exit status", evidence.NotShown},
		{"a status that is not 0", nil, none, []evidence.Use{bash("make test; echo \"exit: $?\"", "exit: 2\n", false)}, "exit status that", evidence.Contradicted},
		{"in the log", nil, counts, []evidence.Use{bash("npm test > /tmp/t.log 2>&1; echo done", "done\n", false), {Tool: "Read", Path: "/tmp/t.log", Output: numbered(fail), Answered: true}}, "says that 1 failed", evidence.Contradicted},
		{"another folder", []string{"npm test"}, counts, []evidence.Use{main(bash("npm test", pass, false))}, `ran in "/home/dev/shop"; run it in the worktree`, evidence.Contradicted},
		{"another folder by cd", nil, counts, []evidence.Use{bash("cd /home/dev/shop && npm test", pass, false)}, `ran in "/home/dev/shop"`, evidence.Contradicted},
		{"another worktree", nil, counts, []evidence.Use{bash("cd /home/dev/shop/trees/T2-y && npm test", pass, false)}, "trees/T2-y", evidence.Contradicted},
		{"no answer", nil, none, []evidence.Use{{Tool: "Bash", Command: "npm test", Dir: root}}, "has no result", evidence.NotShown},
		{"no tests", nil, evidence.Counts{Total: 0}, []evidence.Use{bash("pytest | tail -1", recorded(t, "pytest_none"), false)}, "no test ran", evidence.Noted},
		{"no tests, and no counts", nil, none, []evidence.Use{bash("pytest | tail -1", recorded(t, "pytest_none"), false)}, "says that no test ran", evidence.NotShown},
		{"failures are ignored", nil, none, []evidence.Use{bash("make -i test", "fine\n", false)}, "hides the exit status", evidence.NotShown},
		{"other counts", nil, evidence.Counts{Passed: 147, Failed: 0, Skipped: 0, Total: 147}, []evidence.Use{bash("npm test", pass, false)}, `you report 147 passed, 0 failed, 0 skipped, but the output of jest says 45 passed, 0 failed, 2 skipped`, evidence.Contradicted},
		{"skipped ones left out", nil, evidence.Counts{Passed: 45, Failed: 0, Skipped: 0, Total: 45}, []evidence.Use{bash("npm test", pass, false)}, "you report 45 passed", evidence.Contradicted},
		{"only one of two suites passes", nil, none, []evidence.Use{bash("pytest unit", "1 failed, 2 passed in 0.1s\n", true), bash("pytest e2e", "3 passed in 0.1s\n", false)}, "says that 1 failed", evidence.Contradicted},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			findings := checkTests(evidence.Claim{Commands: tt.commands, Counts: tt.counts}, tt.uses, place)
			if tt.want == "" {
				if len(findings) > 0 {
					t.Errorf("got %v", findings)
				}
				return
			}
			if len(findings) == 0 || !strings.Contains(findings[0].Text, tt.want) || findings[0].Kind != tt.kind {
				t.Errorf("got %v, want %q", findings, tt.want)
			}
		})
	}
}

// TestBeforeTheWorkStopped: a run on an earlier state of the work proves nothing.
func TestBeforeTheWorkStopped(t *testing.T) {
	t.Parallel()
	stopped := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)
	at := evidence.Place{Names: place.Names, Since: stopped}
	use := bash("npm test", recorded(t, "jest_pass"), false)
	use.Time = stopped.Add(-time.Minute)
	if findings := checkTests(evidence.Claim{Counts: unknown}, []evidence.Use{use}, at); len(findings) != 1 {
		t.Errorf("a run before the work stopped counts: %v", findings)
	}
	use.Time = stopped.Add(time.Minute)
	if findings := checkTests(evidence.Claim{Counts: unknown}, []evidence.Use{use}, at); len(findings) != 0 {
		t.Errorf("a run after the work stopped: %v", findings)
	}
}

func TestReview(t *testing.T) {
	t.Parallel()
	read := func(path string) evidence.Use {
		return evidence.Use{Tool: "Read", Path: path, Output: "1\tx", Answered: true}
	}
	const diff = "diff --git a/src/app.js b/src/app.js\n--- a/src/app.js\n+++ b/src/app.js\n@@ -1 +1 @@\n-a\n+b\n"
	tests := []struct {
		name     string
		reviewed []string
		changed  []string
		uses     []evidence.Use
		unread   string
	}{
		{"read", nil, []string{"src/app.js"}, []evidence.Use{read(root + "/src/app.js")}, ""},
		{"diff", []string{"src/app.js"}, []string{"src/app.js"}, []evidence.Use{bash("git -C "+root+" diff main", diff, false)}, ""},
		{"diff of one file", nil, []string{"src/app.js"}, []evidence.Use{bash("git diff HEAD -- src/app.js", diff, false)}, ""},
		{"cat", nil, []string{"src/app.js"}, []evidence.Use{bash("cd "+root+" && cat src/app.js | head -200", "x", false)}, ""},
		{"sed", nil, []string{"src/app.js"}, []evidence.Use{bash("sed -n 1,80p "+root+"/src/app.js", "x", false)}, ""},
		{"grep with lines", nil, []string{"src/app.js"}, []evidence.Use{{Tool: "Grep", Path: root, Output: "src/app.js:12:eval(x)", Answered: true}}, ""},
		{"every file by xargs", nil, []string{"src/app.js"}, []evidence.Use{bash("git diff --name-only | xargs -n 1 tail -n +1 -v", "==> src/app.js <==\nx", false)}, ""},
		{"by find", nil, []string{"src/app.js"}, []evidence.Use{bash("find src -name '*.js' -exec head -50 {} +", "==> src/app.js <==\nx", false)}, ""},
		{"a patch with a summary", nil, []string{"src/app.js"}, []evidence.Use{bash("git diff --stat -p", " src/app.js | 2 +-\n"+diff, false)}, ""},
		{"after a list", nil, []string{"src/app.js"}, []evidence.Use{bash("ls src && git --no-pager -C . diff HEAD -- src/app.js", "app.js\nx", false)}, ""},
		{"a program of its own", nil, []string{"src/app.js"}, []evidence.Use{bash("python3 -c 'print(open(\"src/app.js\").read())'", "x", false)}, ""},
		{"the log with patches", nil, []string{"src/app.js"}, []evidence.Use{bash("git log -p -1", diff, false)}, ""},
		{"reviewed by its whole path", []string{root + "/src/app.js"}, []string{"src/app.js"}, []evidence.Use{read(root + "/src/app.js")}, ""},

		{"nothing", []string{"src/app.js"}, []string{"src/app.js"}, nil, `"src/app.js"`},
		{"failed", nil, []string{"src/app.js"}, []evidence.Use{{Tool: "Read", Path: root + "/src/app.js", Answered: true, Failed: true}}, `"src/app.js"`},
		{"names only", nil, []string{"src/app.js"}, []evidence.Use{bash("git diff --stat", " src/app.js | 2 +-\n", false), bash("git status --short", " M src/app.js\n", false), bash("ls src/app.js", "src/app.js\n", false)}, `"src/app.js"`},
		{"only the log", nil, []string{"src/app.js"}, []evidence.Use{bash("git log --stat -1; git show --name-only; wc -l src/app.js; find . -name app.js; test -f src/app.js", " src/app.js | 2 +-\n", false)}, `"src/app.js"`},
		{"said in words", nil, []string{"src/app.js"}, []evidence.Use{bash("echo 'cat src/app.js'; printf 'git diff src/app.js'", "src/app.js\n", false)}, `"src/app.js"`},
		{"a commit's file", nil, []string{"src/app.js"}, []evidence.Use{bash("git show main:src/app.js", "x", false), bash("git -C . cat-file -p HEAD:src/app.js", "x", false)}, `"src/app.js"`},
		{"nothing is printed", nil, []string{"src/app.js"}, []evidence.Use{bash("cat src/app.js > /dev/null", "", false), bash("head -n 0 src/app.js", "", false), bash("sha256sum src/app.js", "x  src/app.js", false), bash("node --check src/app.js", "", false), bash("git diff --quiet -- src/app.js", "", false), bash("grep -c x src/app.js", "1", false)}, `"src/app.js"`},
		{"a commit", nil, []string{"src/app.js"}, []evidence.Use{bash("git show HEAD -- src/app.js", diff, false)}, ""},
		{"head", nil, []string{"src/app.js"}, []evidence.Use{bash("head -n 100 src/app.js", "x", false)}, ""},
		{"a diff with an error stream", nil, []string{"src/app.js"}, []evidence.Use{bash("git diff HEAD -- src/app.js 2>/dev/null", diff, false)}, ""},
		{"grep names", nil, []string{"src/app.js"}, []evidence.Use{{Tool: "Grep", Path: root, Output: "Found 1 file\nsrc/app.js", Answered: true}}, `"src/app.js"`},
		{"one of two", nil, []string{"src/app.js", "src/b.js"}, []evidence.Use{read(root + "/src/app.js")}, `"src/b.js"`},
		{"a copy", nil, []string{"src/app.js", "b.js"}, []evidence.Use{{Tool: "Read", Path: "/w/trees/T-2/src/app.js", Answered: true, Elsewhere: true}}, `"src/app.js", "b.js"; of 1 of them it shows copies in another worktree; read them in the worktree of the work`},
		{"a copy and the file", nil, []string{"src/app.js"}, []evidence.Use{{Tool: "Read", Path: "/w/src/app.js", Answered: true, Elsewhere: true}, read(root + "/src/app.js")}, ""},
		{"claims more than it read", []string{"src/app.js", "docs/x.md"}, []string{"src/app.js"}, []evidence.Use{read(root + "/src/app.js")}, `"docs/x.md"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			findings := checkReview(evidence.Claim{Reviewed: tt.reviewed}, tt.uses, tt.changed)
			if tt.unread == "" {
				if len(findings) > 0 {
					t.Errorf("got %v", findings)
				}
				return
			}
			none := strings.HasPrefix(tt.unread, `"src/app.js"`) // nothing of the change was read
			if len(findings) != 1 || findings[0].Kind != evidence.NotShown || strings.Contains(findings[0].Text, "none of the changed files") != none || !strings.Contains(findings[0].Text, ": "+tt.unread) {
				t.Errorf("got %v", findings)
			}
		})
	}
}

// TestReviewByContent: a command that names a file and prints nothing of it has not shown it, and one that prints it has, named or not. What agents and
// unknown tools showed is unknown.
func TestReviewByContent(t *testing.T) {
	t.Parallel()
	const text = "export function retries(limit) {\n\treturn limit > 3 ? 3 : limit\n}\n"
	read := func(name string) string {
		return map[string]string{"src/app.js": text, "src/img.png": "\x89PNG\x00abcdefgh\x00", "src/x": "1 2\n"}[name]
	}
	tool := func(name string) evidence.Use { return evidence.Use{Tool: name, Output: "fine", Answered: true} }
	for _, tt := range []struct {
		changed string
		uses    []evidence.Use
		want    string // "": it was read
	}{
		{"src/app.js", []evidence.Use{bash("cat src/app.js", text, false)}, ""},
		{"src/app.js", []evidence.Use{bash("cat src/*.js", "x\n"+text, false)}, ""},
		{"src/app.js", []evidence.Use{bash("cd src && for f in *; do cat $f; done", text, false)}, ""},
		{"src/app.js", []evidence.Use{bash("git diff -U0 -- src/app.js", "@@ -1 +1 @@\n+\treturn limit > 3 ? 3 : limit\n", false)}, ""},
		{"src/app.js", []evidence.Use{bash("cat src/app.js", strings.Repeat("other\n", 4000), false)}, ""}, // cut
		{"src/app.js", []evidence.Use{bash("git diff main..HEAD -- src/app.js", "", false)}, "none of the changed"},
		{"src/app.js", []evidence.Use{bash("git diff --cached -- src/app.js", "", false)}, "none of the changed"},
		{"src/app.js", []evidence.Use{bash("cat README.md; echo src/app.js", "# Shop\nsrc/app.js\n", false)}, "none of the changed"},
		{"src/app.js", []evidence.Use{bash("cat src/*.js", "other things\n", false)}, "none of the changed"},
		{"src/app.js", []evidence.Use{tool("Read"), tool("mcp__serena__read_file")}, "not show"},
		{"src/app.js", []evidence.Use{tool("Agent")}, "not show"},
		{"src/app.js", []evidence.Use{tool("TodoWrite")}, "none of the changed"},
		{"src/img.png", []evidence.Use{bash("file src/img.png && xxd src/img.png", "8950", false)}, ""},
		{"src/x", []evidence.Use{bash("cat src/x", "1 2", false)}, ""},
	} {
		findings := evidence.Review(evidence.Claim{}, evidence.Follow(tt.uses), []string{tt.changed}, read)
		if (tt.want == "") != (len(findings) == 0) || len(findings) > 0 && !strings.Contains(findings[0].Text, tt.want) {
			t.Errorf("%s by %q: %v", tt.changed, tt.uses[0].Command, findings)
		}
	}
}

// TestOnlyWords: a command that only says the name of a test runner, lists its tests or shows its help, is no test run. All that people write around
// a real one is.
func TestOnlyWords(t *testing.T) {
	t.Parallel()
	const counts = "# tests 4\n# pass 4\n# fail 0\n"
	for command, runs := range map[string]bool{
		"npm test":                                                               true,
		"ls src && npm test":                                                     true,
		"git status --short && npm test":                                         true,
		"echo '== tests' && npm test":                                            true,
		"cat x | head; npm test":                                                 true,
		"npm test # all of them":                                                 true,
		"npm test -- --name '#12; a && b'":                                       true,
		"bash -c 'echo hi; npm test'":                                            true,
		"bash <<'E'\nset -e\nnpm test\nE":                                        true,
		"if ! npm test; then echo FAIL; fi":                                      true,
		"for i in 1 2; do npm test; done":                                        true,
		"run() { npm test; }; run":                                               true,
		"npm test 2>&1 | tail -5":                                                true,
		"npm test >/dev/null 2>&1 && cat l":                                      true,
		"npm test --help; npm test":                                              true,
		"cat > r.sh <<'E'\nnpm test\nE\nbash r.sh":                               true,
		"git bisect run npm test":                                                true,
		"npm() { command npm --silent \"$@\"; }; npm test":                       true,
		"echo 'npm test' > run.sh; sh run.sh":                                    true,
		"test_all() { npm test; }; test_all":                                     true,
		"npm() { echo '4 passed'; }; npm test":                                   false,
		"echo 'echo 4 passed' > /t/npm; chmod +x /t/npm; PATH=/t:$PATH npm test": false,
		"cat > run.sh <<'E'\necho '# pass 4' # npm test\nE\nsh run.sh":           false,
		"run_tests() { npm test; }; echo done":                                   false,
		"echo npm test":                                                          false,
		"true && echo npm test":                                                  false,
		"printf 'npm test\\n'; cat old.log":                                      false,
		"cat old.log # npm test":                                                 false,
		"# npm test\ncat old.log":                                                false,
		"cat <<'E'\nnpm test\n# pass 4\nE":                                       false,
		": npm test":                                                             false,
		"npm test --dry-run":                                                     false,
		"npm test -- --help | head":                                              false,
	} {
		findings := checkTests(evidence.Claim{Commands: []string{"npm test"}, Counts: unknown}, []evidence.Use{bash(command, counts, false)}, place)
		if runs != (len(findings) == 0) {
			t.Errorf("%s: %v", command, findings)
		}
	}
	for command, runs := range map[string]bool{
		"npx jest --listTests": false, "pytest --collect-only -q": false, "cargo test --no-run": false, "go test -list . ./...": false,
		"mvn -DskipTests verify": false, "make -n test": false, "dotnet test --list-tests": false, "ctest -N": false,
		"go test -run '^$' ./...": false, "go test -run XXX ./...": false, "go test -c -o /tmp/x ./x": false, "go test -exec true ./...": false,
		"PYTEST_ADDOPTS=--collect-only pytest": false, "PYTEST_ADDOPTS='-q --co' pytest": false, "pytest --setup-plan": false, "mvn test-compile": false,
		"gradle build -x test": false, "./gradlew -m test": false, "./gradlew testClasses": false, "make -sn test": false, "make -t test": false, "make test SHELL=/bin/true": false,
		"MAVEN_ARGS='-DskipTests' mvn verify": false, "npx vitest list": false, "tox -l": false, "tox --notest": false, "bats --count test": false, "npm test --script-shell=/bin/echo": false,
		"ruby -Itest test/a_test.rb": true, "ruby -Ilib:test test/a_test.rb": true, "ruby -rsimplecov -Itest test/a_test.rb": true, "php -dmemory_limit=-1 vendor/bin/phpunit": true,
		"php -d zend.assertions=1 vendor/bin/phpunit": true, "python3 -We -m pytest": true, "ruby -e 'puts 4' test/a_test.rb": false, "python3 -W error -c 'print(4)' test.py": false,
		"php -d x=1 -r 'echo 4;' test.php": false, "node --require ./setup.js -e 'console.log(4)' test.js": false,
		"go test -run TestC -count=1 ./...": true, "go test -coverprofile=c.out ./...": true, "gradle check -x integrationTest": true, "make -Otarget test": true, "make -s -j4 -k test": true,
		"mvn clean test-compile test": true, "pytest --count=3 -x": true, "tox -e py311": true, "make test SHELL=/bin/bash": true,
		"go test -run TestList ./...": true, "mvn -DskipTests=false verify": true, "make -j4 test": true, "make test ARGS='-x -n 4'": true, "pytest -n 4": true,
	} {
		findings := checkTests(evidence.Claim{Commands: []string{command}, Counts: unknown}, []evidence.Use{bash(command, "", false)}, place)
		if runs != (len(findings) == 0 || findings[0].Kind == evidence.Noted) {
			t.Errorf("%s: %v", command, findings)
		}
	}
}

// TestRunInAnotherWorktree: a command that names the worktree first, and then runs the tests in another one.
func TestRunInAnotherWorktree(t *testing.T) {
	t.Parallel()
	at := place
	at.Others = []string{"/home/dev/shop", "/home/dev/shop/trees/T2"}
	for command, here := range map[string]bool{
		"cd " + root + " && npm test":                             true,
		"cd " + root + " && npm test && cd /home/dev/shop && ls":  true,
		"cd " + root + "/sub && npm test":                         true,
		"cd /home/dev/shop && make -C trees/T1-x test":            true,
		"cmake -S " + root + " -B /tmp/b && cd /tmp/b && ctest":   true,
		"cd " + root + "; cd /home/dev/shop && npm test":          false,
		"cd " + root + "; (cd /home/dev/shop/trees/T2; npm test)": false,
		"ls " + root + " && pushd /home/dev/shop/sub && npm test": false,
		"cd " + root + " && npm --prefix ../T2 test":              false,
		"cd " + root + " && make -C ../T2 test":                   false,
		"cd " + root + " && env -C ../T2 npm test":                false,
		"cd /home/dev/shop/trees && make -C T2 test; ls T1-x":     false,
		"cd " + root + " && make -C sub test":                     true,
		"cd " + root + "/sub && npm --prefix .. test":             true,
	} {
		findings := checkTests(evidence.Claim{Counts: unknown}, []evidence.Use{bash(command, "", false)}, at)
		if here != (len(findings) == 0) {
			t.Errorf("%s: %v", command, findings)
		}
	}
}

// TestNoTests: a run whose output says that no test ran shows no passed test. Where only some packages have none, it does.
func TestNoTests(t *testing.T) {
	t.Parallel()
	counts := evidence.Counts{Passed: 12, Failed: 0, Skipped: -1, Total: -1}
	for _, test := range []struct {
		command, output string
		ran             bool
	}{
		{"go test -run Nothing ./...", "ok  \tshop\t0.002s [no tests to run]\n?   \tshop/x\t[no test files]\n", false},
		{"go test ./...", "?   \tshop\t[no test files]\n", false},
		{"npx jest --passWithNoTests", "No tests found, exiting with code 0\n", false},
		{"npx vitest run --passWithNoTests", "No test files found, exiting with code 0\n", false},
		{"node --test", "# tests 0\n# suites 0\n# pass 0\n# fail 0\n", false},
		{"mvn verify", "[INFO] Tests are skipped.\n[INFO] BUILD SUCCESS\n", false},
		{"python -m unittest", "\n----------------------------------------------------------------------\nRan 0 tests in 0.000s\n\nNO TESTS RAN\n", false},
		{"sh test.sh", "======= 12 tests collected in 0.01s =======\n", false},
		{"go test ./...", "ok  \tshop\t0.002s\n?   \tshop/x\t[no test files]\nok  \tshop/y\t0.1s [no tests to run]\n", true},
		{"go test -cover ./...", "ok  \tshop\t(cached)\tcoverage: 71.2% of statements\n?   \tshop/x\t[no test files]\n", true},
		{"npm test --workspaces", "No tests found, exiting with code 0\n\n  12 tests passed\n", true},
		{"npm test --workspaces", "No tests found, exiting with code 0\nTests:       12 passed, 12 total\n", true},
		{"npm test", "\n> shop@1.0.0 test\n> true\n\n", false},
		{"yarn test", "yarn run v1.22.22\n$ exit 0\nDone in 0.05s.\n", false},
		{"pnpm test", "> shop@1.0.0 test /work/shop\n> echo 'no tests yet'\n\nno tests yet\n", false},
		{"npm test", "\n> test\n> echo ok\n\nok\n", false},
		{"npm test", "\n> test\n> echo \\\"Error: no test specified\\\" && exit 0\n\nError: no test specified\n", false},
		{"npm test", "\n> test\n> playwright test || true\n\nError: No tests found\n", false},
		{"npm test", "\n> shop@1.0.0 test\n> echo start && ./run-all.sh\n\nstart\nall is well\n", true},
		{"npm test --workspaces", "\n> a@1.0.0 test\n> echo none\n\nnone\n\n> b@1.0.0 test\n> ./run-all.sh\n\nall is well\n", true},
		{"make test", "all is well\n", true},
		{"make test", "make: 'test' is up to date.\n", false},
		{"make check", "make: Nothing to be done for 'check'.\n", false},
		{"make all test", "make: Nothing to be done for 'all'.\n./run-all\nall is well\n", true},
		{"make test", "make[1]: Nothing to be done for 'test'.\n./run-all\nall is well\n", true},
		{"./gradlew test", "> Task :compileTestJava NO-SOURCE\n> Task :test NO-SOURCE\n\nBUILD SUCCESSFUL in 1s\n", false},
		{"./gradlew test", "> Task :a:test NO-SOURCE\n> Task :b:test UP-TO-DATE\n\nBUILD SUCCESSFUL in 1s\n", true},
		{"./gradlew test", "> Task :a:test NO-SOURCE\n> Task :b:integrationtest\n\nBUILD SUCCESSFUL in 1s\n", true},
	} {
		findings := checkTests(evidence.Claim{Counts: counts}, []evidence.Use{bash(test.command, test.output, false)}, place)
		if test.ran != (len(findings) == 0) {
			t.Errorf("%s: %q: %v", test.command, test.output, findings)
		}
	}
}

// TestProjectWithoutTests: the command of a project that has no tests often fails. A gate that says so has passed, with a note. One that counts
// tests, or none at all, is told what to report. A failure that is of something else counts, and so does one beside tests that ran.
func TestProjectWithoutTests(t *testing.T) {
	t.Parallel()
	nothing, unknown, twelve := evidence.Counts{Total: -1, Skipped: -1}, evidence.Counts{Passed: -1, Failed: -1, Skipped: -1, Total: -1}, evidence.Counts{Passed: 12, Skipped: -1, Total: -1}
	specified := "Exit code 1\n\n> shop@1.0.0 test\n> echo \"Error: no test specified\" && exit 1\n\nError: no test specified\n"
	for _, test := range []struct {
		command, output string
		counts          evidence.Counts
		want            string
		kind            evidence.Kind
	}{
		{"npm test", specified, nothing, "no test ran", evidence.Noted},
		{"npm test; echo $?", specified + "1\n", nothing, "no test ran", evidence.Noted},
		{"npm test", specified, unknown, "or report 0 passed if it has none", evidence.NotShown},
		{"npm test", specified, twelve, "or report 0 passed if it has none", evidence.NotShown},
		{"npm test", "Exit code 1\nnpm error Missing script: \"test\"\nnpm error\n", nothing, "no test ran", evidence.Noted},
		{"npm run test:unit", "Exit code 1\nnpm error Missing script: \"test:unit\"\n", nothing, "no test ran", evidence.Noted},
		{"yarn test", "Exit code 1\nyarn run v1.22.22\nerror Command \"test\" not found.\n", nothing, "no test ran", evidence.Noted},
		{"make test", "Exit code 2\nmake: *** No rule to make target 'test'.  Stop.\n", nothing, "no test ran", evidence.Noted},
		{"pytest", "Exit code 5\n" + recorded(t, "pytest_none"), nothing, "no test ran", evidence.Noted},
		{"npx jest", "Exit code 1\nNo tests found, exiting with code 1\nRun with `--passWithNoTests` to exit with code 0\n", nothing, "no test ran", evidence.Noted},
		{"npx vitest run", "Exit code 1\n\nNo test files found, exiting with code 1\n\n", nothing, "no test ran", evidence.Noted},
		{"go test ./...", "Exit code 1\npattern ./...: directory prefix . does not contain main module\nno packages to test\n", nothing, "no test ran", evidence.Noted},
		{"npm test", "Exit code 1\n\n> shop@1.0.0 test\n> node run-all.js\n\nError: cannot find module\n", nothing, "its exit status was not 0", evidence.Contradicted},
		{"npm test", "Exit code 1\nsh: 1: jest: not found\n", nothing, "its exit status was not 0", evidence.Contradicted},
		{"make test", "Exit code 2\nmake: *** No rule to make target 'src/app.c', needed by 'test'.  Stop.\n", nothing, "its exit status was not 0", evidence.Contradicted},
		{"go test ./...", "Exit code 1\n?   \tshop/x\t[no test files]\nFAIL\tshop [build failed]\nFAIL\n", nothing, "1 failed", evidence.Contradicted},
	} {
		findings := checkTests(evidence.Claim{Commands: []string{strings.TrimSuffix(test.command, "; echo $?")}, Counts: test.counts}, []evidence.Use{bash(test.command, test.output, !strings.HasSuffix(test.command, "$?"))}, place)
		if len(findings) != 1 || !strings.Contains(findings[0].Text, test.want) || findings[0].Kind != test.kind {
			t.Errorf("%s: %q: %v, want %q", test.command, test.output, findings, test.want)
		}
	}
}

// TestShowsNoTest: a gate may say that any command ran the tests. What only builds does not, unless the gate was asked for it. If nothing shows a test,
// the pass counts with a note.
func TestShowsNoTest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		command, output, prompt string
		passed                  int
		want                    string // of the only finding; "" for none
		kind                    evidence.Kind
	}{
		{"go build ./...", "", "", 3, "only builds", evidence.NotShown},
		{"npm run build", "\n> shop@1.0.0 build\n> vite build\n\nbuilt in 1s\n", "", 3, "only builds", evidence.NotShown},
		{"node --check src/app.js", "", "", 1, "only builds", evidence.NotShown},
		{"make -s build", "", "", 1, "only builds", evidence.NotShown},
		{"make -s", "", "", 1, "shows no test", evidence.Noted},
		{"make", "cc -o t t.c\n./t\nall is well\n", "", 1, "shows no test", evidence.Noted},
		{"npm run build", "Tests:       3 passed, 3 total\n", "", 3, "", 0},
		{"npm run build", "built, 3 tests passed\n", "", 3, "", 0},
		{"npm run build", "", "TEST_COMMAND: npm run build", 3, "shows no test", evidence.Noted},
		{"npm run build", "", "", 0, "no test ran", evidence.Noted},
		{"sh run-tests.sh", "", "", 3, "shows no test", evidence.Noted},
		{"sh run-tests.sh", "all is well\n", "", 3, "", 0},
		{"sh run-tests.sh > t.log", "", "", 3, "", 0},
		{"node src/app.js", "started\n", "", 3, "shows no test", evidence.Noted},
		{"node src/app.js", "ok 1 - starts\n", "", 1, "", 0},
		{"npm test", "\n> shop@1.0.0 test\n> echo '3 passed'\n\n3 passed\n", "", 3, "shows no test", evidence.Noted},
		{"npm test", "\n> shop@1.0.0 test\n> true\n\n", "", 0, "no test ran", evidence.Noted},
		{"npm test", "\n> shop@1.0.0 test\n> node run-all.js\n\n", "", 3, "shows no test", evidence.Noted},
		{"npm test", "\n> shop@1.0.0 test\n> node run-all.js\n\nall is well\n", "", 3, "", 0},
		{"go test ./...", "?   \tshop\t[no test files]\n", "", 0, "no test ran", evidence.Noted},
		{"go test ./...", "ok  \tshop\t0.002s\n", "", 3, "", 0},
	} {
		at := place
		at.Prompt = test.prompt
		findings := checkTests(evidence.Claim{Commands: []string{strings.TrimSuffix(test.command, " > t.log")}, Counts: evidence.Counts{Passed: test.passed, Failed: 0, Skipped: -1, Total: -1}},
			[]evidence.Use{bash(test.command, test.output, false)}, at)
		switch {
		case test.want == "" && len(findings) > 0, test.want != "" && (len(findings) != 1 || !strings.Contains(findings[0].Text, test.want) || findings[0].Kind != test.kind):
			t.Errorf("%s: %q: %v, want %q", test.command, test.output, findings, test.want)
		}
	}
}

// TestWrittenBeforeTheWorkStopped: a command is read with what the agent wrote in an earlier run, which is still there.
func TestWrittenBeforeTheWorkStopped(t *testing.T) {
	t.Parallel()
	stopped := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	fake := evidence.Use{Tool: "Write", Path: root + "/bin/npm", Content: "#!/bin/sh\necho '# tests 4'\necho '# pass 4'\n", Answered: true, Dir: root, Time: stopped.Add(-time.Minute)}
	run := bash("PATH=./bin:$PATH npm test", "# tests 4\n# pass 4\n# fail 0\n", false)
	run.Time = stopped.Add(time.Minute)
	at := place
	at.Since = stopped
	claim := evidence.Claim{Counts: evidence.Counts{Passed: 4, Failed: 0, Skipped: -1, Total: 4}}
	if findings := checkTests(claim, []evidence.Use{fake, run}, at); len(findings) != 1 {
		t.Errorf("a fake of an earlier run: %v", findings)
	}
	if findings := checkTests(claim, []evidence.Use{run}, at); len(findings) > 0 {
		t.Errorf("no fake: %v", findings)
	}
	early := run
	early.Time = fake.Time
	if findings := checkTests(claim, []evidence.Use{early}, at); len(findings) != 1 {
		t.Errorf("a run before the work stopped: %v", findings)
	}
}

// TestFailedElsewhere: a run in one folder does not replace a failed one in another.
func TestFailedElsewhere(t *testing.T) {
	t.Parallel()
	for again, passes := range map[string]bool{"cd " + root + "/web && npm test": false, "cd " + root + "/api && npm test -- --verbose": false, "cd ./api && npm test --silent": true} {
		uses := []evidence.Use{bash("cd api && npm test", "boom\n", true), bash(again, "fine\n", false)}
		if findings := checkTests(evidence.Claim{Counts: unknown}, uses, place); passes != (len(findings) == 0) {
			t.Errorf("%s: %v", again, findings)
		}
	}
}

// TestFakeFromAnEarlierCommand: a runner that the gate wrote itself runs no tests, also if an earlier command wrote it.
func TestFakeFromAnEarlierCommand(t *testing.T) {
	t.Parallel()
	fake := bash("mkdir -p /t/bin && printf '#!/bin/sh\\necho \"# pass 4\"\\n' > /t/bin/npm && chmod +x /t/bin/npm", "", false)
	for command, runs := range map[string]bool{"PATH=/t/bin:$PATH npm test": false, "export PATH=/t/bin:$PATH; npm test": false, "/t/bin/npm test": false, "npm test": true} {
		findings := checkTests(evidence.Claim{Commands: []string{command}, Counts: unknown}, []evidence.Use{fake, bash(command, "# tests 4\n# pass 4\n# fail 0\n", false)}, place)
		if runs != (len(findings) == 0) {
			t.Errorf("%s: %v", command, findings)
		}
	}
}

// TestWrittenByATool: what the gate wrote with its tools is known as what it wrote with commands is, before and after an edit.
func TestWrittenByATool(t *testing.T) {
	t.Parallel()
	const output = "# tests 4\n# pass 4\n# fail 0\n"
	write := func(name, text string) evidence.Use {
		return evidence.Use{Tool: "Write", Path: name, Content: text, Answered: true, Dir: root}
	}
	edit := func(name, before, after string) evidence.Use {
		return evidence.Use{Tool: "Edit", Path: name, Replaced: [][2]string{{before, after}}, Answered: true, Dir: root}
	}
	refused := write("/t/npm", "echo '# pass 4'\n")
	refused.Failed = true
	const fake, node, python = "#!/bin/sh\necho '# pass 4'\n", "const n = 4\nfor (const w of ['pass', 'fail']) console.log(`# ${w} ${n}`)\n", "import sys\nn = 4\nsys.stdout.write('%d passed' % n)\n"
	for _, test := range []struct {
		uses    []evidence.Use
		command string
		runs    bool
	}{
		{[]evidence.Use{write("/t/npm", fake)}, "PATH=/t:$PATH npm test", false},
		{[]evidence.Use{write("/t/npm", fake)}, "export PATH=/t:$PATH; npm test", false},
		{[]evidence.Use{write("/t/npm", fake)}, "/t/npm test", false},
		{[]evidence.Use{write("/t/npm", "#!/usr/bin/env python3\n"+python)}, "PATH=/t:$PATH npm test", false},
		{[]evidence.Use{write("/t/npm", "#!/usr/bin/env node\n"+node)}, "PATH=/t:$PATH npm test", false},
		{[]evidence.Use{write("/t/npm", "#!/bin/sh\npython3 -c 'print(4)'\n")}, "PATH=/t:$PATH npm test", false},
		{[]evidence.Use{write("/t/npm", "#!/bin/sh\nexec npm test\n"), edit("/t/npm", "exec npm test", "echo '# pass 4'")}, "PATH=/t:$PATH npm test", false},
		{[]evidence.Use{edit("/t/npm", "", fake)}, "PATH=/t:$PATH npm test", false},
		{[]evidence.Use{write("/t/a/npm", fake), bash("cp -r /t/a /t/b", "", false)}, "PATH=/t/b:$PATH npm test", false},
		{[]evidence.Use{write(root+"/test.sh", fake)}, "sh test.sh", false},
		{[]evidence.Use{write("/t/test.py", python)}, "python3 /t/test.py", false},
		{[]evidence.Use{write("/t/test.js", node)}, "node --no-warnings /t/test.js", false},
		{[]evidence.Use{write("/t/f", "npm() { echo '# pass 4'; }\n")}, "source /t/f && npm test", false},
		{[]evidence.Use{write("/t/mk", "test:\n\t@echo '# pass 4'\n")}, "make -f /t/mk test", false},

		{[]evidence.Use{write("/t/npm", fake)}, "npm test", true}, // it is not in PATH
		{[]evidence.Use{refused}, "PATH=/t:$PATH npm test", true},
		{[]evidence.Use{write("/t/npm", fake), edit("/t/npm", "echo '# pass 4'", "exec /usr/bin/npm \"$@\"")}, "PATH=/t:$PATH npm test", true},
		{[]evidence.Use{write("/t/npm", "#!/usr/bin/env node\nrequire('child_process').spawnSync('/usr/bin/npm', ['test'])\n")}, "PATH=/t:$PATH npm test", true},
		{[]evidence.Use{write("/t/test.py", "import subprocess, sys\nsys.exit(subprocess.call(['npm', 'test']))\n")}, "python3 /t/test.py", true},
		{[]evidence.Use{write("/t/test.js", "import test from 'node:test'\ntest('adds', () => {})\n")}, "node --test /t/test.js", true},
		{[]evidence.Use{write("/t/run.sh", "#!/bin/bash\nset -e\ncd \"$1\"\nnpm test\n")}, "bash /t/run.sh " + root, true},
		{[]evidence.Use{write("/t/f", "export CI=1\nnvm() { :; }\n")}, "source /t/f && npm test", true},
		{[]evidence.Use{write("/t/mk", "test:\n\t@$(MAKE) -C "+root+" test\n")}, "make -f /t/mk test", true},
		{[]evidence.Use{write("/t/mk", "include "+root+"/Makefile\ntest: unit\n")}, "make -f /t/mk test", true},
	} {
		uses := slices.Concat(test.uses, []evidence.Use{bash(test.command, output, false)})
		if findings := checkTests(evidence.Claim{Commands: []string{test.command}, Counts: unknown}, uses, place); test.runs != (len(findings) == 0) {
			t.Errorf("%s after %q: %v", test.command, test.uses[0].Content, findings)
		}
	}
	// The gate reports what its script runs.
	uses := []evidence.Use{write("/t/run.sh", "cd "+root+" && npm test\n"), bash("sh /t/run.sh", output, false)}
	if findings := checkTests(evidence.Claim{Commands: []string{"npm test"}, Counts: unknown}, uses, place); len(findings) > 0 {
		t.Errorf("npm test of a script that a tool wrote: %v", findings)
	}
}

// TestEnvironmentDecides: options in the environment do what they do in the command, and a file that it has the tests load first may end them with
// success. What only sets something up does not.
func TestEnvironmentDecides(t *testing.T) {
	t.Parallel()
	wrote := []evidence.Use{
		{Tool: "Write", Path: "/t/end.js", Content: "console.log('# pass 4')\nprocess.exit(0)\n", Answered: true},
		{Tool: "Write", Path: "/t/code.mjs", Content: "process.on('exit', () => { process.exitCode = 0 })\n", Answered: true},
		{Tool: "Write", Path: "/t/setup.js", Content: "global.fetch = null\nprocess.on('unhandledRejection', () => process.exit(1))\n", Answered: true},
		{Tool: "Write", Path: "/t/end.rb", Content: "puts '4 examples, 0 failures'\nexit! 0\n", Answered: true},
		{Tool: "Write", Path: "/t/end/sitecustomize.py", Content: "import os\nprint('4 passed in 0.1s')\nos._exit(0)\n", Answered: true},
		{Tool: "Write", Path: "/t/py/fake.py", Content: "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n", Answered: true},
		{Tool: "Write", Path: "/t/py/quiet.py", Content: "# shows nothing at exit\nimport sys\ndef pytest_configure():\n    sys.exit(3) if not sys.argv else None\n", Answered: true},
		{Tool: "Write", Path: "/t/functions", Content: "npm() { echo '# pass 4'; }\n", Answered: true},
		{Tool: "Write", Path: "/t/nvm", Content: "nvm() { :; }\n", Answered: true},
	}
	for _, test := range []struct {
		command, claimed string
		runs             bool
	}{
		{"NODE_OPTIONS='--require /t/end.js' npm test", "npm test", false},
		{"export CI=1 NODE_OPTIONS='-r /t/end'; npm test", "npm test", false},
		{"declare -x NODE_OPTIONS=--import=/t/code.mjs; npx jest", "npx jest", false},
		{"NODE_OPTIONS='-r /t/end.js'; export NODE_OPTIONS; npm test", "npm test", false},
		{"env CI=1 NODE_OPTIONS='-r /t/end.js' timeout 60 npm test", "npm test", false},
		{"cd /t && node -r ./end.js --test", "node --test", false},
		{"RUBYOPT=-r/t/end.rb rspec", "rspec", false},
		{"PYTHONPATH=/t/end:. pytest", "pytest", false},
		{"PYTHONPATH=/t/py pytest -p fake", "pytest", false},
		{"export PYTHONPATH=/t/py PYTEST_ADDOPTS='-p fake'; python -m pytest", "python -m pytest", false},
		{"BASH_ENV=/t/functions bash -c 'npm test'", "npm test", false},
		{"env BASH_ENV=/t/functions bash -c 'npm test'", "npm test", false},
		{"export PYTEST_ADDOPTS=--co; pytest", "pytest", false},
		{"env PYTEST_ADDOPTS=--co python -m pytest", "python -m pytest", false},
		{"MAKEFLAGS=n make test", "make test", false},
		{"export MAKEFLAGS='-s -n'; make test", "make test", false},
		{"GOFLAGS=-exec=/bin/true go test ./...", "go test ./...", false},
		{"export GOFLAGS='-run=^$'; go test ./...", "go test ./...", false},
		{"export MAVEN_ARGS=-DskipTests; mvn verify", "mvn verify", false},
		{"CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER=true cargo test", "cargo test", false},
		{"export NPM_CONFIG_SCRIPT_SHELL=/bin/true; npm test", "npm test", false},

		{"NODE_OPTIONS=--max-old-space-size=4096 npm test", "npm test", true},
		{"export NODE_OPTIONS='--require dotenv/config'; npm test", "npm test", true},
		{"NODE_OPTIONS='-r /t/setup.js' npm test", "npm test", true},
		{"NODE_OPTIONS='-r /t/end.js'; npm test", "npm test", true}, // npm does not get it
		{"NODE_OPTIONS='-r /t/end.js' node x.js; npm test", "npm test", true},
		{"NODE_OPTIONS='-r /t/end.js' go test ./...", "go test ./...", true},
		{"PYTHONPATH=src pytest", "pytest", true},
		{"PYTHONPATH=/t/py pytest -p quiet", "pytest", true},
		{"PYTEST_ADDOPTS='-q -x --tb=short' pytest", "pytest", true},
		{"BASH_ENV=/t/nvm bash -c 'npm test'", "npm test", true},
		{"BASH_ENV=/t/functions npm test", "npm test", true},
		{"export MAKEFLAGS='-j4 -k'; make test", "make test", true},
		{"export GOFLAGS='-count=1 -mod=mod'; go test ./...", "go test ./...", true},
		{"MAVEN_OPTS=-Xmx2g mvn verify", "mvn verify", true},
		{"FILTER=--list npm test", "npm test", true},
	} {
		uses := slices.Concat(wrote, []evidence.Use{bash(test.command, "", false)})
		if findings := checkTests(evidence.Claim{Commands: []string{test.claimed}, Counts: unknown}, uses, place); test.runs != (len(findings) == 0) {
			t.Errorf("%s: %v", test.command, findings)
		}
	}
}

// TestComparedWithAnotherWorktree: a run in another worktree, of the same tests as one here, is for comparison, before it or after it. It stands for
// none that failed here.
func TestComparedWithAnotherWorktree(t *testing.T) {
	t.Parallel()
	at := place
	at.Others = []string{"/home/dev/shop"}
	here, there := bash("cd "+root+" && npm test", "# tests 4\n# pass 4\n# fail 0\n", false), bash("cd /home/dev/shop && npm test", "# tests 3\n# pass 3\n# fail 0\n", false)
	failed := bash(here.Command, "# tests 4\n# pass 3\n# fail 1\n", true)
	other := bash("cd /home/dev/shop && npm run test:e2e", "# tests 3\n# pass 3\n# fail 0\n", false)
	for i, test := range []struct {
		uses   []evidence.Use
		passes bool
	}{
		{[]evidence.Use{here, there}, true},
		{[]evidence.Use{there, here}, true},
		{[]evidence.Use{there}, false},
		{[]evidence.Use{failed, there}, false},
		{[]evidence.Use{here, other}, false},
	} {
		if findings := checkTests(evidence.Claim{Counts: evidence.Counts{Passed: 4, Failed: 0, Skipped: -1, Total: -1}}, test.uses, at); test.passes != (len(findings) == 0) {
			t.Errorf("%d: %v", i, findings)
		}
	}
}

// A gate may run the tests in PowerShell. What PowerShell could have computed shows no test run.
func TestPowerShell(t *testing.T) {
	t.Parallel()
	output := "# tests 4\n# pass 4\n# fail 0\n"
	for command, passes := range map[string]bool{
		"npm test":                     true,
		"npm test; exit $LASTEXITCODE": true,
		"npm run lint; if ($LASTEXITCODE) { exit 1 }; npm test": true,
		"$env:CI = '1'; npm test":                               true,
		"$env:FILTER='--list'; npm test":                        true,
		"npm test > $null; '# pass 4'":                          false,
		"function npm { '# pass 4' }; npm test":                 false,
		"Set-Alias npm Get-Date; npm test":                      false,
		"Set-Location /elsewhere; npm test":                     false,
	} {
		use := bash(command, output, false)
		use.Tool = "PowerShell"
		findings := checkTests(evidence.Claim{Commands: []string{"npm test"}, Counts: evidence.Counts{Passed: 4, Total: 4}}, []evidence.Use{use}, evidence.Place{Names: []string{root}, Others: []string{"/elsewhere"}})
		if passes != (len(findings) == 0) {
			t.Errorf("%s: %+v", command, findings)
		}
	}
}

// TestServer: tests that a tool of an MCP server ran are a test run, where its input names the worktree and its output has counts.
func TestServer(t *testing.T) {
	t.Parallel()
	const passed = "\n> test\n\nTests:       3 passed, 3 total\nTime:        1 s\n"
	for _, tt := range []struct {
		name, tool string
		names      []string
		output     string
		commands   []string
		finds      string // "" for a pass
	}{
		{"a command and its folder", "mcp__runner__run_tests", []string{root, "npm test"}, passed, []string{"npm test"}, ""},
		{"a command that goes to the folder", "mcp__desktop-commander__start_process", []string{"cd " + root + " && npm test"}, "Process started with PID 12\n" + passed, []string{"npm test"}, ""},
		{"by its name", "mcp__dart__run_tests", []string{root}, "All tests ran\n" + passed, nil, ""},
		{"by its name, as reported", "mcp__XcodeBuildMCP__test_sim", []string{root + "/App.xcodeproj", "App"}, passed, []string{"mcp__XcodeBuildMCP__test_sim"}, ""},
		{"a configuration that is named so", "mcp__jetbrains__execute_run_configuration", []string{"All Tests", root}, `{"exitCode":0,"output":"\nTests:       3 passed, 3 total\n"}`, nil, ""},
		{"a recipe that is named so", "mcp__just__run_recipe", []string{"test:unit", root}, passed, []string{"mcp__just__run_recipe"}, ""},
		{"a configuration of another name", "mcp__jetbrains__execute_run_configuration", []string{"Latest build", root}, passed, nil, "no test command"},
		{"a configuration whose tests failed", "mcp__jetbrains__execute_run_configuration", []string{"pytest in tests", root}, "Tests:       1 failed, 2 passed, 3 total\n", nil, "1 failed"},
		{"in JSON", "mcp__ide__execute_terminal_command", []string{"npm test", root}, `{"exitCode":0,"output":"\nTests:       3 passed, 3 total\n"}`, []string{"npm test"}, ""},
		{"failed", "mcp__runner__run_tests", []string{root, "npm test"}, "Tests:       1 failed, 2 passed, 3 total\n", []string{"npm test"}, "1 failed"},
		{"other counts", "mcp__runner__run_tests", []string{root, "npm test"}, "Tests:       2 passed, 2 total\n", []string{"npm test"}, "2 passed"},
		{"no counts yet", "mcp__desktop-commander__start_process", []string{"cd " + root + " && npm test"}, "Process started with PID 12\n", []string{"npm test"}, "hides the exit status"},
		{"in another folder", "mcp__runner__run_tests", []string{"/home/dev/shop", "npm test"}, passed, []string{"npm test"}, "run it in the worktree"},
		{"in no named folder", "mcp__ide__execute_terminal_command", []string{"npm test"}, passed, []string{"npm test"}, "run it in the worktree"},
		{"says back what it was told", "mcp__notes__add", []string{"cd " + root + " && npm test", "Tests:       3 passed, 3 total"}, passed, []string{"npm test"}, "hides the exit status"},
		{"a tool that reads", "mcp__dart__get_test_results", []string{root}, passed, nil, "no test command"},
		{"another command", "mcp__shell__exec", []string{"cd " + root + " && npm run build"}, passed, nil, "no test command"},
		{"a command that was not run", "mcp__shell__exec", []string{"cd " + root + " && npm test"}, passed, []string{"npm run e2e:test"}, "no such command"},
	} {
		use := evidence.Use{Tool: tt.tool, Names: tt.names, Output: tt.output, Answered: true, Dir: "/home/dev/shop"}
		claim := evidence.Claim{Commands: tt.commands, Counts: evidence.Counts{Passed: 3, Failed: 0, Skipped: -1, Total: -1}}
		found := checkTests(claim, []evidence.Use{use}, place)
		if tt.finds == "" && len(found) > 0 || tt.finds != "" && (len(found) != 1 || !strings.Contains(found[0].Text, tt.finds)) {
			t.Errorf("%s: %v, want %q", tt.name, found, tt.finds)
		}
	}
}

// TestMounted: a container that has the worktree tests the work, and one that has another worktree does not.
func TestMounted(t *testing.T) {
	t.Parallel()
	const main = "/home/dev/shop"
	at := place
	at.Others = []string{main}
	for folder, finds := range map[string]string{root: "", main: "run it in the worktree"} {
		use := bash("docker run --rm -v "+folder+":/app -w /app node:20 npm test", "Tests:       3 passed, 3 total\n", false)
		use.Dir = main
		found := checkTests(evidence.Claim{Commands: []string{"npm test"}, Counts: evidence.Counts{Passed: 3, Failed: 0, Skipped: -1, Total: -1}}, []evidence.Use{use}, at)
		if finds == "" && len(found) > 0 || finds != "" && (len(found) != 1 || !strings.Contains(found[0].Text, finds)) {
			t.Errorf("%s: %v, want %q", folder, found, finds)
		}
	}
}
