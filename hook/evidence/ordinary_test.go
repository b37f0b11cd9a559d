package evidence_test

import (
	"strings"
	"testing"

	"stopgate/hook/evidence"
)

// TestWhichCommandsTest: what coding agents run every day, and whether it is a test run.
func TestWhichCommandsTest(t *testing.T) {
	t.Parallel()
	for command, tests := range map[string]bool{
		"mise run test:ci 2>&1 | tail -30":                                         true,
		"mise run fmt && mise run lint && mise run test:integration -- -run TestA": true,
		"make fast-ci":                    true,
		"just ci":                         true,
		"devbox run test-unit":            true,
		"uv run --package shop pytest -q": true,
		"docker compose exec -T app sh -c 'cd /app && vendor/bin/phpunit'": true,
		"ssh build 'source venv/bin/activate && pytest -q'":                true,
		"su app -c 'npm test'": true,
		"python3 -c 'import pytest, sys; sys.exit(pytest.main([\"-q\"]))'": true,
		"./test.sh":                                               true,
		"bash scripts/run-tests.sh --fast":                        true,
		"python tests/run_tests.py":                               true,
		"npx tsx src/cart.test.ts":                                true,
		"docker run --rm shop ./run_tests.sh":                     true,
		"pip install -q pytest && pytest -q":                      true,
		"mise run lint":                                           false,
		"make fmt-check":                                          false,
		"mise run fmt --check":                                    false,
		"just check-types lint":                                   false,
		"nx format:check":                                         false,
		"make check":                                              true,
		"make check-format test":                                  true,
		"task lint-and-test":                                      true,
		"just check-all":                                          true,
		"uv run ruff check src tests/unit/test_a.py":              false,
		"python -m black --check tests/test_a.py":                 false,
		"npx eslint src/cart.test.js":                             false,
		"npx prettier --write src/cart.test.ts":                   false,
		"python -m py_compile tests/test_a.py":                    false,
		"node --check src/cart.test.js":                           false,
		"python -m ruff check src/provenance.py":                  false,
		"pip install pytest pytest-cov":                           false,
		"npm install --save-dev jest":                             false,
		"npx playwright install":                                  false,
		"uv add --dev pytest":                                     false,
		"whereis pytest":                                          false,
		"gh pr create --title 'Add pytest' --body 'run npm test'": false,
		"tracker close T-1 --reason='Added the tests of tests/test_a.py, all pytest runs pass'": false,
		"python3 -c \"print(open('tests/test_a.py').read())\"":                                  false,
		"python3 -c \"import json; print(json.load(open('data/test.json')))\"":                  false,
	} {
		findings := checkTests(evidence.Claim{Counts: unknown}, []evidence.Use{bash(command, "", false)}, evidence.Place{})
		if shown := len(findings) == 0 || !strings.Contains(findings[0].Text, "no test command"); shown != tests {
			t.Errorf("%s: test run: %v, want %v: %v", command, shown, tests, findings)
		}
	}
}

// TestNotStarted: any run replaces a call in which no test was started. Alone it is no pass.
func TestNotStarted(t *testing.T) {
	t.Parallel()
	good := bash("pytest -q", "12 passed in 0.5s\n", false)
	for _, test := range []struct {
		command, output string
		failed, started bool
	}{
		{"pytest --timeout=30", "Exit code 4\nERROR: usage: pytest [options]\npytest: error: unrecognized arguments: --timeout=30\n  inifile: pyproject.toml\n", true, false},
		{"pytest --timeout=30 | tail -4", "pytest: error: unrecognized arguments: --timeout=30\n", false, false},
		{"python -m pytest", "Exit code 1\n/usr/bin/python: No module named pytest\n", true, false},
		{"pytest tests", "Exit code 127\n/bin/bash: line 1: pytest: command not found\n", true, false},
		{"timeout 90 pytest tests | tail -5", "(eval):1: command not found: timeout\n", false, false},
		{"pytest tests | tail -5", "/bin/bash: line 1: pytest: command not found\n", false, false},
		{"npm test", "Exit code 1\nsh: 1: jest: not found\n", true, false},
		{"cd app && pytest tests", "Exit code 1\n/bin/bash: line 1: cd: app: No such file or directory\n", true, false},
		{"cd app && pytest tests", "Exit code 1\n(eval):cd:1: no such file or directory: app\n", true, false},
		{"go test -cuont=1 ./...", "Exit code 2\nflag provided but not defined: -cuont\nusage: go test\n", true, false},
		{"pytest tests", "<tool_use_error>Sibling tool call errored</tool_use_error>", true, false},
		{"pytest tests", "The user doesn't want to proceed with this tool use. The tool use was rejected.", true, false},
		{"pytest tests", "Exit code 1\nE   assert 'unknown option' in out\n1 failed, 11 passed in 0.5s\n", true, true},
		{"./run-tests.sh", "Exit code 1\nok 1 - starts\nunknown option: -x\n", true, true},
		{"go test ./...", "Exit code 1\n--- FAIL: TestA (0.00s)\nunknown option: -x\nFAIL\nFAIL\tshop\t0.1s\nFAIL\n", true, true},
		{"./run-tests.sh", "Exit code 1\nsomething is wrong\n", true, true},
	} {
		first := bash(test.command, test.output, test.failed)
		if findings := checkTests(evidence.Claim{Counts: unknown}, []evidence.Use{first, good}, evidence.Place{}); test.started != (len(findings) > 0 && findings[0].Kind != evidence.Noted) {
			t.Errorf("%s: %q: %v", test.command, test.output, findings)
		}
		if findings := checkTests(evidence.Claim{Counts: unknown}, []evidence.Use{first}, evidence.Place{}); len(findings) == 0 || findings[0].Kind == evidence.Noted {
			t.Errorf("%s alone: %q: %v", test.command, test.output, findings)
		}
	}
}

// TestSuiteNotLoaded: a file of tests that cannot be loaded fails, though all tests of the others passed.
func TestSuiteNotLoaded(t *testing.T) {
	t.Parallel()
	for output, failed := range map[string]bool{
		" Test Files  1 failed | 3 passed (4)\n      Tests  20 passed (20)\n   Start at  10:00:00\n": true,
		" Test Files  1 failed (1)\n      Tests  no tests\n   Start at  10:00:00\n":                  true,
		" Test Files  4 passed (4)\n      Tests  20 passed (20)\n     Errors  1 error\n":             true,
		" Test Files  4 passed (4)\n      Tests  20 passed (20)\n   Start at  10:00:00\n":            false,
		"Test Suites: 1 failed, 3 passed, 4 total\nTests:       20 passed, 20 total\n":               true,
		"Test Suites: 4 passed, 4 total\nTests:       20 passed, 20 total\nSnapshots:   0 total\n":   false,
	} {
		findings := checkTests(evidence.Claim{Counts: evidence.Counts{Passed: 20, Skipped: -1, Total: 20}}, []evidence.Use{bash("npm test 2>&1 | tail -8", output, false)}, evidence.Place{})
		if failed != (len(findings) > 0 && strings.Contains(findings[0].Text, "1 failed")) {
			t.Errorf("%q: %v", output, findings)
		}
	}
}

// TestGoTestLines: a search for the lines of tests leaves out those of packages.
func TestGoTestLines(t *testing.T) {
	t.Parallel()
	for output, kind := range map[string]evidence.Kind{
		"--- PASS: TestA (0.00s)\n    --- PASS: TestA/b (0.00s)\nPASS\n": evidence.Noted,
		"--- PASS: TestA (0.00s)\n--- FAIL: TestB (0.00s)\nFAIL\n":       evidence.Contradicted,
		"--- FAIL: TestB (0.00s)\n":                                      evidence.Contradicted,
		"--- PASS: TestA (0.00s)\n=== RUN   TestB\n":                     evidence.NotShown,
		"PASS\n": evidence.NotShown,
	} {
		findings := checkTests(evidence.Claim{Counts: unknown}, []evidence.Use{bash("go test -v ./... 2>&1 | grep -E '^(--- |PASS|FAIL|=== )'", output, false)}, evidence.Place{})
		if got := append(findings, evidence.Finding{Kind: evidence.Noted})[0].Kind; got != kind {
			t.Errorf("%q: %v", output, findings)
		}
	}
}

// TestTaskFailed: a pipe hides the status of the program that runs the tests for a project, and its output tells it. A task that only checks the style
// is no test.
func TestTaskFailed(t *testing.T) {
	t.Parallel()
	const passed = "114 passed, 3 warnings in 0.89s\n"
	for output, failed := range map[string]bool{
		passed + "make: *** [fast-ci] Error 1\n":                                                true,
		passed + "make: *** [Makefile:12: test] Error 2\n":                                      true,
		passed + "make: [Makefile:12: test] Error 2 (ignored)\n":                                false,
		passed + "make: *** [Makefile:9: lint] Error 1\n":                                       false,
		passed + "error: Recipe `test` failed on line 3 with exit code 1\n":                     true,
		passed + "task: Failed to run task \"test:unit\": exit status 1\n":                      true,
		passed + "[test:ci] ERROR task failed\n":                                                true,
		passed + "[lint] ERROR task failed\n":                                                   false,
		passed + "error: script \"test\" exited with code 1\n":                                  true,
		passed + "\u2009ELIFECYCLE\u2009 Test failed. See above for more details.\n":            true,
		"FAIL Required test coverage of 80% not reached. Total coverage: 71%\n" + passed:        true,
		passed + "Jest: \"global\" coverage threshold for lines (80%) not met: 71%\n":           true,
		passed + "\u2009ERR_PNPM_RECURSIVE_RUN_FIRST_FAIL\u2009 web@1.0.0 test: `vitest run`\n": true,
		passed: false,
	} {
		findings := checkTests(evidence.Claim{Counts: unknown}, []evidence.Use{bash("make fast-ci 2>&1 | tail -20", output, false)}, evidence.Place{})
		if failed != (len(findings) > 0 && findings[0].Kind == evidence.Contradicted) {
			t.Errorf("%q: %v", output, findings)
		}
	}
}

// TestPytestDots: with -q twice pytest prints no summary.
func TestPytestDots(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]string{
		"........................ [ 90%]\n..s.x...                 [100%]\n":                                                                                 "",
		"........................ [ 90%]\n..s.x...                 [100%]\nAll checks passed!\n":                                                             "",
		"........................ [ 90%]\n":                                                                                                                  "hides the exit status",
		"...F.................... [ 90%]\n..s.x...                 [100%]\n":                                                                                 "1 failed",
		"..s.x...                 [100%]\n=== short test summary info ===\nFAILED tests/test_a.py::test_b - assert\n":                                        "1 failed",
		"..s.x...                 [100%]\n=== short test summary info ===\nFAILED tests/test_a.py::test_b - assert\n2 failed, 6 passed, 1 skipped in 0.3s\n": "2 failed",
	} {
		findings := checkTests(evidence.Claim{Counts: unknown}, []evidence.Use{bash("pytest -q 2>&1 | tail -5", output, false)}, evidence.Place{})
		if want == "" && len(findings) > 0 || want != "" && (len(findings) == 0 || !strings.Contains(findings[0].Text, want)) {
			t.Errorf("%q: %v, want %q", output, findings, want)
		}
	}
	claim := evidence.Claim{Counts: evidence.Counts{Passed: 7, Failed: 0, Skipped: 1, Total: 8}}
	if findings := checkTests(claim, []evidence.Use{bash("pytest -q | tail -5", "..s.....                 [100%]\n", false)}, evidence.Place{}); len(findings) > 0 {
		t.Error(findings)
	}
}

// TestTasksOfAProject: a program that runs what a project names has run what its second word says.
func TestTasksOfAProject(t *testing.T) {
	t.Parallel()
	for ran, contradicted := range map[string]bool{
		"mise run test:ci 2>&1": false, "mise run -q test:ci": false, "mise run lint": true, "mise run test:unit": true,
	} {
		findings := checkTests(evidence.Claim{Commands: []string{"mise run test:ci"}, Counts: unknown}, []evidence.Use{bash(ran, "12 passed in 0.5s\n", false)}, evidence.Place{})
		if contradicted != (len(findings) > 0 && findings[0].Kind == evidence.Contradicted) {
			t.Errorf("%s: %v", ran, findings)
		}
	}
}

// TestSeveralPackages: programs that run the tests of several packages print the package's name in each line, and a summary of their own.
func TestSeveralPackages(t *testing.T) {
	t.Parallel()
	count := func(passed int) evidence.Counts {
		return evidence.Counts{Passed: passed, Failed: 0, Skipped: -1, Total: -1}
	}
	const turbo = "web:test:  Test Files  3 passed (3)\nweb:test:       Tests  20 passed (20)\napi:test: Test Suites: 1 passed, 1 total\napi:test: Tests:       5 passed, 5 total\n"
	for _, test := range []struct {
		output string
		counts evidence.Counts
		want   string
	}{
		{turbo + "\n Tasks:    2 successful, 2 total\nCached:    0 cached, 2 total\n", count(25), ""},
		{turbo + "\n Tasks:    2 successful, 2 total\n", count(31), "you report 31 passed"},
		{turbo + "\n Tasks:    1 successful, 2 total\nFailed:    api#test\n", count(25), "1 failed"},
		{"\n Tasks:    2 successful, 2 total\n  Time:    3s >>> FULL TURBO\n", count(25), ""},
		{"web:test:  Test Files  1 failed | 2 passed (3)\nweb:test:       Tests  1 failed | 19 passed (20)\n", count(20), "1 failed"},
		{"packages/web test:       Tests  20 passed (20)\npackages/web test: Done\n", count(20), ""},
		{"smoke tests: 3 passed\npackages/web test:       Tests  20 passed (20)\n", count(20), ""},
		{"[test:go] ok  \tshop/cart\t0.1s\n[test:go] FAIL\tshop/pay\t0.2s\n", count(-1), "1 failed"},
		{" NX   Successfully ran target test for 3 projects (2s)\n", count(25), ""},
		{" NX   Running target test for 3 projects failed\n", count(25), "1 failed"},
	} {
		findings := checkTests(evidence.Claim{Counts: test.counts}, []evidence.Use{bash("npx turbo run test 2>&1 | tail -40", test.output, false)}, evidence.Place{})
		if test.want == "" && len(findings) > 0 && findings[0].Kind != evidence.Noted || test.want != "" && (len(findings) == 0 || !strings.Contains(findings[0].Text, test.want)) {
			t.Errorf("%q: %v, want %q", test.output, findings, test.want)
		}
	}
}

// TestSeveralSummaries: a command that runs several suites prints a summary of each. A gate may report any of them or their sum. One that failed hides
// behind the next, unless the same tests ran again.
func TestSeveralSummaries(t *testing.T) {
	t.Parallel()
	count := func(passed int) evidence.Counts {
		return evidence.Counts{Passed: passed, Failed: 0, Skipped: -1, Total: -1}
	}
	for _, test := range []struct {
		command, output string
		passed          int
		want            string
	}{
		{"make fast-ci", "5478 passed in 9.64s\n136 passed in 2.80s\n126 passed in 0.79s\n", 5478, ""},
		{"make fast-ci", "5478 passed in 9.64s\n136 passed in 2.80s\n126 passed in 0.79s\n", 5740, ""},
		{"make fast-ci", "5478 passed in 9.64s\n136 passed in 2.80s\n126 passed in 0.79s\n", 5400, "you report 5400 passed"},
		{"pytest unit -q; pytest e2e -q", "1 failed, 19 passed in 9.64s\n126 passed in 0.79s\n", 126, "before the last one has failed tests"},
		{"pytest unit -q; pytest e2e -q", "20 passed in 9.64s\n126 passed in 0.79s\n", 146, ""},
		{"pytest -q | tail -1; pip install -q x; pytest -q | tail -1", "1 failed, 19 passed in 9.64s\n20 passed in 0.79s\n", 20, ""},
		{"pytest -q; pip install -q x; pytest -q", "1 failed, 19 passed in 9.64s\n20 passed in 0.79s\n", 20, ""},
	} {
		findings := checkTests(evidence.Claim{Counts: count(test.passed)}, []evidence.Use{bash(test.command, test.output, false)}, evidence.Place{})
		if test.want == "" && len(findings) > 0 && findings[0].Kind != evidence.Noted || test.want != "" && (len(findings) == 0 || !strings.Contains(findings[0].Text, test.want)) {
			t.Errorf("%s: %q: %v, want %q", test.command, test.output, findings, test.want)
		}
	}
}
